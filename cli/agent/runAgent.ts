import { setTimeout as sleep } from "node:timers/promises";
import { readWatchdog } from "../../plan/watchdog";
import { EXIT } from "../exitCodes";
import { Agent } from "./agent";
import { becomeAccount, ensureSocketFolder } from "./becomeAccount";
import { readAgentConfig } from "./configFile";
import { checkMetricsAddress } from "./metricsAddress";
import { SystemdNotifier, takeSystemdEnvironment } from "./notifySystemd";

export interface RunAgentOptions {
  readonly version: string;
  readonly configFile: string;
  /** an address that stands above the configuration's */
  readonly metrics?: string | undefined;
  readonly gpuProbe: () => string;
}

/** systemd waits for five seconds before it kills the agent. */
const STOP_LIMIT_MS = 4000;

/**
 * Runs the agent until SIGTERM or SIGINT. SIGHUP has it read its configuration anew, SIGUSR1 open its
 * log files anew.
 * @returns the exit code
 * @throws StackError where its configuration is not right, OperationError where it cannot start
 */
export async function runAgent(options: RunAgentOptions): Promise<number> {
  const signals = new SignalInbox(["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"]);
  const environment = takeSystemdEnvironment(process.env);
  const complain = complainOnce();
  const metrics = checkMetricsAddress(options.metrics);
  const config = readAgentConfig(options.configFile);
  ensureSocketFolder(config.paths);
  await becomeAccount(config.paths);
  const agent = await Agent.start({
    ...options,
    metrics,
    config,
    systemd: new SystemdNotifier(environment, complain),
    watchdog: readWatchdog(environment, process.pid),
    complain,
  });
  let stopSignal = "";
  signals.deliver((signal) => {
    if (signal === "SIGHUP") void agent.reload();
    else if (signal === "SIGUSR1") void agent.reopenLogs();
    else {
      stopSignal ||= signal;
      agent.requestStop();
      void endIfStuck();
    }
  });
  await agent.run();
  await agent.close(stopSignal);
  // A thread that hangs in the kernel would keep the process from exiting.
  if (agent.hangs) killSelf();
  return EXIT.done;
}

async function endIfStuck(): Promise<void> {
  await sleep(STOP_LIMIT_MS, undefined, { ref: false });
  killSelf();
}

function killSelf(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Keeps signals that come before there is somebody to act upon them. */
class SignalInbox {
  #act: ((signal: NodeJS.Signals) => void) | undefined;
  readonly #kept: NodeJS.Signals[] = [];

  constructor(names: readonly NodeJS.Signals[]) {
    for (const name of names) {
      process.on(name, () => {
        if (this.#act === undefined) this.#kept.push(name);
        else this.#act(name);
      });
    }
  }

  deliver(act: (signal: NodeJS.Signals) => void): void {
    this.#act = act;
    for (const signal of this.#kept.splice(0)) act(signal);
  }
}

/** On standard error, which systemd's journal keeps; what was just said is not said again. */
function complainOnce(): (message: string) => void {
  let last = "";
  return (message) => {
    if (message !== last) process.stderr.write(`aistack-agent: ${message}\n`);
    last = message;
  };
}

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { HostObserver } from "../../host/hostObserver";
import type { AgentConfig } from "../../plan/agentConfig";
import { planReload } from "../../plan/agentReload";
import { formatProblem, OperationError, StackError } from "../../plan/errors";
import type { AgentStatus, Heartbeat, ReloadOutcome } from "../../plan/heartbeat";
import { heartbeatIntervalMs, type Watchdog } from "../../plan/watchdog";
import { AgentServers } from "./agentServers";
import { reloadingMessage, type SystemdNotifier } from "./notifySystemd";
import { Recorder } from "./recorder";

export interface AgentOptions {
  readonly version: string;
  readonly config: AgentConfig;
  readonly configFile: string;
  /** an address that stands above the configuration's */
  readonly metrics: string | undefined;
  /** script that reads NVIDIA's GPUs */
  readonly gpuProbe: () => string;
  readonly systemd: SystemdNotifier;
  readonly watchdog: Watchdog | undefined;
  /** told what no file takes */
  readonly complain: (message: string) => void;
}

/** Watches the host: a heartbeat now and then, written down and told to who asks. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #recorder: Recorder;
  readonly #servers = new AgentServers(() => this.#status());
  readonly #observer: HostObserver;
  readonly #startedAt = new Date().toISOString();
  #stopTold: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();
  #config: AgentConfig;
  #wake = new AbortController();
  #heartbeat: Heartbeat | null = null;
  #reload: ReloadOutcome | null = null;
  #reloads: Promise<void> = Promise.resolve();

  private constructor(options: AgentOptions, recorder: Recorder) {
    this.#options = options;
    this.#config = options.config;
    this.#recorder = recorder;
    this.#observer = new HostObserver(options.gpuProbe);
  }

  /** @throws OperationError where its files, its socket or its address cannot be had */
  static async start(options: AgentOptions): Promise<Agent> {
    const { config, complain } = options;
    const recorder = await Recorder.open(config.paths, complain).catch(
      (error: NodeJS.ErrnoException) => {
        const what = `cannot be written (${error.code})`;
        throw new OperationError([{ what, where: error.path ?? config.paths.log }]);
      },
    );
    const agent = new Agent(options, recorder);
    await agent.#servers.openSocket(config.paths.socket);
    await agent.#servers.serveMetrics(agent.#metricsAddress(config));
    recorder.log.info({ event: "agent.started", version: options.version, pid: process.pid });
    return agent;
  }

  /** Beats until it is stopped. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const started = performance.now();
      this.#wake = new AbortController();
      await this.#beat();
      const { watchdog } = this.#options;
      const interval = heartbeatIntervalMs(this.#config.heartbeatSeconds, watchdog);
      await this.#pause(interval - (performance.now() - started));
    }
  }

  /** Takes the configuration file as it is now; a bad one is refused, and the old one stays. Never throws. */
  reload(): Promise<void> {
    this.#reloads = this.#reloads.then(() => this.#takeConfiguration());
    return this.#reloads;
  }

  /** Goes on in new log files, where the old ones were renamed. */
  async reopenLogs(): Promise<void> {
    await this.#recorder.reopen();
  }

  /** Whether something hangs in the kernel, and with it a thread that the process cannot end without. */
  get hangs(): boolean {
    return this.#observer.hangs || this.#recorder.busy;
  }

  /** Makes `run` end: whatever is asked of the host is given up. */
  requestStop(): void {
    this.#stopTold = this.#options.systemd.send("STOPPING=1");
    this.#stopping.abort();
    this.#wake.abort();
  }

  /** Once `run` has ended. */
  async close(reason: string): Promise<void> {
    this.#recorder.log.info({ event: "agent.stopped", reason });
    await this.#servers.close();
    await this.#recorder.close();
    // The message is sent by a process of its own, which ends with this one.
    await this.#stopTold;
  }

  /** A heartbeat counts once it is recorded, and only then do we tell systemd that we are alive. */
  async #beat(): Promise<void> {
    const { signal } = this.#stopping;
    const heartbeat = await unlessAborted(this.#observer.observe(this.#config, signal), signal);
    if (heartbeat === undefined) return;
    const first = this.#heartbeat === null;
    this.#heartbeat = heartbeat;
    await this.#recorder.record(heartbeat, this.#status());
    const { systemd, watchdog } = this.#options;
    if (first) await systemd.send("READY=1", describe(heartbeat));
    else if (watchdog !== undefined) await systemd.send("WATCHDOG=1", describe(heartbeat));
  }

  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return;
    await sleep(milliseconds, undefined, { signal: this.#wake.signal }).catch((error: Error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  async #takeConfiguration(): Promise<void> {
    const { configFile, systemd } = this.#options;
    // Before the first heartbeat systemd waits for the start, not for this.
    const isReady = this.#heartbeat !== null;
    if (isReady) await systemd.send(...reloadingMessage());
    const time = new Date().toISOString();
    try {
      const text = await readFile(configFile, "utf8");
      const { config, changed } = planReload(this.#config, text, configFile);
      await this.#servers.serveMetrics(this.#metricsAddress(config));
      this.#config = config;
      this.#reload = { time, problems: [] };
      this.#recorder.log.info({ event: "agent.reload", accepted: true, changed });
    } catch (error) {
      const problems = reloadProblems(error, configFile);
      this.#reload = { time, problems };
      this.#recorder.log.error({ event: "agent.reload", accepted: false, problems });
    }
    if (isReady) await systemd.send("READY=1");
    // The next heartbeat is made by the new configuration, and tells the outcome.
    this.#wake.abort();
  }

  #metricsAddress(config: AgentConfig): string | null {
    return this.#options.metrics ?? config.metrics;
  }

  #status(): AgentStatus {
    return {
      version: this.#options.version,
      pid: process.pid,
      startedAt: this.#startedAt,
      heartbeatSeconds: this.#config.heartbeatSeconds,
      metrics: this.#metricsAddress(this.#config),
      reload: this.#reload,
      heartbeat: this.#heartbeat,
    };
  }
}

/** What comes of some work, or undefined as soon as the signal comes: half of an observation is none. */
async function unlessAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (signal.aborted) return undefined;
  let giveUp = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
    signal.addEventListener("abort", giveUp);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** What `systemctl status` shows. */
function describe({ services }: Heartbeat): string {
  const healthy = services.filter((service) => service.healthy).length;
  return `STATUS=${healthy} of ${services.length} services healthy`;
}

function reloadProblems(error: unknown, configFile: string): string[] {
  if (error instanceof StackError) return error.problems.map(formatProblem);
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return [formatProblem({ what: `cannot be read (${code})`, where: configFile })];
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentConfig, formatAgentConfig } from "../../../plan/agentConfig";
import { eventually } from "../eventually";
import { agentConfig } from "./samples";

/** A line of the agent's log. */
export interface LogEvent {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** How an agent ended. */
export interface AgentEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly seconds: number;
}

/** A folder that stands for a host, with the agent's configuration and files, and the agent itself. */
export class AgentHost {
  readonly root = mkdtempSync(join(tmpdir(), "aistack-agent-"));
  readonly configFile = join(this.root, "agent.json");
  readonly config: AgentConfig;
  readonly #command: readonly string[];
  #child: ChildProcess | undefined;
  #stderr = "";

  /**
   * @param command what starts the agent
   * @param changed what of the configuration is not that of an empty host with a heartbeat every second
   */
  constructor(command: readonly string[], changed: Partial<AgentConfig> = {}) {
    this.#command = command;
    for (const folder of ["log/metrics", "lib", "run"])
      mkdirSync(join(this.root, folder), { recursive: true });
    this.config = {
      ...agentConfig,
      heartbeatSeconds: 1,
      services: [],
      ollamaUrl: null,
      dataRoot: this.root,
      paths: {
        log: join(this.root, "log/agent.log"),
        metrics: join(this.root, "log/metrics/metrics.jsonl"),
        status: join(this.root, "lib/agent_status.json"),
        idle: join(this.root, "lib/idle.json"),
        socket: join(this.root, "run/agent.sock"),
      },
      ...changed,
    };
    this.configure();
  }

  configure(changed: Partial<AgentConfig> = {}): void {
    writeFileSync(this.configFile, formatAgentConfig({ ...this.config, ...changed }));
  }

  /** @param environment beside this process's own; it may name the agent's process id as `$$` */
  start(environment: Readonly<Record<string, string>> = {}, args: readonly string[] = []): void {
    const variables = Object.entries(environment).map(([name, value]) => `${name}="${value}"`);
    const words = [...this.#command, "agent", "--config", this.configFile, ...args];
    // The shell becomes the agent, so that the variables can hold its process id.
    const script = `exec env ${variables.join(" ")} "$@"`;
    this.#stderr = "";
    this.#child = spawn("sh", ["-c", script, "agent", ...words], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
  }

  /** The command of one idle check with this host's configuration. */
  checkIdle(): readonly string[] {
    return [...this.#command, "idle-check", "--config", this.configFile];
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return (
      this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
    );
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Sends a signal, where one is given, and waits for the end. */
  async end(signal?: NodeJS.Signals): Promise<AgentEnd> {
    const child = this.#child;
    if (child === undefined) throw new Error("the agent was not started");
    const started = performance.now();
    if (signal !== undefined) this.kill(signal);
    if (this.isRunning) await once(child, "exit");
    const seconds = (performance.now() - started) / 1000;
    return { code: child.exitCode, signal: child.signalCode, stderr: this.#stderr, seconds };
  }

  /** The log's lines; one that is just being written is left out. */
  events(event?: string, file = this.config.paths.log): LogEvent[] {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const all = text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as LogEvent);
    return event === undefined ? all : all.filter((line) => line.event === event);
  }

  /** Waits for the log to hold so many events of a kind. */
  async seen(event: string, count = 1): Promise<LogEvent[]> {
    const found = () => this.events(event);
    await eventually(
      () => found().length >= count,
      () => `${count} ${event} (${found().length} so far; ${this.#stderr})`,
    );
    return found();
  }

  remove(): void {
    if (this.isRunning) this.kill("SIGKILL");
    rmSync(this.root, { recursive: true });
  }
}

import type { Logger } from "pino";
import type { AgentConfig } from "../../plan/agentConfig";
import type { AgentStatus, Heartbeat } from "../../plan/heartbeat";
import { AppendFile } from "./appendFile";
import { createEventLog } from "./eventLog";
import { writeAtomically } from "./writeAtomically";

/** Keeps what the agent sees: events and measurements line by line, the last status as a file. */
export class Recorder {
  readonly log: Logger;
  readonly #paths: AgentConfig["paths"];
  readonly #events: AppendFile;
  readonly #measurements: AppendFile;
  readonly #complain: (message: string) => void;
  #writing = false;

  private constructor(
    paths: AgentConfig["paths"],
    events: AppendFile,
    measurements: AppendFile,
    complain: (message: string) => void,
  ) {
    this.#paths = paths;
    this.#events = events;
    this.#measurements = measurements;
    this.#complain = complain;
    this.log = createEventLog(events);
  }

  /**
   * @param complain told what the files do not take
   * @throws Error of the system where a file cannot be opened
   */
  static async open(
    paths: AgentConfig["paths"],
    complain: (message: string) => void,
  ): Promise<Recorder> {
    const events = await AppendFile.open(paths.log);
    return new Recorder(paths, events, await AppendFile.open(paths.metrics), complain);
  }

  /** Whether something waits for a disk. */
  get busy(): boolean {
    return this.#writing || this.#events.busy || this.#measurements.busy;
  }

  /**
   * Records a heartbeat, and ends when all of it is in the files. One that they refuse, as a full disk
   * does, is told and counts as recorded; a file that hangs keeps this from ending.
   */
  async record(heartbeat: Heartbeat, status: AgentStatus): Promise<void> {
    const { time: _, ...seen } = heartbeat;
    this.log.info({ event: "agent.heartbeat", ...seen });
    this.#measurements.write(`${JSON.stringify(heartbeat)}\n`);
    await Promise.all([this.flush(), this.writeStatus(status)]);
  }

  async writeStatus(status: AgentStatus): Promise<void> {
    this.#writing = true;
    await this.#attempt(() => writeAtomically(this.#paths.status, `${JSON.stringify(status)}\n`));
    this.#writing = false;
  }

  /** Goes on in new files, where the old ones were renamed. */
  async reopen(): Promise<void> {
    this.#events.reopen();
    this.#measurements.reopen();
    await this.flush();
  }

  async flush(): Promise<void> {
    await this.#attempt(() => this.#events.flush());
    await this.#attempt(() => this.#measurements.flush());
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#events.close();
    await this.#measurements.close();
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#complain((error as Error).message);
    }
  }
}

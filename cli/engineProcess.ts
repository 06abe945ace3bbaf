import { execa } from "execa";

/** One command of the engine, as the Automation API words it. */
export interface EngineCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: ((text: string) => void) | undefined;
  readonly onError: ((text: string) => void) | undefined;
}

/** What the Automation API expects of a command that has ended. */
export interface EngineResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** A command of the engine ended with another code than 0; it has told by then why. */
export class EngineError extends Error {
  constructor(readonly result: EngineResult) {
    super(`the engine ended with ${result.code}: ${result.stderr.trim()}`);
    this.name = "EngineError";
  }
}

/**
 * Runs the engine's commands in process groups of their own. A terminal sends Ctrl+C to the whole group in front, and
 * `timeout` does the same: an engine that got the signal from there and from us, too, would take the two for "at once",
 * and give up what it had begun.
 */
export class EngineProcess {
  #interruptions = 0;
  #signal: ((name: "SIGINT" | "SIGKILL") => void) | undefined;

  get interrupted(): boolean {
    return this.#interruptions > 0;
  }

  /**
   * The first time, the engine finishes the steps that it has begun and begins no other; the second time, it breaks them
   * off; from then on it is killed.
   */
  interrupt(): void {
    this.#interruptions += 1;
    this.#signal?.(this.#interruptions < 3 ? "SIGINT" : "SIGKILL");
  }

  /** @throws EngineError; once interrupted, nothing is begun any more */
  async run({
    command,
    args,
    folder,
    environment,
    onOutput,
    onError,
  }: EngineCommand): Promise<EngineResult> {
    if (this.interrupted) throw new EngineError({ stdout: "", stderr: "interrupted", code: -1 });
    const running = execa(command, args, {
      cwd: folder,
      env: environment,
      reject: false,
      maxBuffer: Number.POSITIVE_INFINITY,
      stdin: "ignore",
      detached: true,
      cleanup: false,
      stripFinalNewline: false,
    });
    this.#signal = (name) => void running.kill(name);
    if (onOutput !== undefined) running.stdout.setEncoding("utf8").on("data", onOutput);
    if (onError !== undefined) running.stderr.setEncoding("utf8").on("data", onError);
    const ran = await running;
    this.#signal = undefined;
    const result = { stdout: ran.stdout, stderr: ran.stderr, code: ran.exitCode ?? -1 };
    if (result.code !== 0) {
      throw new EngineError({ ...result, stderr: result.stderr || (ran.shortMessage ?? "") });
    }
    return result;
  }
}

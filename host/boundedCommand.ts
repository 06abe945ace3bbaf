import { spawn } from "node:child_process";

export interface BoundedCommand {
  readonly input?: string;
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CommandOutcome {
  /** null where a signal ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** it was ended because it took longer than its limit */
  readonly timedOut: boolean;
}

/** More is cut off: what the agent asks answers in a few lines. */
const MOST_CHARACTERS = 1024 ** 2;

/**
 * Runs a command in a process group of its own, and ends the whole group, by SIGKILL, at the limit or
 * when the signal comes. Waits until the command is gone, which one that hangs in a driver may never be.
 * @throws Error with the system's code where it cannot be started
 */
export function runBounded(
  command: string,
  args: readonly string[],
  { input = "", limitMs, signal }: BoundedCommand,
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    let timedOut = false;
    const output = { stdout: "", stderr: "" };
    const end = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, limitMs);
    signal?.addEventListener("abort", end, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] = (output[name] + text).slice(0, MOST_CHARACTERS);
      });
    }
    // A command that does not read its input to the end is judged by its exit code.
    child.stdin.on("error", () => undefined).end(input);
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code) => {
      settle();
      resolve({ code, ...output, timedOut });
    });
    if (signal?.aborted === true) end();
  });
}

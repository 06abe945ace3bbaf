import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A log beyond this is put aside when the next command starts; one earlier log is kept. */
const MOST_BYTES = 5 * 1024 ** 2;

/** The folder that install.sh keeps its log and lock in, too. */
export function stateHome(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), ".local", "state"), "aistack");
}

export function logPath(environment: NodeJS.ProcessEnv = process.env): string {
  return join(stateHome(environment), "aistack.log");
}

/** Where lines go. */
export interface LineSink {
  write(line: string): void;
}

/**
 * Opens the command's log for appending; its owner alone may read it.
 * @returns undefined where it cannot be written to: a command works without its log
 */
export function openLogFile(path: string): LineSink | undefined {
  try {
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    let file = open(path);
    if (fstatSync(file).size > MOST_BYTES) {
      closeSync(file);
      renameSync(path, `${path}.1`);
      file = open(path);
    }
    return lineSink(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/**
 * Writes to a file until it cannot be written to: no disk that is full (ENOSPC, EDQUOT), broken (EIO), read-only (EROFS) or
 * gone (ESTALE) may end what the user asked for. What came later would leave a gap that nobody sees, so it is left out, too.
 * @throws Error without a system's code: a bug
 */
export function lineSink(file: number): LineSink {
  let broken = false;
  return {
    write: (line) => {
      if (broken) return;
      try {
        writeSync(file, line);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
        broken = true;
      }
    },
  };
}

/** Never through a link, which somebody else could have put there. */
function open(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  return openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
}

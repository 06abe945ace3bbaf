import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file so that nobody ever reads half of it, and with exactly this mode, whatever the umask. Missing
 * folders are made. A link at its place is replaced, never followed.
 * @throws NodeJS.ErrnoException where it cannot be written; what was there before is then still there
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  // Exclusive: neither a file nor a link that somebody put there beforehand is written through.
  const file = openSync(temporary, "wx", 0o600);
  try {
    try {
      writeSync(file, text);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

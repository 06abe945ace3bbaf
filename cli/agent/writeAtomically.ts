import { renameSync, writeFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";

const MODE = 0o640;

/**
 * Replaces a file, so that a reader sees either the old text or the new one. Only one writer at a time:
 * the unfinished file has a fixed name, so that a process which is killed leaves one at most.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const unfinished = unfinishedName(path);
  await writeFile(unfinished, text, { mode: MODE });
  await rename(unfinished, path);
}

/** The same for a process that has nothing else to do: the threads of the other cost milliseconds. */
export function writeAtomicallySync(path: string, text: string): void {
  const unfinished = unfinishedName(path);
  writeFileSync(unfinished, text, { mode: MODE });
  renameSync(unfinished, path);
}

function unfinishedName(path: string): string {
  return `${path}.new`;
}

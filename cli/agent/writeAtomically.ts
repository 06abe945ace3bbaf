import { rename, writeFile } from "node:fs/promises";

/**
 * Replaces a file, so that a reader sees either the old text or the new one. Only one writer at a time:
 * the unfinished file has a fixed name, so that a process which is killed leaves one at most.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, text, { mode: 0o640 });
  await rename(unfinished, path);
}

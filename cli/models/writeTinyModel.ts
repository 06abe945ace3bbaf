import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { tinyModel } from "./tinyModel";

/** Writes the tiny model that the stack minimal declares, unless the file is there and the same. */
export function writeTinyModel(path: string): void {
  const model = tinyModel();
  if (isSame(path, model)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, model);
  renameSync(temporary, path);
}

function isSame(path: string, model: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(model);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

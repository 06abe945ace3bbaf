import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { tinyModel } from "./tinyModel";

/** Writes the tiny model that the stack minimal declares, unless a file is there already. */
export function writeTinyModel(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, tinyModel());
  renameSync(temporary, path);
}

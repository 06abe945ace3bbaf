import { readFileSync } from "node:fs";

/** A file's text; empty where there is no such file. @throws Error of the system where it cannot be read */
export function readOptional(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

import { readFile } from "node:fs/promises";

/** A file's text; empty where there is no such file. @throws Error of the system where it cannot be read */
export async function readOptional(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

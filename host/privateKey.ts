import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { StackError } from "../plan/errors";

/**
 * The private key that opens a host.
 * @param file as configured: absolute, from the home folder on (`~/`), or relative to the checkout
 * @throws StackError where it cannot be read
 */
export function readPrivateKey(file: string): string {
  const path = file.startsWith("~/") ? resolve(homedir(), file.slice(2)) : resolve(file);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StackError([
      {
        what: `the private key ${path} cannot be read (${code})`,
        where: "aistack:host.privateKeyFile",
        fix: "Correct the path, or remove the key to use those of the SSH agent",
      },
    ]);
  }
}

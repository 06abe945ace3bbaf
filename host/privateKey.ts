import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { StackError } from "../plan/errors";

/** Where a private key lies that is configured absolutely, from the home folder on (`~/`), or relative to the checkout. */
export function privateKeyPath(file: string): string {
  return file.startsWith("~/") ? resolve(homedir(), file.slice(2)) : resolve(file);
}

/**
 * The private key that opens a host.
 * @param file as configured
 * @throws StackError where it cannot be read
 */
export function readPrivateKey(file: string): string {
  const path = privateKeyPath(file);
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

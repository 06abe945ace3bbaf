import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { type Problem, StackError } from "../plan/errors";

/**
 * Where a private key lies that is configured absolutely, from the home folder on (`~/`), or relative to the checkout.
 * @param root the checkout
 */
export function privateKeyPath(root: string, file: string): string {
  return file.startsWith("~/") ? resolve(homedir(), file.slice(2)) : resolve(root, file);
}

/** A private key's file, as far as it decides how a host is reached. */
export interface PrivateKey {
  readonly path: string;
  /** the file's content; undefined where a passphrase protects it, so that only the SSH agent can use it */
  readonly usable: string | undefined;
}

/**
 * Reads the private key that opens a host, and sees that ssh will take it.
 * @param root the checkout
 * @param file as configured
 * @throws StackError where it cannot be read, others can read it, or it is locked and no agent runs
 */
export function readPrivateKey(
  root: string,
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): PrivateKey {
  const path = privateKeyPath(root, file);
  const { mode, uid } = attempt(path, (name) => statSync(name));
  // Only of a file of the user's own ssh asks that. Source: OpenSSH's authfile.c, sshkey_perm_ok.
  if (uid === process.getuid?.() && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, "0");
    throw refusal({
      what: `the private key ${path} can be used by others (mode ${shown}), so ssh does not take it`,
      fix: `Close it: chmod 600 ${path}`,
    });
  }
  const text = attempt(path, (name) => readFileSync(name, "utf8"));
  if (!isEncrypted(text)) return { path, usable: text };
  if ((environment.SSH_AUTH_SOCK ?? "") === "") {
    throw refusal({
      what: `the private key ${path} is protected by a passphrase, and no SSH agent runs that could use it`,
      fix: `Start one and give it the key: eval "$(ssh-agent)" && ssh-add ${path}`,
    });
  }
  return { path, usable: undefined };
}

function attempt<Result>(path: string, read: (path: string) => Result): Result {
  try {
    return read(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refusal({
      what: `the private key ${path} cannot be read (${code})`,
      fix: "Correct the path, or remove the key to use those of the SSH agent",
    });
  }
}

function refusal(problem: Omit<Problem, "where">): StackError {
  return new StackError([{ ...problem, where: "aistack:host.privateKeyFile" }]);
}

/** Begins the content of a key in OpenSSH's own form; the name of its cipher follows. Source: OpenSSH's PROTOCOL.key. */
const OPENSSH_MAGIC = "openssh-key-v1\0";

/** Whether a passphrase protects a private key, in OpenSSH's form or in PEM. */
function isEncrypted(text: string): boolean {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return true;
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(text) ?? [];
  if (body === undefined) return false;
  const content = Buffer.from(body, "base64");
  const start = OPENSSH_MAGIC.length + 4;
  if (content.length < start || !content.toString("latin1").startsWith(OPENSSH_MAGIC)) return false;
  const cipher = content.subarray(start, start + content.readUInt32BE(OPENSSH_MAGIC.length));
  return cipher.toString("latin1") !== "none";
}

import { ensureSecrets, type StackSecrets } from "../host/secretStore";
import { StackError } from "../plan/errors";
import type { SecretName, SeededAdmin } from "../plan/secrets";
import { secrets as scrubber } from "./log";

/** What `ensureSecrets` returns; from here on the values are kept out of logs and messages. */
export function readStackSecrets(
  root: string,
  stack: string,
  names: readonly SecretName[],
  keep: boolean,
  seed?: SeededAdmin,
): StackSecrets {
  const read = ensureSecrets(root, stack, names, keep, seed);
  for (const value of Object.values(read.values)) scrubber.register(value);
  return read;
}

/**
 * Keeps a stack's secrets out of logs and messages, where a verb has no other use for them: services may log them, and
 * the last lines of a service are part of errors. A verb that needs no secret works without the passphrase, too.
 */
export function registerStackSecrets(
  root: string,
  stack: string,
  names: readonly SecretName[],
): void {
  try {
    readStackSecrets(root, stack, names, false);
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
  }
}

import { ensureSecrets, type StackSecrets } from "../host/secretStore";
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

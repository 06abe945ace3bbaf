import type { Problem } from "../../plan/errors";
import { compareLocks, type ImageLock, type LockChanges } from "../../plan/imageLock";
import { RegistryFault } from "./registry/fault";

export interface LockRequest {
  readonly references: readonly string[];
  readonly before: ImageLock;
  /** whether these are all the references there are: entries of others are then dropped */
  readonly complete: boolean;
  /** @throws RegistryFault */
  readonly resolve: (reference: string) => Promise<string>;
}

export interface LockResult {
  readonly lock: ImageLock;
  readonly changes: LockChanges;
  /** references that could not be resolved; what the lock had for them stays */
  readonly problems: readonly Problem[];
}

/** Resolves references side by side; one that fails keeps what it had and keeps no other from its digest. */
export async function resolveLock(request: LockRequest): Promise<LockResult> {
  const { references, before, complete, resolve } = request;
  const problems: Problem[] = [];
  const resolved = await Promise.all(
    references.map(async (reference): Promise<[string, string | undefined]> => {
      try {
        return [reference, await resolve(reference)];
      } catch (error) {
        if (!(error instanceof RegistryFault)) throw error;
        problems.push(keepsEntry(error.toProblem(reference), before[reference]));
        return [reference, before[reference]];
      }
    }),
  );
  const entries = resolved.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const lock = { ...(complete ? {} : before), ...Object.fromEntries(entries) };
  const order = (problem: Problem) => problem.where ?? "";
  return {
    lock,
    changes: compareLocks(before, lock),
    problems: problems.sort((one, other) => (order(one) < order(other) ? -1 : 1)),
  };
}

function keepsEntry(problem: Problem, digest: string | undefined): Problem {
  const kept = digest === undefined ? "It has no digest" : `It keeps ${digest.slice(0, 19)}…`;
  return { ...problem, fix: `${kept}. ${problem.fix}` };
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostFacts } from "../plan/hostFacts";
import { type Ownership, objectsOf } from "../plan/ownership";
import type { StackPlan } from "../plan/plan";
import { parseCheckpoint, type StackRecord } from "../plan/stackRecord";

/** Where the file backend keeps the stacks of project aistack, relative to the checkout. */
export const CHECKPOINTS = ".state/.pulumi/stacks/aistack";

/** @returns undefined where there is no such file, or it is of another form */
export function readStackRecord(root: string, stack: string): StackRecord | undefined {
  try {
    return parseCheckpoint(
      JSON.parse(readFileSync(join(root, CHECKPOINTS, `${stack}.json`), "utf8")),
    );
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT")
      return undefined;
    throw error;
  }
}

/**
 * Whose the objects are that have a plan's names. One file is read; those of the other stacks only where there is an
 * object that this one does not know.
 * @param record of the stack itself
 */
export function readOwnership(
  root: string,
  { plan, facts, record }: { plan: StackPlan; facts: HostFacts; record: StackRecord | undefined },
): Ownership {
  if (objectsOf("unknown", plan, facts, record).length === 0) return { record, owners: {} };
  return { record, owners: readOwners(root) };
}

/** Name of the stack of this checkout that has made an object, by the object's id. */
export function readOwners(root: string): Ownership["owners"] {
  const owners = listCheckpoints(root).flatMap((stack) =>
    (readStackRecord(root, stack)?.objects ?? []).map(({ id }) => [id, stack]),
  );
  return Object.fromEntries(owners);
}

/** Names of the stacks that were created in this checkout, sorted. */
export function listCheckpoints(root: string): string[] {
  try {
    return readdirSync(join(root, CHECKPOINTS))
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

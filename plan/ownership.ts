import { SPEC_LABEL } from "./drift";
import type { Problem } from "./errors";
import type { HostFacts } from "./hostFacts";
import type { StackPlan } from "./plan";
import type { ObjectKind, StackRecord } from "./stackRecord";

/** Whose the objects are that have a stack's names. */
export interface Ownership {
  /** what the stack's state knows; undefined where it cannot be read, as in another backend than that of files */
  readonly record: StackRecord | undefined;
  /** name of the stack of this checkout that has made an object, by the object's id */
  readonly owners: Readonly<Record<string, string>>;
}

/** Nothing is known but what is seen: our label says that an object is the stack's own. */
export const UNKNOWN_OWNERSHIP: Ownership = { record: undefined, owners: {} };

/** An object that is there under a name of the plan's. */
export interface NamedObject {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly id: string;
}

/**
 * - `own`: the stack's state knows it
 * - `foreign`: aistack did not make it
 * - `leftover`: this stack was making it when its update was killed
 * - `unknown`: aistack made it, but not for this stack, or the stack's state has lost it
 */
export type Owner = "own" | "foreign" | "leftover" | "unknown";

export function judgeOwner(
  { kind, name }: Pick<NamedObject, "kind" | "name">,
  seen: { readonly id: string; readonly labels: Readonly<Record<string, string>> },
  record: StackRecord | undefined,
): Owner {
  const label = seen.labels[SPEC_LABEL];
  if (label === undefined) return "foreign";
  // By its id: a state that is restored from a backup knows the name of another container.
  if (record === undefined || record.objects.some((own) => own.kind === kind && own.id === seen.id))
    return "own";
  const wasMaking = record.interrupted.some(
    (one) => one.kind === kind && one.name === name && one.label === label,
  );
  return wasMaking ? "leftover" : "unknown";
}

/** The objects under the plan's names that are of this kind of owner: containers first. */
export function objectsOf(
  owner: Owner,
  plan: Pick<StackPlan, "services" | "networks">,
  facts: Pick<HostFacts, "inspectedContainers" | "networks">,
  record: StackRecord | undefined,
): NamedObject[] {
  const named = [
    ...plan.services.map(({ container: { name } }) => ({
      kind: "container" as const,
      name,
      seen: facts.inspectedContainers[name],
    })),
    ...plan.networks.map(({ name }) => ({
      kind: "network" as const,
      name,
      seen: facts.networks[name],
    })),
  ];
  return named.flatMap(({ seen, ...object }) =>
    seen !== undefined && judgeOwner(object, seen, record) === owner
      ? [{ ...object, id: seen.id }]
      : [],
  );
}

/** The facts without what an interrupted update has left: it is removed before anything takes its name. */
export function withoutObjects(facts: HostFacts, objects: readonly NamedObject[]): HostFacts {
  const without = <Seen extends { readonly id: string }>(seen: Readonly<Record<string, Seen>>) =>
    Object.fromEntries(
      Object.entries(seen).filter(([, { id }]) => objects.every((object) => object.id !== id)),
    );
  return {
    ...facts,
    inspectedContainers: without(facts.inspectedContainers),
    networks: without(facts.networks),
  };
}

/** What an update does about leftovers, as lines for people. */
export function describeLeftovers(leftovers: readonly NamedObject[]): string[] {
  return leftovers.map(
    ({ kind, name }) =>
      `${kind} ${name} was left by an update that was interrupted; it is removed and made anew`,
  );
}

const REMOVE: Readonly<Record<ObjectKind, (name: string) => string>> = {
  container: (name) => `docker rm --force ${name} (its data stays in its volumes)`,
  network: (name) => `docker network rm ${name}`,
};

/** An object that aistack made and this stack does not know would make the update end half-way. */
export function unknownObject({ kind, name, id }: NamedObject, { owners }: Ownership): Problem {
  const owner = owners[id];
  if (owner !== undefined) {
    return {
      what: `${kind} ${name} belongs to stack ${owner}`,
      where: "docker",
      fix: `Change that stack instead, with --stack ${owner}, or remove it with: ./aistack destroy --stack ${owner} (its data stays), or set aistack:namePrefix`,
    };
  }
  return {
    what: `${kind} ${name} was made by aistack, but the state of this stack does not know it: it belongs to another checkout, or the state was lost or is older`,
    where: "docker",
    fix: `Remove it with: ${REMOVE[kind](name)}, or set aistack:namePrefix`,
  };
}

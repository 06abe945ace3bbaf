import type { EntryFacts } from "./hostFileFacts";
import type { DirectorySpec } from "./hostLayer";
import type { Observation } from "./observation";
import { foreign } from "./quote";

/** One part's differences. */
export interface Comparison {
  /** `is missing`, `has mode 0777, not 0644` */
  readonly differences: readonly string[];
  /** the differences came by a new configuration, or the part was never there */
  readonly declared: boolean;
  /** what it holds is not what is declared */
  readonly content: boolean;
  /** what an update leaves as it is, for people to decide */
  readonly told?: readonly string[];
}

/** A part with the words for it. */
export interface ComparedPart {
  /** `directory /etc/aistack` */
  readonly object: string;
  readonly comparison: Comparison;
}

export const LINK = "is a symbolic link to ";

export const SAME: Comparison = { differences: [], declared: false, content: false };

/**
 * What a resource is told of its parts, so that it differs where they do.
 * @param more further reasons
 */
export function observe(
  parts: readonly ComparedPart[],
  now: Date,
  more: readonly string[] = [],
): Observation {
  const seen = [...parts.flatMap(({ comparison }) => comparison.differences), ...more];
  return seen.length === 0
    ? { inSync: true, text: "in sync" }
    : { inSync: false, text: `${seen.join("; ")} at ${now.toISOString()}` };
}

/** What of the parts somebody else than an update changed, as lines for people. */
export function describeParts(parts: readonly ComparedPart[]): string[] {
  return parts.flatMap(({ object, comparison: { declared, differences, told = [] } }) =>
    [...(declared ? [] : differences), ...told].map((words) => `${object} ${words}`),
  );
}

export function otherKind(seen: EntryFacts, wanted: "file" | "directory"): string {
  return seen.type === "link" ? LINK + foreign(seen.target ?? "") : `is no ${wanted}`;
}

export function permissionDifferences({ mode, owner }: DirectorySpec, seen: EntryFacts): string[] {
  const differences: string[] = [];
  if (seen.mode !== mode) differences.push(`has mode ${seen.mode}, not ${mode}`);
  if (owner !== undefined && (seen.user !== owner.user || seen.group !== owner.group)) {
    const found = `${seen.user}:${seen.group}`;
    differences.push(`belongs to ${found}, not ${owner.user}:${owner.group}`);
  }
  return differences;
}

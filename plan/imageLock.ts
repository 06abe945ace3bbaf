/** Digest by image reference, as images.lock.yaml has them. */
export type ImageLock = Readonly<Record<string, string>>;

export const LOCK_FILE = "images.lock.yaml";

/** What another lock changes, each sorted by reference. */
export interface LockChanges {
  readonly added: readonly string[];
  /** references whose version has another content than before */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

// No date: two hosts that lock the same versions write the same file.
const HEADER = `# Digest of every image, by its name and version. Written by aistack: before it pulls an image for the first time, and
# by "aistack images lock". From then on exactly that content runs. Keep the file with the others.
`;

/** The text of the lock file; the same lock gives the same text. */
export function renderLock(lock: ImageLock): string {
  const lines = Object.entries(lock)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([reference, digest]) => `"${reference}": ${digest}\n`);
  return `${HEADER}${lines.join("")}`;
}

export function compareLocks(before: ImageLock, after: ImageLock): LockChanges {
  const references = (lock: ImageLock) => Object.keys(lock).sort();
  return {
    added: references(after).filter((reference) => before[reference] === undefined),
    changed: references(after).filter(
      (reference) => before[reference] !== undefined && before[reference] !== after[reference],
    ),
    removed: references(before).filter((reference) => after[reference] === undefined),
  };
}

import type { HostFileFacts } from "./hostFileFacts";

/** Folders in which systemd looks for what alters units; those of packages are theirs. */
const PARENTS = [
  "/etc/systemd/system",
  "/etc/systemd/system.control",
  "/run/systemd/system",
  "/run/systemd/system.control",
  "/usr/local/lib/systemd/system",
];

/** A distribution's own choice for all units of a kind, such as Fedora's service.d/10-timeout-abort.conf. */
const OF_DISTRIBUTION = /^(?:\/usr)?\/lib\/systemd\/system\/[a-z]+\.d\//;

/** Folders of what alters a unit alone. */
export function ownDropInFolders(root: string, unit: string): string[] {
  return PARENTS.map((parent) => `${root}${parent}/${unit}.d`);
}

/** Folders of what alters a unit and others: those that begin with the same words, or all of its kind. */
export function sharedDropInFolders(root: string, unit: string): string[] {
  const dot = unit.lastIndexOf(".");
  const [name, kind] = [unit.slice(0, dot), unit.slice(dot + 1)];
  const beginnings = [...name.matchAll(/-/g)].map(({ index }) => name.slice(0, index + 1));
  return [...beginnings.map((beginning) => `${beginning}.${kind}`), kind].flatMap((level) =>
    PARENTS.map((parent) => `${root}${parent}/${level}.d`),
  );
}

export interface DropIns {
  /** files that alter the unit alone */
  readonly own: readonly string[];
  /** files that alter the unit, and that are not for an update to move away */
  readonly others: readonly string[];
}

/** What alters a unit beside its own file, as it is on disk, and as systemd has loaded it from elsewhere. */
export function findDropIns(root: string, unit: string, facts: HostFileFacts): DropIns {
  const within = (folders: readonly string[]) =>
    facts.dropIns.filter(({ path }) => folders.includes(folderOf(path)));
  const ownFolders = ownDropInFolders(root, unit);
  const sharedFolders = sharedDropInFolders(root, unit);
  const own = within(ownFolders);
  // A link to nowhere hides the files of its name in folders that are for more units.
  const hidden = new Set(own.filter(isHiding).map(({ path }) => nameOf(path)));
  const looked = [...ownFolders, ...sharedFolders];
  const loaded = (facts.units.get(unit)?.dropIns ?? []).filter(
    (path) => !looked.includes(folderOf(path)) && !OF_DISTRIBUTION.test(path),
  );
  return {
    own: own.filter((dropIn) => !isHiding(dropIn)).map(({ path }) => path),
    others: [
      ...within(sharedFolders)
        .filter((dropIn) => !isHiding(dropIn) && !hidden.has(nameOf(dropIn.path)))
        .map(({ path }) => path),
      ...loaded,
    ],
  };
}

function isHiding({ target }: HostFileFacts["dropIns"][number]): boolean {
  return target === "/dev/null";
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

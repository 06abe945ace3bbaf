/** What assets/shell/host/probe.sh saw of the host's files and units. */
export interface HostFileFacts {
  /** whether the host's files can be read and written */
  readonly access: boolean;
  readonly systemd: boolean;
  readonly logrotate: boolean;
  /** the agent's account; undefined where there is no such user */
  readonly user: UserFacts | undefined;
  /** number of the group of the same name; undefined where there is none */
  readonly groupId: number | undefined;
  /** the stack whose files these are; undefined where there are none, or it is not told */
  readonly stack: string | undefined;
  readonly entries: ReadonlyMap<string, EntryFacts>;
  /** SHA-256 of what was last written, by the name of the file */
  readonly records: ReadonlyMap<string, string>;
  /** files that alter units, with where they lead to if they are links */
  readonly dropIns: readonly { readonly path: string; readonly target: string | undefined }[];
  readonly units: ReadonlyMap<string, UnitFacts>;
  /** folders that a unit's process was started with, and that were made anew since */
  readonly lostFolders: readonly { readonly unit: string; readonly path: string }[];
  /** exit code of systemctl(1) where it could not tell of units: 124 where it did not answer in time */
  readonly unitError: string | undefined;
}

/** A user as passwd(5) has it. */
export interface UserFacts {
  readonly id: number;
  readonly groupId: number;
  readonly shell: string;
  /** names of all groups */
  readonly groups: readonly string[];
}

/** Something at a path; the path itself, where that is a link. */
export interface EntryFacts {
  readonly type: "file" | "directory" | "link" | "other";
  /** four octal digits */
  readonly mode: string;
  readonly user: string;
  readonly group: string;
  readonly target: string | undefined;
  readonly sha256: string | undefined;
}

/** A unit as systemd has it: systemctl(1), "show". */
export interface UnitFacts {
  readonly load: string;
  readonly active: string;
  /** the file that it was loaded from */
  readonly fragment: string;
  /** its file is another one than systemd has read */
  readonly needsReload: boolean;
  /** files that alter it, as it was loaded */
  readonly dropIns: readonly string[];
}

const TYPES: Readonly<Record<string, EntryFacts["type"]>> = {
  f: "file",
  d: "directory",
  l: "link",
};

/**
 * Reads the probe's output.
 * @throws Error (a bug, with its stack) where the output is not of the probe's form
 */
export function parseHostFileFacts(output: string): HostFileFacts {
  const facts = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
  const all = (name: string) => facts.filter(([kind]) => kind === name).map(([, ...rest]) => rest);
  const known = [
    "access",
    "systemd",
    "logrotate",
    "entry",
    "drop-in",
    "sha256",
    "record",
    "stack",
    "user",
    "group",
    "groups",
    "unit",
    "unit-error",
    "lost",
  ];
  for (const [kind = ""] of facts) {
    if (!known.includes(kind))
      throw new Error(`the probe of host files printed an unexpected line: ${kind}`);
  }
  const hashes = new Map(pairs(all("sha256")));
  return {
    access: all("access")[0]?.[0] === "root",
    systemd: all("systemd").length > 0,
    logrotate: all("logrotate").length > 0,
    user: parseUser(all("user")[0]?.[0], all("groups")[0]?.[0]),
    groupId: toNumber(all("group")[0]?.[0]?.split(":")[2]),
    stack: all("stack")[0]?.[0],
    entries: new Map(
      all("entry").map(([path = "", type = "", mode = "", user = "", group = "", target = ""]) => [
        path,
        {
          type: TYPES[type] ?? "other",
          mode: mode.padStart(4, "0"),
          user,
          group,
          target: target === "" ? undefined : target,
          sha256: hashes.get(path),
        },
      ]),
    ),
    records: new Map(pairs(all("record"))),
    dropIns: all("drop-in").map(([path = "", target = ""]) => ({
      path,
      target: target === "" ? undefined : target,
    })),
    units: parseUnits(all("unit").map(([property = ""]) => property)),
    lostFolders: all("lost").map(([unit = "", path = ""]) => ({ unit, path })),
    unitError: all("unit-error")[0]?.[0],
  };
}

/** @param line of passwd(5) */
function parseUser(line: string | undefined, groups = ""): UserFacts | undefined {
  if (line === undefined) return undefined;
  const [, , id, groupId, , , shell = ""] = line.split(":");
  return { id: Number(id), groupId: Number(groupId), shell, groups: groups.split(" ") };
}

function toNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function pairs(rows: readonly (readonly string[])[]): [string, string][] {
  return rows.map(([name = "", value = ""]) => [name, value]);
}

/** `Name=value` lines, an empty line between units. */
function parseUnits(lines: readonly string[]): Map<string, UnitFacts> {
  const blocks = lines
    .join("\n")
    .split("\n\n")
    .map((block) => new Map(block.split("\n").map(splitProperty)));
  return new Map(
    blocks
      .filter((block) => block.has("Id"))
      .map((block) => [
        block.get("Id") ?? "",
        {
          load: block.get("LoadState") ?? "",
          active: block.get("ActiveState") ?? "",
          fragment: block.get("FragmentPath") ?? "",
          needsReload: block.get("NeedDaemonReload") === "yes",
          dropIns: splitPaths(block.get("DropInPaths") ?? ""),
        },
      ]),
  );
}

/** Paths between spaces; one that holds a space stands in quotes. */
function splitPaths(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "",
  );
}

function splitProperty(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

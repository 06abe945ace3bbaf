import type { Problem } from "./errors";
import type { EntryFacts, HostFileFacts, UnitFacts } from "./hostFileFacts";
import type { DirectorySpec, HostFileSpec, HostLayerSpec, UnitSpec } from "./hostLayer";
import type { Observation } from "./observation";
import { foreign } from "./quote";

/** A host layer with what was seen of each of its parts. */
export interface ResolvedHostLayer {
  readonly spec: HostLayerSpec;
  readonly observed: {
    /** account and directories */
    readonly baseline: Observation;
    readonly executable: Observation;
    readonly config: Observation;
    readonly rotation: Observation;
    readonly units: readonly { readonly unit: UnitSpec; readonly observed: Observation }[];
  };
  /** what somebody else than an update changed, as lines for people */
  readonly drift: readonly string[];
}

/** What of a host stands in the way of its layer. */
export function checkHostLayer(spec: HostLayerSpec, facts: HostFileFacts): Problem[] {
  if (spec.paths.root !== "") return [];
  const problems: Problem[] = [];
  const where = "aistack:agent, aistack:idle";
  if (!facts.access) {
    problems.push({
      what: "the agent's files on the host are root's, and this user is not root and may not become it",
      where,
      fix: "Run it as root, or allow this user sudo without a password",
    });
  }
  if (!facts.systemd) {
    problems.push({
      what: "the agent and the idle check are units of systemd, which does not run on this host",
      where,
      fix: "Remove both keys, or choose a host that was started by systemd",
    });
  }
  if (!facts.logrotate) {
    problems.push({
      what: "logrotate is not installed, and the agent's log would grow without end",
      where,
      fix: "Install it: apt-get install logrotate",
    });
  }
  return problems;
}

/** One part's differences. */
interface Comparison {
  /** `is missing`, `has mode 0777, not 0644` */
  readonly differences: readonly string[];
  /** the differences came by a new configuration, or the part was never there */
  readonly declared: boolean;
  /** what it holds is not what is declared */
  readonly content: boolean;
}

const LINK = "is a symbolic link to ";

const SAME: Comparison = { differences: [], declared: false, content: false };

/** Joins a host layer with what was seen of the host. */
export function resolveHostLayer(
  spec: HostLayerSpec,
  facts: HostFileFacts,
  now: Date,
): ResolvedHostLayer {
  const baseline = [
    { object: `user ${spec.account.name}`, comparison: compareAccount(spec, facts) },
    ...spec.directories.map((directory) => ({
      object: `directory ${directory.path}`,
      comparison: compareDirectory(directory, facts),
    })),
  ];
  const file = (part: DirectorySpec & Pick<HostFileSpec, "sha256">) => ({
    object: `file ${part.path}`,
    comparison: compareFile(part, facts),
  });
  const executable = file(spec.executable);
  const config = file(spec.config);
  const rotation = file(spec.rotation);
  const changed = new Set(
    [spec.executable, spec.config]
      .filter((part) => compareFile(part, facts).content)
      .map(({ path }) => path),
  );
  const units = spec.units.map((unit) => ({
    unit,
    object: `unit ${unit.name}`,
    comparison: compareUnit(unit, spec, facts),
    stale: unit.reads.filter((path) => changed.has(path)),
  }));

  const observe = (comparisons: readonly Comparison[], stale: readonly string[] = []) => {
    const seen = [
      ...comparisons.flatMap(({ differences }) => differences),
      ...stale.map((path) => `reads ${path}, which changes`),
    ];
    return seen.length === 0
      ? { inSync: true, text: "in sync" }
      : { inSync: false, text: `${seen.join("; ")} at ${now.toISOString()}` };
  };
  return {
    spec,
    observed: {
      baseline: observe(baseline.map(({ comparison }) => comparison)),
      executable: observe([executable.comparison]),
      config: observe([config.comparison]),
      rotation: observe([rotation.comparison]),
      units: units.map(({ unit, comparison, stale }) => ({
        unit,
        observed: observe([comparison], stale),
      })),
    },
    drift: wasInstalled(spec, facts)
      ? [...baseline, executable, config, rotation, ...units].flatMap(({ object, comparison }) =>
          comparison.declared
            ? []
            : comparison.differences.map((difference) => `${object} ${difference}`),
        )
      : [],
  };
}

/** A host on which nothing of ours is there has not drifted: it is new, or was destroyed. */
function wasInstalled(spec: HostLayerSpec, facts: HostFileFacts): boolean {
  return (
    facts.records.size > 0 ||
    [spec.executable, spec.config, ...spec.units].some(({ path }) => facts.entries.has(path))
  );
}

function compareAccount({ account, paths }: HostLayerSpec, facts: HostFileFacts): Comparison {
  if (paths.root !== "") return SAME;
  const { groups } = facts;
  if (groups === undefined) return { ...SAME, differences: ["is missing"] };
  const member = groups.includes("docker");
  if (member === account.dockerGroup) return SAME;
  return {
    ...SAME,
    differences: [member ? "is in the group docker" : "is not in the group docker"],
  };
}

function compareDirectory(spec: DirectorySpec, facts: HostFileFacts): Comparison {
  const seen = facts.entries.get(spec.path);
  if (seen === undefined) return { ...SAME, differences: ["is missing"] };
  if (seen.type !== "directory") return { ...SAME, differences: [otherKind(seen, "directory")] };
  return { ...SAME, differences: permissionDifferences(spec, seen) };
}

function compareFile(
  spec: DirectorySpec & Pick<HostFileSpec, "sha256">,
  facts: HostFileFacts,
): Comparison {
  const seen = facts.entries.get(spec.path);
  const written = facts.records.get(baseName(spec.path));
  // Never written: it is new in the configuration. Without any record, it was ours that are lost.
  if (seen === undefined) {
    const declared = written === undefined && facts.records.size > 0;
    return { differences: ["is missing"], declared, content: true };
  }
  if (seen.type !== "file") {
    return { differences: [otherKind(seen, "file")], declared: false, content: true };
  }
  const permissions = permissionDifferences(spec, seen);
  if (seen.sha256 === spec.sha256) {
    return { differences: permissions, declared: false, content: false };
  }
  // As it was last written: the difference is the configuration's, and the diff shows it in full.
  return seen.sha256 === written
    ? {
        differences: permissions.length > 0 ? permissions : ["has an earlier content"],
        declared: permissions.length === 0,
        content: true,
      }
    : { differences: ["was edited", ...permissions], declared: false, content: true };
}

function compareUnit(spec: UnitSpec, layer: HostLayerSpec, facts: HostFileFacts): Comparison {
  const file = masked(compareFile(spec, facts));
  const dropIns = facts.dropIns
    .filter((path) => path.split("/").at(-2) === `${spec.name}.d`)
    .map((path) => `has a drop-in that is not aistack's: ${foreign(path)}`);
  // A unit that is not there has no state that would be worth a word.
  const state = file.differences.includes("is missing")
    ? []
    : unitDifferences(spec, layer, facts, file).filter(
        (words) => !file.differences.includes(words),
      );
  const differences = [...file.differences, ...state, ...dropIns];
  const declared = file.declared && state.length + dropIns.length === 0;
  return { differences, declared, content: file.content };
}

function unitDifferences(
  spec: UnitSpec,
  layer: HostLayerSpec,
  facts: HostFileFacts,
  file: Comparison,
): string[] {
  const link = spec.link === undefined ? undefined : facts.entries.get(spec.link);
  const disabled = spec.link !== undefined && link?.type !== "link" ? ["is disabled"] : [];
  const seen = facts.units.get(spec.name);
  if (layer.paths.root !== "" || seen === undefined) return disabled;
  return [...disabled, ...loadDifferences(spec, seen, file), ...activityDifferences(spec, seen)];
}

function loadDifferences(spec: UnitSpec, seen: UnitFacts, file: Comparison): string[] {
  if (seen.load === "masked") return ["is masked"];
  if (seen.fragment !== "" && seen.fragment !== spec.path) {
    return [`is loaded from ${foreign(seen.fragment)}`];
  }
  // Of a file that is another one anyway, nothing new.
  return seen.needsReload && !file.content ? ["is another one than systemd has loaded"] : [];
}

function activityDifferences(spec: UnitSpec, seen: UnitFacts): string[] {
  const runs = ["active", "activating", "reloading"].includes(seen.active);
  return spec.running && !runs ? [`is not running (${seen.active})`] : [];
}

function otherKind(seen: EntryFacts, wanted: "file" | "directory"): string {
  return seen.type === "link" ? LINK + foreign(seen.target ?? "") : `is no ${wanted}`;
}

/** What a link to nowhere means to systemd. */
function masked(file: Comparison): Comparison {
  const differences = file.differences.map((words) =>
    words === `${LINK}/dev/null` ? "is masked" : words,
  );
  return { ...file, differences };
}

function permissionDifferences({ mode, owner }: DirectorySpec, seen: EntryFacts): string[] {
  const differences: string[] = [];
  if (seen.mode !== mode) differences.push(`has mode ${seen.mode}, not ${mode}`);
  if (owner !== undefined && (seen.user !== owner.user || seen.group !== owner.group)) {
    const found = `${seen.user}:${seen.group}`;
    differences.push(`belongs to ${found}, not ${owner.user}:${owner.group}`);
  }
  return differences;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

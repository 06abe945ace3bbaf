import { findDropIns } from "./dropIns";
import { compareBaseline } from "./hostBaseline";
import {
  type Comparison,
  describeParts,
  LINK,
  observe,
  otherKind,
  permissionDifferences,
} from "./hostComparison";
import type { HostFileFacts, UnitFacts } from "./hostFileFacts";
import type { DirectorySpec, HostFileSpec, HostLayerSpec, UnitSpec } from "./hostLayer";
import type { Observation } from "./observation";
import { foreign } from "./quote";

/** A host layer with what was seen of each of its parts. */
export interface ResolvedHostLayer {
  readonly spec: HostLayerSpec;
  readonly observed: {
    /** account and directories */
    readonly baseline: Observation;
    readonly claim: Observation;
    readonly executable: Observation;
    readonly config: Observation;
    readonly rotation: Observation;
    readonly units: readonly { readonly unit: UnitSpec; readonly observed: Observation }[];
  };
  /** what somebody else than an update changed, as lines for people */
  readonly drift: readonly string[];
}

/** Joins a host layer with what was seen of the host. */
export function resolveHostLayer(
  spec: HostLayerSpec,
  facts: HostFileFacts,
  now: Date,
): ResolvedHostLayer {
  const baseline = compareBaseline(spec, facts);
  const file = (part: DirectorySpec & Pick<HostFileSpec, "sha256">) => ({
    object: `file ${part.path}`,
    comparison: compareFile(part, facts),
  });
  const claim = file(spec.claim);
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
    stale: [
      ...unit.reads
        .filter((path) => changed.has(path))
        .map((path) => `reads ${path}, which changes`),
      ...unit.writes
        .filter((path) => facts.entries.get(path)?.type !== "directory")
        .map((path) => `writes to ${path}, which is made anew`),
    ],
  }));

  return {
    spec,
    observed: {
      baseline: observe(baseline, now),
      claim: observe([claim], now),
      executable: observe([executable], now),
      config: observe([config], now),
      rotation: observe([rotation], now),
      units: units.map(({ unit, stale, ...part }) => ({
        unit,
        observed: observe([part], now, stale),
      })),
    },
    drift: wasInstalled(spec, facts)
      ? describeParts([...baseline, claim, executable, config, rotation, ...units])
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
  const { own, others } = findDropIns(layer.paths.root, spec.name, facts);
  const dropIns = own.map((path) => `has a drop-in that is not aistack's: ${foreign(path)}`);
  // A unit that is not there has no state that would be worth a word.
  const state = file.differences.includes("is missing")
    ? []
    : unitDifferences(spec, layer, facts, file).filter(
        (words) => !file.differences.includes(words),
      );
  const differences = [...file.differences, ...state, ...dropIns];
  const declared = file.declared && state.length + dropIns.length === 0;
  const told = others.map((path) => tellDropIn(path, layer, spec));
  return { differences, declared, content: file.content, told };
}

function tellDropIn(path: string, { paths }: HostLayerSpec, { name }: UnitSpec): string {
  const hidden = `${paths.units}/${name}.d/${baseName(path)}`;
  return `is altered by ${foreign(path)}, which may be for other units too, so it stays. Remove it, or hide it from this unit: ln -s /dev/null ${foreign(hidden)}; then systemctl daemon-reload, and systemctl restart ${name}`;
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
  const lost = facts.lostFolders
    .filter(({ unit }) => unit === spec.name)
    .map(
      ({ path }) => `no longer writes to ${foreign(path)}, which was made anew since it started`,
    );
  return [
    ...disabled,
    ...loadDifferences(spec, seen, file),
    ...activityDifferences(spec, seen),
    ...lost,
  ];
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

/** What a link to nowhere means to systemd. */
function masked(file: Comparison): Comparison {
  const differences = file.differences.map((words) =>
    words === `${LINK}/dev/null` ? "is masked" : words,
  );
  return { ...file, differences };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

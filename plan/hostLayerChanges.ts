import type { ResolvedHostLayer } from "./hostDrift";

/**
 * What an update has yet to bring to the host's files and units, as lines for people. What somebody else changed is
 * told as drift, and not again.
 */
export function describeLayerChanges({ spec, observed, drift }: ResolvedHostLayer): string[] {
  const drifted = (...objects: readonly string[]) =>
    drift.some((line) => objects.some((object) => line.startsWith(`${object} `)));
  const folders = spec.directories.map(({ path }) => `directory ${path}`);
  const parts = [
    {
      name: "the agent's user and directories",
      objects: [`user ${spec.account.name}`, ...folders],
      seen: observed.baseline,
    },
    ...[
      { path: spec.executable.path, seen: observed.executable },
      { path: spec.config.path, seen: observed.config },
      { path: spec.rotation.path, seen: observed.rotation },
    ].map(({ path, seen }) => ({ name: `file ${path}`, objects: [`file ${path}`], seen })),
    ...observed.units.map(({ unit, observed: seen }) => ({
      name: `unit ${unit.name}`,
      objects: [`unit ${unit.name}`],
      seen,
    })),
  ];
  return parts
    .filter(({ objects, seen }) => !seen.inSync && !drifted(...objects))
    .map(({ name }) => `${name}: not yet as the configuration says`);
}

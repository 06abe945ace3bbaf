import { ownDropInFolders, sharedDropInFolders } from "../plan/dropIns";
import type { HostLayerSpec } from "../plan/hostLayer";
import { renderHostScript } from "../plan/hostScript";
import { type HostAccess, onHost } from "./hostAccess";
import { readHostScripts } from "./hostScripts";
import type { ProbeCommand } from "./probe";

/** As root, or as who it is where sudo would ask for a password: the script tells then what it may not see. */
const SHELL = `exec sh -c 'if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then exec sudo -n sh -s create; else exec sh -s create; fi'`;

/** The probe of a host's files and units; plan/hostFileFacts.ts reads what it prints. */
export function hostLayerProbe(
  root: string,
  spec: HostLayerSpec,
  access: HostAccess,
): ProbeCommand {
  const units = spec.units.map(({ name }) => name);
  const dropInFolders = (unit: string) => [
    ...ownDropInFolders(spec.paths.root, unit),
    ...sharedDropInFolders(spec.paths.root, unit),
  ];
  const links = spec.units.flatMap(({ link }) => (link === undefined ? [] : [link]));
  const parts = [
    ...spec.directories,
    spec.claim,
    spec.executable,
    spec.config,
    spec.rotation,
    ...spec.units,
  ];
  const stdin = renderHostScript({
    create: readHostScripts(["files", "probe"], root),
    environment: {
      ROOT: spec.paths.root,
      ACCOUNT: spec.account.name,
      RECORDS: spec.paths.records,
      CLAIM: spec.paths.claim,
      PATHS: [...parts.map(({ path }) => path), ...links].join("\n"),
      EXECUTABLE: spec.paths.executable,
      UNITS: units.join("\n"),
      DROP_IN_FOLDERS: [...new Set(units.flatMap(dropInFolders))].join("\n"),
    },
  });
  return { command: onHost(access, SHELL), environment: {}, stdin };
}

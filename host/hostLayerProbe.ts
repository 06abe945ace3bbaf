import { ownDropInFolders, sharedDropInFolders } from "../plan/dropIns";
import type { HostBaselineSpec } from "../plan/hostBaseline";
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
  spec: HostBaselineSpec | HostLayerSpec,
  access: HostAccess,
): ProbeCommand {
  const layer = "units" in spec ? spec : undefined;
  const units = (layer?.units ?? []).map(({ name }) => name);
  const dropInFolders = (unit: string) => [
    ...ownDropInFolders(spec.paths.root, unit),
    ...sharedDropInFolders(spec.paths.root, unit),
  ];
  const writer = layer?.units.find(({ writes }) => writes.length > 0);
  const paths = [
    ...spec.directories.map(({ path }) => path),
    ...(layer === undefined ? [] : listFiles(layer)),
  ];
  const stdin = renderHostScript({
    create: readHostScripts(["files", "process", "probe"], root),
    environment: {
      ROOT: spec.paths.root,
      ACCOUNT: spec.account.name,
      RECORDS: spec.paths.records,
      CLAIM: spec.paths.claim,
      PATHS: paths.join("\n"),
      EXECUTABLE: spec.paths.executable,
      UNITS: units.join("\n"),
      WRITER: writer?.name ?? "",
      WRITES: writer?.writes.join("\n") ?? "",
      DROP_IN_FOLDERS: [...new Set(units.flatMap(dropInFolders))].join("\n"),
    },
  });
  return { command: onHost(access, SHELL), environment: {}, stdin };
}

/** The layer's files, and the links by which its units start with the host. */
function listFiles({ claim, executable, config, rotation, units }: HostLayerSpec): string[] {
  const files = [claim, executable, config, rotation, ...units].map(({ path }) => path);
  return [...files, ...units.flatMap(({ link }) => (link === undefined ? [] : [link]))];
}

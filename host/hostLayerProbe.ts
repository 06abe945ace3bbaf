import type { HostLayerSpec } from "../plan/hostLayer";
import { renderHostScript } from "../plan/hostScript";
import { type HostAccess, onHost } from "./hostAccess";
import { readHostScripts } from "./hostScripts";
import type { ProbeCommand } from "./probe";

/** As root, or as who it is where sudo would ask for a password: the script tells then what it may not see. */
const SHELL = `exec sh -c 'if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then exec sudo -n sh -s create; else exec sh -s create; fi'`;

/** Folders in which systemd looks for what alters a unit; those of packages are theirs. */
const DROP_IN_FOLDERS = [
  "/etc/systemd/system",
  "/etc/systemd/system.control",
  "/run/systemd/system",
  "/run/systemd/system.control",
];

/** The probe of a host's files and units; plan/hostFileFacts.ts reads what it prints. */
export function hostLayerProbe(
  root: string,
  spec: HostLayerSpec,
  access: HostAccess,
): ProbeCommand {
  const units = spec.units.map(({ name }) => name);
  const links = spec.units.flatMap(({ link }) => (link === undefined ? [] : [link]));
  const parts = [...spec.directories, spec.executable, spec.config, spec.rotation, ...spec.units];
  const stdin = renderHostScript({
    create: readHostScripts(["files", "probe"], root),
    environment: {
      ROOT: spec.paths.root,
      ACCOUNT: spec.account.name,
      RECORDS: spec.paths.records,
      PATHS: [...parts.map(({ path }) => path), ...links].join("\n"),
      EXECUTABLE: spec.paths.executable,
      UNITS: units.join("\n"),
      DROP_IN_FOLDERS: DROP_IN_FOLDERS.flatMap((folder) =>
        units.map((unit) => `${spec.paths.root}${folder}/${unit}.d`),
      ).join("\n"),
    },
  });
  return { command: onHost(access, SHELL), environment: {}, stdin };
}

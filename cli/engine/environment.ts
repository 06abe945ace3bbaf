import { basename, delimiter, dirname } from "node:path";
import { HostNotReadyError } from "../../plan/errors";
import { findCommand } from "../artifacts";
import type { Engine } from "./ensureEngine";

/**
 * The environment variables with which `pulumi` runs on this engine; what is not named here stays as
 * the user has it.
 */
export function engineEnvironment(
  engine: Pick<Engine, "binDir" | "pulumiHome">,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const path = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const first = [engine.binDir, findNodeFolder(path)];
  const rest = path.filter((folder) => !first.includes(folder));
  return {
    PATH: [...first, ...rest].join(delimiter),
    PULUMI_HOME: engine.pulumiHome,
    // The versions are pinned: neither a newer command line nor another plugin is wanted.
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

// The language host starts `node` from the PATH, where a distribution's may be too old for Pulumi;
// the one that runs this program is new enough.
function findNodeFolder(path: readonly string[]): string {
  if (basename(process.execPath) === "node") return dirname(process.execPath);
  const node = findCommand("node", path.join(delimiter));
  if (node !== undefined) return dirname(node);
  throw new HostNotReadyError([
    {
      what: "there is no node on the PATH",
      fix: "Install Node 22 or newer and put it on the PATH",
    },
  ]);
}

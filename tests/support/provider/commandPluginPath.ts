import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { ensureEngine, PINS } from "../../../cli/engine";

/**
 * Where the command plugin under test is: the engine's own, or the one that
 * `$AISTACK_COMMAND_PLUGIN` names, so that the same suite can judge the vendor's.
 */
export async function commandPluginPath(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const path = env.AISTACK_COMMAND_PLUGIN || (await enginePlugin());
  accessSync(path, constants.X_OK);
  return path;
}

async function enginePlugin(): Promise<string> {
  const { pulumiHome } = await ensureEngine({ log: () => {} });
  return join(
    pulumiHome,
    "plugins",
    `resource-command-v${PINS.command}`,
    "pulumi-resource-command",
  );
}

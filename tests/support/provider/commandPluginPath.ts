import { accessSync, constants } from "node:fs";

/** Where the command plugin under test is: ours by default, the vendor's when told so. */
export function commandPluginPath(env: NodeJS.ProcessEnv = process.env): string {
  const path = env.AISTACK_COMMAND_PLUGIN;
  if (!path) {
    throw new Error(
      "AISTACK_COMMAND_PLUGIN is not set. Build the plugin and name it:\n" +
        "  (cd engine/command && go build -o /tmp/pulumi-resource-command .)\n" +
        "  export AISTACK_COMMAND_PLUGIN=/tmp/pulumi-resource-command",
    );
  }
  accessSync(path, constants.X_OK);
  return path;
}

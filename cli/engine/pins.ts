/** The engine's versions: one place, since the build, the download and the check all depend on them. */
export const PINS = {
  cli: "3.259.0",
  docker: "5.2.0",
  command: "1.2.1",
} as const;

/** A provider of resources. */
export type PluginName = "docker" | "command";

/** What the engine is made of; the language host comes with the command line. */
export type PieceName = "cli" | PluginName;

/** All pieces, in the order in which they are fetched or built. */
export const PIECES: readonly PieceName[] = ["cli", "docker", "command"];

/** The executables that each piece brings. */
export const EXECUTABLES: Readonly<Record<PieceName, readonly string[]>> = {
  cli: ["pulumi", "pulumi-language-nodejs"],
  docker: ["pulumi-resource-docker"],
  command: ["pulumi-resource-command"],
};

/** The folder in which Pulumi looks for a plugin, below PULUMI_HOME. */
export function pluginFolder(name: PluginName): string {
  return `plugins/resource-${name}-v${PINS[name]}`;
}

import { readSettings, type Settings } from "../../../plan/settings";
import { parseYaml } from "../../../plan/yamlDocument";

/** Settings as a stack file without any other configuration gives them. */
export function settings(config: Readonly<Record<string, unknown>> = {}): Settings {
  return readSettings(config, parseYaml("stacks/Pulumi.x.yaml", ""));
}

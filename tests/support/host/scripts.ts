import { spawnSync } from "node:child_process";
import { readHostScripts } from "../../../host/hostScripts";
import { renderHostScript } from "../../../plan/hostScript";

export interface ScriptEnd {
  readonly status: number | null;
  readonly stderr: string;
}

/** Runs scripts of assets/shell/host as a component does. */
export function runHostScripts(
  names: readonly string[],
  environment: Readonly<Record<string, string>>,
  verb: "create" | "delete" = "create",
): ScriptEnd {
  return runHostScript(readHostScripts(names), environment, verb);
}

/** The same for a script's text. */
export function runHostScript(
  script: string,
  environment: Readonly<Record<string, string>>,
  verb: "create" | "delete" = "create",
): ScriptEnd {
  const input = renderHostScript({ create: script, delete: script, environment });
  const { status, stderr } = spawnSync("sh", ["-s", verb], { input, encoding: "utf8" });
  return { status, stderr };
}

import { spawnSync } from "node:child_process";
import { readHostScripts } from "../../../host/hostScripts";
import { renderHostScript } from "../../../plan/hostScript";

/** Runs scripts of assets/shell/host as a component does. */
export function runHostScripts(
  names: readonly string[],
  environment: Readonly<Record<string, string>>,
  verb: "create" | "delete" = "create",
): { status: number | null; stderr: string } {
  const script = readHostScripts(names);
  const input = renderHostScript({ create: script, delete: script, environment });
  const { status, stderr } = spawnSync("sh", ["-s", verb], { input, encoding: "utf8" });
  return { status, stderr };
}

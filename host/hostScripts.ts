import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Scripts of assets/shell/host, one after the other; by default of the checkout that is the working folder. */
export function readHostScripts(names: readonly string[], root = "."): string {
  return names
    .map((name) => readFileSync(join(root, "assets", "shell", "host", `${name}.sh`), "utf8"))
    .join("\n");
}

/** The script that makes the account and the folders, which install.sh runs as well; complete in itself. */
export function readBaselineScript(root = "."): string {
  return readFileSync(join(root, "assets", "shell", "host-baseline.sh"), "utf8");
}

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Scripts of assets/shell/host, one after the other; by default of the checkout that is the working folder. */
export function readHostScripts(names: readonly string[], root = "."): string {
  return names
    .map((name) => readFileSync(join(root, "assets", "shell", "host", `${name}.sh`), "utf8"))
    .join("\n");
}

// `make test`: prepares what the tests need on a bare machine, runs the layers from the cheapest to the
// dearest, and ends with `N passed, N failed, N skipped` alone on the last line.
//   node scripts/test.mjs [--layer NAME]...
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const args = process.argv.slice(2);

if (process.env.AISTACK_PREPARED === undefined) {
  // Started by a Node of the host's: the project's own has to be there first, and runs the rest.
  const prepare = join(root, "scripts", "host", "prepare.sh");
  const command = ["node", "--", "node", import.meta.filename, ...args];
  const env = { ...process.env, AISTACK_PREPARED: "1" };
  process.exitCode =
    spawnSync("bash", [prepare, ...command], { env, stdio: "inherit" }).status ?? 1;
} else {
  const { runTests } = await import("./test/run.mjs");
  process.exitCode = await runTests(root, args);
}

// Makes sure that bin/ is compiled from the source as it is now, so that nobody runs yesterday's code.
const { spawnSync } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join, resolve } = require("node:path");
const { sourceHash } = require("./sourceHash.cjs");

const root = resolve(__dirname, "..");

/** Compiles where needed (about half a second) and switches Node's compile cache on. */
function ensureCompiled() {
  const stamp = join(root, "bin", "source-hash");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== sourceHash(root)) {
    const built = spawnSync(process.execPath, [join(root, "scripts", "build.mjs")], {
      encoding: "utf8",
    });
    if (built.status !== 0)
      throw new Error(`aistack could not be compiled (npm run build):\n${built.stderr}`);
  }
  enableCompileCache?.(join(root, "bin", "compile-cache"));
}

module.exports = { ensureCompiled };

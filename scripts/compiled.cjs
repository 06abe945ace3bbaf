// Makes sure that a bundle in bin/ is compiled from its sources as they are now, so that a preview
// never shows the plan of yesterday's code. CommonJS, because Pulumi loads it before anything is compiled.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join, resolve } = require("node:path");

const root = resolve(__dirname, "..");

/** Bundles that one of them starts as commands or installs, by its name. */
const COMMANDS = {
  program: ["ensureModel", "ensureLocalai", "gate", "agent"],
  aistack: [],
  agent: [],
};

/**
 * Compiles the bundles where needed (about half a second) and switches Node's compile cache on.
 * @param {"program" | "aistack" | "agent"} bundle the one that is about to be loaded
 */
function ensureCompiled(bundle) {
  if (![bundle, ...COMMANDS[bundle]].every(isCurrent)) {
    const built = spawnSync(process.execPath, [join(root, "scripts", "build.mjs")], {
      encoding: "utf8",
      // What it starts outlives a lost connection where the command does: see host/hangup.ts.
      detached: process.env.AISTACK_IGNORE_HUP === "1",
    });
    if (built.status !== 0)
      throw new Error(`aistack could not be compiled (npm run build):\n${built.stderr}`);
  }
  enableCompileCache?.(join(root, "bin", "compile-cache"));
}

function isCurrent(bundle) {
  try {
    const { hash, sources } = JSON.parse(
      readFileSync(join(root, "bin", `${bundle}.sources.json`), "utf8"),
    );
    return hashFiles(root, sources) === hash;
  } catch {
    // Never compiled, or a source is gone: both are mended by compiling.
    return false;
  }
}

/**
 * Identity of files by name and content.
 * @param {string} folder @param {readonly string[]} files relative to the folder @returns {string}
 */
function hashFiles(folder, files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update("\0");
  return hash.digest("hex");
}

module.exports = { ensureCompiled, hashFiles };

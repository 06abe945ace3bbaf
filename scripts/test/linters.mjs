import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "./process.mjs";

const LEFT_OUT = new Set(["node_modules", ".git", "bin", ".state", "coverage"]);

/** Each linter is one test. @returns {Promise<import("./layers.mjs").Test[]>} */
export async function runLinters(root) {
  const colors = process.stdout.isTTY ? "force" : "off";
  const tool = (name) => ["node", join(root, "scripts", "tools.mjs"), name];
  const linters = {
    biome: ["biome", "ci", `--colors=${colors}`, "."],
    // -a: the parts that a script sources are checked with it.
    shellcheck: ["shellcheck", "-a", "-x", ...findScripts(root)],
    gofmt: tool("gofmt"),
    "go vet engine/command": tool("vet-command"),
    "go vet engine/docker": tool("vet-docker"),
  };
  const tests = [];
  for (const [name, [command, ...args]] of Object.entries(linters)) {
    console.log(`--- ${name}`);
    const code = await run(command, args, { cwd: root });
    tests.push({ name: `lint: ${name}`, status: code === 0 ? "passed" : "failed" });
  }
  return tests;
}

/** Files without a suffix or with .sh whose first line names a shell. */
function findScripts(root) {
  return [...walk(root)]
    .filter((file) => /\/[^/.]+(\.sh)?$/.test(file))
    .filter((file) => /^#!.*\b(ba)?sh\b/.test(readFileSync(file, "utf8")))
    .map((file) => relative(root, file));
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { run } from "./process.mjs";

const LEFT_OUT = new Set(["node_modules", ".git", "bin", ".state", "coverage"]);

/** The Go modules with code of our own; the others only pin what is built. */
const GO_MODULES = ["engine/command", "engine/docker"];

/** Each linter is one test. @returns {Promise<import("./layers.mjs").Test[]>} */
export async function runLinters(root, environment) {
  const go = environment.AISTACK_GO;
  const linters = [
    ["biome", () => run("biome", ["ci", "."], { cwd: root })],
    ["shellcheck", () => run("shellcheck", ["-a", "-x", ...findScripts(root)], { cwd: root })],
    ["gofmt", () => gofmt(root, go)],
    ...GO_MODULES.map((module) => [`go vet ${module}`, () => vet(join(root, module), go)]),
  ];
  const tests = [];
  for (const [name, lint] of linters) {
    console.log(`--- ${name}`);
    tests.push({ name: `lint: ${name}`, status: (await lint()) === 0 ? "passed" : "failed" });
  }
  return tests;
}

/** Shell scripts: what begins with #! and names a shell. Parts of others are checked with those. */
function findScripts(root) {
  return listFiles(root)
    .filter((file) => /^#!.*\b(ba)?sh\b/.test(readFileSync(file, "utf8").slice(0, 80)))
    .map((file) => relative(root, file));
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(join(folder, entry.name));
    else if (entry.isFile()) yield join(folder, entry.name);
  }
}

function listFiles(root) {
  return [...walk(root)].filter((file) => /(^|\/)[^./]+(\.sh)?$/.test(file));
}

/** gofmt only lists; what it lists is a fault. */
function gofmt(root, go) {
  const { status, stdout, stderr } = spawnSync(join(dirname(go), "gofmt"), ["-l", "engine"], {
    cwd: root,
    encoding: "utf8",
  });
  process.stdout.write(`${stdout}${stderr}`);
  return status === 0 && stdout === "" ? 0 : 1;
}

// The environment of engine/build.sh, so that what it compiled is not compiled again.
function vet(folder, go) {
  const env = {
    ...process.env,
    CGO_ENABLED: "0",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    GO111MODULE: "on",
  };
  return run(go, ["vet", "-mod=readonly", "-trimpath", "./..."], { cwd: folder, env });
}

import { runLinters } from "./linters.mjs";
import { run } from "./process.mjs";
import { runVitest } from "./vitest.mjs";

/**
 * @typedef {{ name: string, status: "passed" | "failed" | "skipped" }} Test
 * @typedef {object} Layer
 * @property {string} name
 * @property {readonly string[]} needs what preparation.mjs has to make ready
 * @property {(root: string, environment: Record<string, string>) => Promise<Test[]>} run
 */

const vitest = (name, limitMinutes) => (root, environment) =>
  runVitest(root, name, environment, limitMinutes);

/** @type {readonly Layer[]} from the cheapest to the dearest, so that a slip shows early */
export const LAYERS = [
  { name: "lint", needs: ["lint"], run: runLinters },
  { name: "types", needs: [], run: runTypes },
  { name: "unit", needs: [], run: vitest("unit", 10) },
  { name: "graph", needs: [], run: vitest("graph", 10) },
  { name: "golden", needs: ["docker", "engine", "images"], run: vitest("golden", 20) },
  {
    name: "contract",
    needs: ["docker", "tests", "engine", "plugins"],
    run: vitest("contract", 30),
  },
  {
    name: "e2e",
    needs: ["docker", "tests", "engine", "images", "bundles"],
    run: vitest("e2e", 40),
  },
];

async function runTypes() {
  const code = await run("tsc", ["--noEmit"]);
  return [{ name: "types: tsc", status: code === 0 ? "passed" : "failed" }];
}

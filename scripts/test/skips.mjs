import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** The one place that says which tests may be skipped, and why. */
const FILE = "tests/skips.yaml";

/**
 * @typedef {{ test: string, reason: string }} Skip
 * @returns {Skip[]}
 * @throws Error where the file has another form
 */
export function readSkips(root) {
  const file = join(root, FILE);
  const skips = existsSync(file) ? (parse(readFileSync(file, "utf8")) ?? []) : [];
  const isText = (value) => typeof value === "string" && value.trim() !== "";
  if (!Array.isArray(skips) || !skips.every((skip) => isText(skip?.test) && isText(skip?.reason))) {
    throw new Error(`${FILE} must be a list of {test: "full name", reason: "why"}`);
  }
  return skips;
}

/**
 * Compares the skips that occurred with those that may.
 * @param {readonly { tests: readonly import("./layers.mjs").Test[] }[]} results
 * @param {readonly Skip[]} skips
 * @param {boolean} complete whether all layers ran: only then a listed skip can be known to be needless
 */
export function judgeSkips(results, skips, complete) {
  const skipped = results
    .flatMap(({ tests }) => tests)
    .filter(({ status }) => status === "skipped")
    .map(({ name }) => name);
  const reasons = new Map(skips.map(({ test, reason }) => [test, reason]));
  return {
    listed: skipped
      .filter((name) => reasons.has(name))
      .map((name) => ({ name, reason: reasons.get(name) })),
    unlisted: skipped.filter((name) => !reasons.has(name)),
    needless: complete ? [...reasons.keys()].filter((name) => !skipped.includes(name)) : [],
  };
}

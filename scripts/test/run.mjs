// The whole run: which layers, in which order, and what comes out.
import { parseArgs } from "node:util";
import { LAYERS } from "./layers.mjs";
import { Preparation } from "./preparation.mjs";
import { judgeSkips, readSkips } from "./skips.mjs";
import { summarize } from "./summary.mjs";
import { sweepLeftovers } from "./sweep.mjs";

/**
 * @param {string} root the checkout
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function runTests(root, args) {
  const layers = chooseLayers(args);
  if (layers === undefined) return 2;
  let skips;
  try {
    skips = readSkips(root);
  } catch (error) {
    console.log(`${error.message}\n\n0 passed, 1 failed, 0 skipped`);
    return 1;
  }
  const preparation = new Preparation(root);

  const results = [];
  for (const layer of layers) {
    console.log(`\n=== ${layer.name} ===`);
    const started = Date.now();
    const tests = await runLayer(root, layer, preparation);
    results.push({ layer: layer.name, tests, seconds: (Date.now() - started) / 1000 });
  }
  const verdict = judgeSkips(results, skips, layers.length === LAYERS.length);
  const { text, failed } = summarize(results, verdict);
  console.log(text);
  return failed || verdict.unlisted.length > 0 ? 1 : 0;
}

/** The layers asked for, in their own order; undefined, and a message, where one does not exist. */
function chooseLayers(args) {
  const known = LAYERS.map(({ name }) => name);
  try {
    const { values } = parseArgs({ args, options: { layer: { type: "string", multiple: true } } });
    const wanted = values.layer ?? known;
    const unknown = wanted.filter((name) => !known.includes(name));
    if (unknown.length === 0) return LAYERS.filter(({ name }) => wanted.includes(name));
    console.error(`There is no layer "${unknown[0]}". Accepted: ${known.join(", ")}`);
  } catch (error) {
    console.error(`${error.message}\nusage: node scripts/test.mjs [--layer NAME]...`);
  }
  return undefined;
}

async function runLayer(root, layer, preparation) {
  try {
    await preparation.ensure(layer.needs);
    if (layer.needs.includes("docker")) sweepLeftovers();
    return await layer.run(root, preparation.environment);
  } catch (error) {
    // A layer that cannot be run is a failure, not a layer without tests.
    console.error(error.message);
    return [{ name: `${layer.name}: could be run`, status: "failed" }];
  }
}

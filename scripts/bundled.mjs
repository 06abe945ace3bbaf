// Loads TypeScript of this checkout that is no part of the product: bundled into node_modules/.cache first.
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");

/**
 * @param {string} name of the bundle
 * @param {string} entry relative to the checkout
 * @returns {Promise<any>} the module; three folders below the checkout, as the sources under tests/ are
 */
export async function importBundled(name, entry) {
  const outfile = join(root, "node_modules", ".cache", `aistack-${name}`, `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    packages: "external",
    outfile,
  });
  return import(outfile);
}

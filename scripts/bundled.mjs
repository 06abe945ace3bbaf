// Loads TypeScript of this checkout that is no part of the product: bundled into node_modules/.cache first.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");

/** Modules find their files by where they are, which in one bundle is the same for all. */
const ownFolders = {
  name: "own-folders",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(
        "import.meta.dirname",
        JSON.stringify(dirname(path)),
      ),
      loader: "ts",
    }));
  },
};

/**
 * @param {string} name of the bundle
 * @param {string} entry relative to the checkout
 * @returns {Promise<any>} the module
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
    plugins: [ownFolders],
    outfile,
  });
  return import(outfile);
}

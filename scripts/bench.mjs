// `make bench`: compiles tests/bench and runs it.
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const outfile = join(root, "node_modules", ".cache", "aistack-bench", "bench.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["tests/bench/main.ts"],
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  packages: "external",
  outfile,
});
await import(outfile);

// Makes ready, with aistack's own code, what development needs: the engine, plugins, images; and checks our Go modules.
//   node scripts/tools.mjs engine|docker-plugin|command-plugin|images
//   node scripts/tools.mjs gofmt|vet-command|vet-docker
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const outfile = join(root, "node_modules", ".cache", "aistack-tools", "tools.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["scripts/test/tools.ts"],
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  packages: "external",
  outfile,
});
const { main } = await import(outfile);
try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

// Compiles the program and the command ahead, into bin/. Pulumi's own packages stay outside of the
// bundles: the engine's runner loads them itself, and two copies of the SDK do not share their state.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { sourceHash } from "./sourceHash.cjs";

const root = resolve(import.meta.dirname, "..");

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22",
  external: ["@pulumi/*"],
  sourcemap: "linked",
  logLevel: "warning",
};

/** What the engine runs. */
const program = {
  ...shared,
  format: "cjs",
  entryPoints: { program: "index.ts" },
  outdir: "bin",
  outExtension: { ".js": ".cjs" },
};

/** What the Model component runs on the machine that deploys. */
const ensureModel = { ...program, entryPoints: { ensureModel: "cli/models/main.ts" } };

/** The aistack command. Some of its libraries are ECMAScript modules that still call require. */
const command = {
  ...shared,
  format: "esm",
  entryPoints: { aistack: "cli/main.ts" },
  outdir: "bin",
  outExtension: { ".js": ".mjs" },
  splitting: true,
  banner: {
    js: 'import { createRequire as aistackRequire } from "node:module"; const require = aistackRequire(import.meta.url);',
  },
};

mkdirSync(join(root, "bin"), { recursive: true });
// Taken before compiling: a file that changes meanwhile makes the bundle stale, not silently current.
const hash = sourceHash(root);
await Promise.all([build(program), build(ensureModel), build(command)]);
const { writeTinyModel } = await import(join(root, "bin", "aistack.mjs"));
await writeTinyModel?.(join(root, "models", "tiny.gguf"));
writeFileSync(join(root, "bin", "source-hash"), hash);

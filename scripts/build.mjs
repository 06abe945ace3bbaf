// Compiles the program and the command ahead, into bin/. Pulumi's own packages stay outside of the
// bundles: the engine's runner loads them itself, and two copies of the SDK do not share their state.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { hashFiles } from "./compiled.cjs";

const root = resolve(import.meta.dirname, "..");

/** What libraries ask for and do without: natively compiled code, React's developer tools. */
const OPTIONAL_NATIVE = ["*.node", "cpu-features", "react-devtools-core"];

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22",
  external: ["@pulumi/*", ...OPTIONAL_NATIVE],
  // No source maps: Pulumi's runner would read them at every start, for a second of processor time.
  outdir: "bin",
  metafile: true,
  logLevel: "warning",
};
const commonJs = { format: "cjs", outExtension: { ".js": ".cjs" } };
const ecmaScript = {
  format: "esm",
  outExtension: { ".js": ".mjs" },
  splitting: true,
  // Chunks have a folder of their own and are loaded when needed: a status does not load the terminal UI.
  chunkNames: "chunks/[name]-[hash]",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  // Some of the command's libraries are CommonJS: they call require, and know their folder.
  banner: {
    js: [
      'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
      "const __dirname = import.meta.dirname, __filename = import.meta.filename;",
    ].join(" "),
  },
};

const BUNDLES = {
  /** what the engine runs */
  program: { ...shared, ...commonJs, entryPoints: { program: "index.ts" } },
  /** what the Model component runs on the machine that deploys */
  ensureModel: { ...shared, ...commonJs, entryPoints: { ensureModel: "cli/models/main.ts" } },
  /** what the LocalaiModel component runs there */
  ensureLocalai: {
    ...shared,
    ...commonJs,
    entryPoints: { ensureLocalai: "cli/models/localaiMain.ts" },
  },
  /** what waits for services and asks them, on the machine that deploys */
  gate: { ...shared, ...commonJs, entryPoints: { gate: "cli/gates/main.ts" } },
  /** what is installed on a host, made an executable by scripts/agent.mjs */
  agent: {
    ...shared,
    ...commonJs,
    minify: true,
    // Where it is built is nothing that the executable may hold: it is to be the same everywhere.
    define: { __dirname: '"/"' },
    entryPoints: { agent: "cli/agent/main.ts" },
  },
  /** the aistack command */
  aistack: { ...shared, ...ecmaScript, entryPoints: { aistack: "cli/main.ts" } },
};

/** Compiles a bundle, and notes of which sources it is made: scripts/compiled.cjs compares them. */
async function compile(name, options) {
  const { metafile } = await build(options);
  const files = Object.keys(metafile.inputs).filter((file) => !file.startsWith("node_modules/"));
  const sources = [...files, "scripts/build.mjs", "package-lock.json"].sort();
  const note = join(root, "bin", `${name}.sources.json`);
  // Renamed into place last: a build that is killed leaves a bundle that counts as stale.
  writeFileSync(
    `${note}.${process.pid}`,
    JSON.stringify({ hash: hashFiles(root, sources), sources }),
  );
  renameSync(`${note}.${process.pid}`, note);
}

mkdirSync(join(root, "bin"), { recursive: true });
await Promise.all(Object.entries(BUNDLES).map(([name, options]) => compile(name, options)));
const { writeTinyModel } = await import(join(root, "bin", "aistack.mjs"));
writeTinyModel(join(root, "models", "tiny.gguf"));

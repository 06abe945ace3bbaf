import { constants } from "node:fs";
import { copyFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { gpuLoadScript } from "../host/gpuProbe";
import { HostNotReadyError } from "../plan/errors";
import { ensureArtifact } from "./artifacts";

/** Where the executable is built to, relative to the checkout. */
export const AGENT_EXECUTABLE = "bin/aistack-agent";

const NAME = "aistack-agent";
const BUNDLE = "agent.cjs";
const GPU_PROBE = "gpu-load.sh";

/** Names of Node's single executable applications; the fuse is the place that its documentation names. */
const BLOB = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Every path is relative: the blob keeps them, and is to be the same wherever it is made. */
const CONFIGURATION = {
  main: BUNDLE,
  output: `${NAME}.blob`,
  disableExperimentalSEAWarning: true,
  useCodeCache: true,
  assets: { [GPU_PROBE]: GPU_PROBE },
  // Node opens its debugger on SIGUSR1 until the agent listens for it; then at least nobody can find it.
  execArgv: ["--inspect-publish-uid=stderr", "--max-semi-space-size=1"],
  execArgvExtension: "none",
};

/** Without a fixed seed V8's code cache has other bytes every time. */
const DETERMINISTIC = "--random-seed=1";

/**
 * Makes the agent one executable, out of bin/agent.cjs and the Node of this checkout. Built once for the
 * same sources, and the same bytes wherever it is built.
 * @returns its path in the checkout
 */
export async function ensureAgentExecutable(root: string): Promise<string> {
  const node = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  const bundle = join(root, "bin", BUNDLE);
  const folder = await ensureArtifact({
    name: "agent",
    inputs: [bundle, join(root, "assets", "gpu"), join(root, "package-lock.json")],
    keyExtra: [process.arch, process.version, DETERMINISTIC, JSON.stringify(CONFIGURATION)],
    build: (target) => build(root, node, bundle, target),
  });
  const path = join(root, AGENT_EXECUTABLE);
  await place(join(folder, NAME), path);
  return path;
}

async function build(root: string, node: string, bundle: string, folder: string): Promise<void> {
  await copyFile(bundle, join(folder, BUNDLE));
  await writeFile(join(folder, GPU_PROBE), gpuLoadScript(root));
  await writeFile(join(folder, "sea-config.json"), JSON.stringify(CONFIGURATION, null, 2));
  const run = (command: string, args: readonly string[]) =>
    execa(command, args, { cwd: folder, all: true });
  await copyFile(node, join(folder, NAME), constants.COPYFILE_FICLONE).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      const what = `the checkout has no Node for ${process.arch}`;
      throw new HostNotReadyError([{ what, where: node, fix: "Run: npm ci" }]);
    },
  );
  await run(node, [DETERMINISTIC, "--experimental-sea-config", "sea-config.json"]);
  const postject = join(root, "node_modules", "postject", "dist", "cli.js");
  await run(node, [postject, NAME, BLOB, CONFIGURATION.output, "--sentinel-fuse", FUSE]);
}

/** Copies what is not the same already; a running agent keeps the file that it was started from. */
async function place(source: string, target: string): Promise<void> {
  if (await isSame(source, target)) return;
  await mkdir(join(target, ".."), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await copyFile(source, unfinished, constants.COPYFILE_FICLONE);
  await rename(unfinished, target);
}

async function isSame(source: string, target: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(source), stat(target).catch(() => undefined)]);
  if (one.size !== other?.size) return false;
  const [content, present] = await Promise.all([readFile(source), readFile(target)]);
  return content.equals(present);
}

import { constants } from "node:fs";
import { copyFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  AGENT_BUILD_ARGUMENTS,
  AGENT_BUNDLE,
  AGENT_EXECUTABLE,
  agentRecipe,
} from "../host/agentRecipe";
import { gpuLoadScript } from "../host/gpuProbe";
import { HostNotReadyError } from "../plan/errors";
import { ensureArtifact } from "./artifacts";
import { execa } from "./execa";

const NAME = "aistack-agent";
const BUNDLE = basename(AGENT_BUNDLE);
const ENTRY = "entry.cjs";

/** Packages with a Bun for each architecture: the runtime of the executable, and what makes it. */
const BUN_PACKAGES: Readonly<Record<string, string>> = {
  x64: "@oven/bun-linux-x64-baseline",
  arm64: "@oven/bun-linux-aarch64",
};

/**
 * Makes the agent one executable, out of bin/agent.cjs and Bun, which starts with half of Node's processor time
 * (docs/decisions/0011-agent-executable.md). Built once for the same sources, and the same bytes wherever it is built.
 * @returns its path in the checkout
 */
export async function ensureAgentExecutable(root: string): Promise<string> {
  const bun = join(root, "node_modules", BUN_PACKAGES[process.arch] ?? "", "bin", "bun");
  const folder = await ensureArtifact({
    ...agentRecipe(root),
    build: (target) => build(root, bun, target),
  });
  const path = join(root, AGENT_EXECUTABLE);
  await place(join(folder, NAME), path);
  return path;
}

async function build(root: string, bun: string, folder: string): Promise<void> {
  await copyFile(join(root, AGENT_BUNDLE), join(folder, BUNDLE));
  const script = JSON.stringify(gpuLoadScript(root));
  const entry = `globalThis.AISTACK_GPU_LOAD_SCRIPT = ${script};\nrequire("./${BUNDLE}");\n`;
  await writeFile(join(folder, ENTRY), entry);
  // Paths are relative: the executable keeps them, and is to be the same wherever it is made.
  const args = [...AGENT_BUILD_ARGUMENTS, ENTRY, "--outfile", NAME];
  try {
    await execa(bun, args, { cwd: folder, all: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const what = `the checkout has no Bun for ${process.arch}`;
    throw new HostNotReadyError([{ what, where: bun, fix: "Run: npm ci" }]);
  }
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

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "../execa";
import type { CachePaths } from "./cache";

/** How the name of an unfinished build begins. */
export const TEMPORARY = ".building-";

const KEEP_NEWEST = 2;
const UNUSED_MS = 14 * 24 * 60 * 60 * 1000;
const KEYED = /^(.+)-[0-9a-f]{16}$/;
const UNFINISHED = /^\.building-(.+)@(\d+)-[0-9a-f]+$/;

/**
 * Removes what nobody will use: unfinished builds of dead processes, and old artifacts of `name`.
 * Only for the holder of the lock of `name`.
 */
export async function sweep(cache: CachePaths, name: string): Promise<void> {
  const entries = await readdir(cache.artifacts);
  for (const entry of entries) {
    const match = UNFINISHED.exec(entry);
    if (match === null) continue;
    // Under the lock, whatever of this name is unfinished was left behind. Of other names only the
    // process id tells.
    if (match[1] === name || !isAlive(Number(match[2]))) {
      await removeTree(join(cache.artifacts, entry));
    }
  }
  for (const path of await listStale(cache, entries, name)) await removeTree(path);
}

/** Artifacts of `name` beyond the newest two that nothing has used for 14 days. */
async function listStale(cache: CachePaths, entries: string[], name: string): Promise<string[]> {
  const own = entries.filter((entry) => KEYED.exec(entry)?.[1] === name);
  const dated = await Promise.all(
    own.map(async (entry) => {
      const path = join(cache.artifacts, entry);
      return { path, usedAt: (await stat(path)).mtimeMs };
    }),
  );
  dated.sort((left, right) => right.usedAt - left.usedAt);
  const oldest = Date.now() - UNUSED_MS;
  return dated
    .slice(KEEP_NEWEST)
    .filter(({ usedAt }) => usedAt < oldest)
    .map(({ path }) => path);
}

/** Removes a folder, but never reaches through a mount which a killed recipe left in it. */
export async function removeTree(path: string): Promise<void> {
  if (await hasMount(path)) return;
  await execa("rm", ["-rf", "--one-file-system", "--", path], { reject: false });
}

async function hasMount(path: string): Promise<boolean> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  // Field five is the mount point, with blanks written as \040.
  return mounts.split("\n").some((line) => {
    const point = line.split(" ")[4]?.replaceAll("\\040", " ");
    return point === path || point?.startsWith(`${path}/`) === true;
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

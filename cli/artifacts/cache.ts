import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The folders of aistack's cache, all under one root. */
export interface CachePaths {
  readonly root: string;
  readonly artifacts: string;
  readonly locks: string;
  readonly logs: string;
}

/** Where aistack keeps what it built or downloaded: `$AISTACK_CACHE`, else the user's cache folder. */
export function locateCache(env: NodeJS.ProcessEnv = process.env): CachePaths {
  const root =
    env.AISTACK_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "aistack");
  return {
    root,
    artifacts: join(root, "artifacts"),
    locks: join(root, "locks"),
    logs: join(root, "logs"),
  };
}

/** Makes the cache's folders; they are the user's own, since what lies there is executed. */
export async function createCache(paths: CachePaths): Promise<void> {
  for (const folder of [paths.root, paths.artifacts, paths.locks, paths.logs]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
}

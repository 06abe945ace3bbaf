import { randomBytes } from "node:crypto";
import { existsSync, statSync, utimesSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "../execa";
import { type CachePaths, createCache, locateCache } from "./cache";
import { removeTree, sweep, TEMPORARY } from "./clean";
import { computeKey } from "./contentKey";
import { withLock } from "./lock";
import { type Build, type Progress, runRecipe } from "./recipe";

const DAY_MS = 24 * 60 * 60 * 1000;

/** An artifact: a folder which a recipe fills, kept under a key of everything that decides its content. */
export interface ArtifactRequest {
  /** Names the folder, the log and the lock: lower case, digits and dashes. */
  readonly name: string;
  /** Files and folders whose content decides the result: the recipe and what it reads. */
  readonly inputs: readonly string[];
  /** Other facts that decide it: architecture, versions, keys of artifacts it builds on. */
  readonly keyExtra: readonly string[];
  /** Whether a file does not count, by its path relative to the input's parent folder. */
  readonly exclude?: (path: string) => boolean;
  /** A recipe, to which the folder to fill is added as last argument, or a function that fills it. */
  readonly build: Build | ((folder: string) => Promise<void>);
  readonly onProgress?: (progress: Progress) => void;
  /** Told when another process builds the same thing and this one waits. */
  readonly onWait?: (message: string) => void;
  /** Default: `logs/NAME.log` in the cache. */
  readonly logFile?: string;
  readonly signal?: AbortSignal;
  readonly cache?: CachePaths;
}

/** What of a request decides where the artifact lies. */
export type ArtifactIdentity = Pick<
  ArtifactRequest,
  "name" | "inputs" | "keyExtra" | "exclude" | "cache"
>;

/** The folder an artifact has, or will have once it is built. */
export function artifactPath(request: ArtifactIdentity): string {
  const cache = request.cache ?? locateCache();
  return join(cache.artifacts, `${request.name}-${computeKey(request)}`);
}

/** True when the artifact needs no build. */
export function hasArtifact(request: ArtifactIdentity): boolean {
  return existsSync(artifactPath(request));
}

/**
 * Returns the artifact's folder, building it first when it is not there. A build fills a private
 * folder and is published by one rename, so a folder that exists is always complete.
 * @throws OperationError when the recipe fails or is interrupted
 */
export async function ensureArtifact(request: ArtifactRequest): Promise<string> {
  const path = artifactPath(request);
  if (markUsed(path)) return path;

  const cache = request.cache ?? locateCache();
  await createCache(cache);
  const announceWait = (holder: number | undefined) => {
    const who = holder === undefined ? "" : ` (pid ${holder})`;
    request.onWait?.(`another aistack process${who} is building ${request.name}, waiting`);
  };
  // The lock is the name's, not the key's: whoever holds it knows that every unfinished build of
  // this name was left behind by a process that died.
  await withLock(join(cache.locks, `${request.name}.lock`), announceWait, async () => {
    if (markUsed(path)) return;
    await sweep(cache, request.name);
    await buildInto(path, request, cache);
  });
  return path;
}

async function buildInto(path: string, request: ArtifactRequest, cache: CachePaths): Promise<void> {
  const suffix = `${process.pid}-${randomBytes(4).toString("hex")}`;
  const unfinished = join(cache.artifacts, `${TEMPORARY}${request.name}@${suffix}`);
  await mkdir(unfinished, { mode: 0o755 });
  try {
    await fill(unfinished, request, cache);
    // A power cut must not leave a published folder with empty files.
    await execa("sync", ["--file-system", unfinished], { reject: false });
    await rename(unfinished, path);
  } catch (error) {
    await removeTree(unfinished);
    throw error;
  }
}

async function fill(folder: string, request: ArtifactRequest, cache: CachePaths): Promise<void> {
  const { build } = request;
  if (typeof build === "function") {
    await build(folder);
    return;
  }
  await runRecipe({
    name: request.name,
    build: { ...build, args: [...build.args, folder] },
    logFile: request.logFile ?? join(cache.logs, `${request.name}.log`),
    onProgress: request.onProgress,
    signal: request.signal,
  });
}

// The folder's time of change is its last use, for the clean-up; a write a day is enough for that.
function markUsed(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (Date.now() - stats.mtimeMs > DAY_MS) {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // A cache that is only readable is used as it is.
    }
  }
  return true;
}

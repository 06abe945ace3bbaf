import { readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { LockFacts } from "../plan/doctor";
import { isRecord } from "../plan/yamlDocument";
import { STATE_FOLDER } from "./stackStore";

/** A lock of Pulumi's file backend, and its file. */
export interface StackLock extends LockFacts {
  readonly path: string;
}

/**
 * Locks that operations have left, or hold. A file that is no lock is none of ours.
 * Source: pkg/backend/diy/lock.go of pulumi: `.pulumi/locks/organization/PROJECT/STACK/UUID.json`.
 */
export function readLocks(root: string): StackLock[] {
  const folder = join(root, STATE_FOLDER, ".pulumi", "locks");
  return listFiles(folder).flatMap((file) => {
    const path = join(folder, file);
    const lock = readJson(path);
    if (!isRecord(lock) || typeof lock.pid !== "number") return [];
    const { pid } = lock;
    const host = String(lock.hostname);
    return [
      {
        path,
        stack: file.split("/").at(-2) ?? "",
        pid,
        host,
        since: new Date(String(lock.timestamp)),
        alive: host === hostname() ? isEngine(pid) : undefined,
      },
    ];
  });
}

/**
 * Removes a stack's locks whose operation was killed on this machine: nobody holds them, and the engine would refuse to go on.
 * @returns the locks that are gone
 */
export function releaseDeadLocks(root: string, stack: string): StackLock[] {
  const dead = readLocks(root).filter((lock) => lock.stack === stack && lock.alive === false);
  // Whoever does the same at this moment has removed it.
  for (const { path } of dead) rmSync(path, { force: true });
  return dead;
}

/** Process ids are used again, so a process of another name is not the one that took the lock. */
function isEngine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("pulumi");
  } catch {
    return false;
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".json"),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** An operation that ends meanwhile takes its lock with it. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

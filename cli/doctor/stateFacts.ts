import { readdirSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { DoctorFacts, LockFacts } from "../../plan/doctor";
import { isRecord } from "../../plan/yamlDocument";
import { passphraseFile, STATE_FOLDER } from "../stackStore";

/** Permissions of the folder with the state, and of what opens its secrets. */
export function readModes(root: string): DoctorFacts["modes"] {
  return { folder: modeOf(join(root, STATE_FOLDER)), passphrase: modeOf(passphraseFile(root)) };
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode;
}

/**
 * Locks that operations have left, or hold. A file that is no lock is none of ours.
 * Source: pkg/backend/diy/lock.go of pulumi: `.pulumi/locks/organization/PROJECT/STACK/UUID.json`.
 */
export function readLocks(root: string): LockFacts[] {
  const folder = join(root, STATE_FOLDER, ".pulumi", "locks");
  return listFiles(folder).flatMap((file) => {
    const lock = readJson(join(folder, file));
    if (!isRecord(lock) || typeof lock.pid !== "number") return [];
    const { pid } = lock;
    const host = String(lock.hostname);
    return [
      {
        stack: file.split("/").at(-2) ?? "",
        pid,
        host,
        since: new Date(String(lock.timestamp)),
        alive: host === hostname() ? isEngine(pid) : undefined,
      },
    ];
  });
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

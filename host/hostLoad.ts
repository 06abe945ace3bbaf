import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { CpuUse, DiskReading } from "../plan/heartbeat";
import {
  type CpuTimes,
  countCpus,
  cpuUsedPercent,
  type MemoryFacts,
  parseCpuTimes,
  parseLoadAverages,
  parseMemory,
} from "../plan/hostLoad";
import { OneAtATime } from "./oneAtATime";
import { procFolder } from "./systemFolders";

/** Longer, and the disk counts as one that hangs. */
const DISK_LIMIT_MS = 3000;

/** CPU use since the reading before. Source: /proc/stat and /proc/loadavg. */
export class CpuReader {
  #before: CpuTimes | undefined;

  read(): CpuUse | null {
    const stat = readProc("stat");
    const times = parseCpuTimes(stat);
    if (times === undefined) return null;
    const usedPercent = cpuUsedPercent(this.#before, times);
    this.#before = times;
    return {
      count: countCpus(stat),
      usedPercent,
      load: parseLoadAverages(readProc("loadavg")) ?? null,
    };
  }
}

/** Source: /proc/stat; null where it is hidden. */
export function readCpuTimes(): CpuTimes | null {
  return parseCpuTimes(readProc("stat")) ?? null;
}

/** Source: /proc/meminfo; null where it is hidden. */
export function readMemory(): MemoryFacts | null {
  return parseMemory(readProc("meminfo")) ?? null;
}

/** Free space of a folder's disk. A file system that hangs, as a network's may, is told as such. */
export class DiskReader {
  readonly #looks = new OneAtATime();

  async read(path: string): Promise<DiskReading> {
    const unknown = { path, totalBytes: null, freeBytes: null };
    const look = await this.#looks.attempt(() => statfs(path), DISK_LIMIT_MS);
    if (look.outcome === "hangs") return { ...unknown, error: "the disk does not answer" };
    if (look.outcome === "failed") return { ...unknown, error: messageOf(look.error) };
    const { blocks, bavail, bsize } = look.value;
    return { path, totalBytes: blocks * bsize, freeBytes: bavail * bsize, error: null };
  }

  /** Whether a look still hangs: it keeps a thread, and the process from ending by itself. */
  get hangs(): boolean {
    return this.#looks.running;
  }
}

/** These never block, so they need no thread. Empty where the file is hidden from this process. */
function readProc(name: "stat" | "loadavg" | "meminfo"): string {
  try {
    return readFileSync(join(procFolder(), name), "utf8");
  } catch {
    return "";
  }
}

function messageOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

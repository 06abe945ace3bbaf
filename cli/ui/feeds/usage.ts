import type { ContainerStats } from "dockerode";
import type { ServiceUsage } from "../state";

/** What of a look at a container's statistics the next look needs. */
export interface CpuSample {
  /** processor time that the container has used, in nanoseconds */
  readonly usedNanoseconds: number;
  readonly readAt: number;
}

/**
 * Use of memory and processor, from the engine's statistics.
 * Source: Docker Engine API 1.41, GET /containers/{id}/stats; memory as `docker stats` counts it, without
 * the cache of files that the kernel gives back at once (cgroup 1: total_inactive_file, 2: inactive_file).
 */
export function toUsage(
  stats: ContainerStats,
  before: CpuSample | undefined,
): { usage: ServiceUsage; sample: CpuSample } {
  const details = stats.memory_stats.stats as unknown as Record<string, number> | undefined;
  const cache = details?.total_inactive_file ?? details?.inactive_file ?? 0;
  const used = stats.memory_stats.usage ?? 0;
  const sample = {
    usedNanoseconds: stats.cpu_stats.cpu_usage.total_usage,
    readAt: Date.parse(stats.read),
  };
  return {
    sample,
    usage: {
      cpuPercent: percentBetween(before, sample),
      memoryBytes: used > cache ? used - cache : used,
      memoryLimitBytes: stats.memory_stats.limit ?? 0,
    },
  };
}

/** A restarted container counts from zero again, and tells nothing until it is seen twice. */
function percentBetween(before: CpuSample | undefined, now: CpuSample): number | undefined {
  if (before === undefined || now.usedNanoseconds < before.usedNanoseconds) return undefined;
  const elapsed = (now.readAt - before.readAt) * 1e6;
  return elapsed > 0 ? ((now.usedNanoseconds - before.usedNanoseconds) / elapsed) * 100 : undefined;
}

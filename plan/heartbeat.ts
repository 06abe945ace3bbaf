import type { GpuLoad } from "./gpuFacts";
import type { GPU_VENDORS } from "./gpuVendors";
import type { LoadAverages, MemoryFacts } from "./hostLoad";

export type GpuVendor = (typeof GPU_VENDORS)[number];

/** What one look at the host saw. A part that could not be read is null; it never hides the others. */
export interface Heartbeat {
  /** ISO 8601, when the look began */
  readonly time: string;
  /** counts from 1 since the agent started */
  readonly sequence: number;
  readonly tookMs: number;
  readonly cpu: CpuUse | null;
  readonly memory: MemoryFacts | null;
  readonly disk: DiskReading;
  readonly gpu: GpuReading;
  readonly services: readonly ServiceHealth[];
}

export interface CpuUse {
  readonly count: number;
  /** of all CPUs since the heartbeat before; null at the first */
  readonly usedPercent: number | null;
  readonly load: LoadAverages | null;
}

/** The disk on which the engine keeps its data. */
export interface DiskReading {
  readonly path: string;
  readonly totalBytes: number | null;
  /** what others than root may still use */
  readonly freeBytes: number | null;
  /** why there are no numbers */
  readonly error: string | null;
}

export interface GpuReading {
  readonly vendor: GpuVendor;
  readonly source: "nvml" | "nvidia-smi" | "sysfs" | "none";
  /** why there are no GPUs; null also where none are expected */
  readonly error: string | null;
  readonly gpus: readonly GpuLoad[];
}

export interface ServiceHealth {
  readonly name: string;
  readonly healthy: boolean;
  /** HTTP status; null where there was no answer */
  readonly status: number | null;
  /** why there was no answer */
  readonly error: string | null;
  readonly tookMs: number;
}

/** A GPU reading for a host that has none, or none that can be read. */
export function noGpuReading(vendor: GpuVendor, error: string | null = null): GpuReading {
  return { vendor, source: "none", error, gpus: [] };
}

/** What the agent tells of itself, in its status file and on its socket. */
export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly heartbeatSeconds: number;
  /** where Prometheus text is served; null: nowhere */
  readonly metrics: string | null;
  /** the last time a new configuration was asked for; null: never */
  readonly reload: ReloadOutcome | null;
  /** null until the first one is finished */
  readonly heartbeat: Heartbeat | null;
}

export interface ReloadOutcome {
  readonly time: string;
  /** why the new configuration was refused; empty: it was taken */
  readonly problems: readonly string[];
}

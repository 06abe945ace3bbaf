import type { GpuLoad } from "./gpuFacts";
import { isRecord } from "./yamlDocument";

/** How busy a GPU is. */
export interface GpuUsage {
  readonly uuid: string;
  readonly name: string;
  /** undefined where the driver does not tell */
  readonly loadPercent: number | undefined;
  readonly memoryUsedMiB: number;
  readonly memoryTotalMiB: number;
}

/** What the screen shows of a GPU's load. */
export function gpuUsageOf(load: Omit<GpuLoad, "processes">): GpuUsage {
  return {
    uuid: load.uuid,
    name: `GPU ${load.index}`,
    loadPercent: load.utilizationPercent ?? undefined,
    memoryUsedMiB: load.memoryUsedMib ?? 0,
    memoryTotalMiB: load.memoryTotalMib ?? 0,
  };
}

/** What the agent's last heartbeat saw of the GPUs. */
export type AgentGpus =
  | { readonly gpus: readonly GpuUsage[] }
  /** why it saw none */
  | { readonly reason: string };

/**
 * Reads the agent's status, `heartbeat.gpu` of it.
 * @returns undefined where it has not looked yet, or expects no GPU
 */
export function readAgentGpus(status: unknown): AgentGpus | undefined {
  const heartbeat = isRecord(status) ? status.heartbeat : undefined;
  const reading = isRecord(heartbeat) ? heartbeat.gpu : undefined;
  if (!isRecord(reading) || !Array.isArray(reading.gpus)) return undefined;
  if (typeof reading.error === "string") return { reason: reading.error };
  if (reading.source === "none") return undefined;
  return {
    gpus: reading.gpus.filter(isRecord).map((gpu) =>
      gpuUsageOf({
        index: Number(gpu.index),
        uuid: String(gpu.uuid),
        utilizationPercent: measured(gpu.utilizationPercent),
        memoryUsedMib: measured(gpu.memoryUsedMib),
        memoryTotalMib: measured(gpu.memoryTotalMib),
      }),
    ),
  };
}

function measured(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

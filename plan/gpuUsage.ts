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

/** Arguments with which nvidia-smi prints what `parseGpuUsage` reads. */
export const GPU_USAGE_ARGUMENTS = [
  "--query-gpu=uuid,utilization.gpu,memory.used,memory.total,name",
  "--format=csv,noheader,nounits",
];

/** Reads a line a GPU: `GPU-8f0a…, 12, 1024, 81559, NVIDIA H100`. What the driver does not tell is `[N/A]`. */
export function parseGpuUsage(output: string): GpuUsage[] {
  return output.split("\n").flatMap((line) => {
    const [uuid = "", load, used, total, ...name] = line.split(",").map((part) => part.trim());
    if (!/^(GPU|MIG)-/.test(uuid)) return [];
    return [
      {
        uuid,
        name: name.join(", "),
        loadPercent: numberOf(load),
        memoryUsedMiB: numberOf(used) ?? 0,
        memoryTotalMiB: numberOf(total) ?? 0,
      },
    ];
  });
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
    gpus: reading.gpus.filter(isRecord).map((gpu) => ({
      uuid: String(gpu.uuid),
      name: `GPU ${gpu.index}`,
      loadPercent: measured(gpu.utilizationPercent),
      memoryUsedMiB: measured(gpu.memoryUsedMib) ?? 0,
      memoryTotalMiB: measured(gpu.memoryTotalMib) ?? 0,
    })),
  };
}

function measured(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

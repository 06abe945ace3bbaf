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

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

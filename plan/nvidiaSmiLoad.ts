import type { GpuLoad } from "./gpuFacts";

/** What nvidia-smi is asked where NVML cannot be read directly, or for the screen of another host. */
export const NVIDIA_SMI_LOAD_ARGUMENTS = [
  "--query-gpu=index,uuid,utilization.gpu,memory.used,memory.total",
  "--format=csv,noheader,nounits",
] as const;

/**
 * Reads nvidia-smi's answer, one line a GPU. A cell that is no number (`[N/A]`) is null.
 * @returns undefined where a line has another form, as when it says what is wrong in place of an answer
 */
export function parseNvidiaSmiLoad(output: string): GpuLoad[] | undefined {
  const loads: GpuLoad[] = [];
  for (const line of output.split("\n").filter((text) => text.trim() !== "")) {
    const [index = "", uuid = "", ...cells] = line.split(",").map((cell) => cell.trim());
    if (!/^\d+$/.test(index) || !uuid.startsWith("GPU-") || cells.length !== 3) return undefined;
    const [utilizationPercent = null, memoryUsedMib = null, memoryTotalMib = null] =
      cells.map(wholeNumber);
    loads.push({
      index: Number(index),
      uuid,
      utilizationPercent,
      memoryUsedMib,
      memoryTotalMib,
      processes: null,
    });
  }
  return loads;
}

function wholeNumber(cell: string): number | null {
  return /^\d+$/.test(cell) ? Number(cell) : null;
}

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import type { GpuLoad } from "../plan/gpuFacts";
import { type GpuReading, noGpuReading } from "../plan/heartbeat";

const AMD = "0x1002";
const MEBIBYTE = 1024 ** 2;

/**
 * What AMD's GPUs are doing. Source: the amdgpu driver's files in sysfs. Never throws.
 * @param root where sysfs lists graphics cards
 */
export function readAmdGpus(root = "/sys/class/drm"): GpuReading {
  const cards = existsSync(root) ? readdirSync(root).filter((name) => /^card\d+$/.test(name)) : [];
  const gpus = cards
    .sort((one, other) => Number(one.slice(4)) - Number(other.slice(4)))
    .map((name) => join(root, name, "device"))
    .filter((device) => readText(device, "vendor") === AMD)
    .map(
      (device, index): GpuLoad => ({
        index,
        uuid: basename(realpathSync(device)),
        utilizationPercent: readNumber(device, "gpu_busy_percent"),
        memoryUsedMib: toMebibytes(readNumber(device, "mem_info_vram_used")),
        memoryTotalMib: toMebibytes(readNumber(device, "mem_info_vram_total")),
        processes: null,
      }),
    );
  return gpus.length === 0
    ? noGpuReading("amd", "no AMD GPU is listed in sysfs")
    : { vendor: "amd", source: "sysfs", error: null, gpus };
}

function readText(device: string, name: string): string | undefined {
  try {
    return readFileSync(join(device, name), "utf8").trim();
  } catch {
    // Not every driver has every file, and a card may be asleep.
    return undefined;
  }
}

function readNumber(device: string, name: string): number | null {
  const text = readText(device, name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

function toMebibytes(bytes: number | null): number | null {
  return bytes === null ? null : Math.floor(bytes / MEBIBYTE);
}

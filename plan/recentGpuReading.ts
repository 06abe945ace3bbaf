import { isRecord } from "./dataPath";
import type { GpuReading, GpuVendor } from "./heartbeat";

/** An older reading tells little of the moment. */
const MOST_AGE_MS = 90_000;

/**
 * The GPU reading of the agent's last heartbeat, from its status file: reading the driver again costs
 * more than the whole idle check.
 * @returns undefined where there is none of this vendor, or none that is recent
 */
export function recentGpuReading(
  status: string,
  vendor: GpuVendor,
  now: Date,
): GpuReading | undefined {
  let value: unknown;
  try {
    value = JSON.parse(status);
  } catch {
    return undefined;
  }
  const heartbeat = isRecord(value) ? value.heartbeat : undefined;
  if (!isRecord(heartbeat) || !isRecord(heartbeat.gpu)) return undefined;
  const age = now.getTime() - Date.parse(String(heartbeat.time));
  if (!(age >= 0 && age <= MOST_AGE_MS)) return undefined;
  const { gpu } = heartbeat;
  return gpu.vendor === vendor && Array.isArray(gpu.gpus)
    ? (gpu as unknown as GpuReading)
    : undefined;
}

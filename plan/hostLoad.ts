/** Times that the kernel has counted since boot, summed over all CPUs, in clock ticks. */
export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

export interface LoadAverages {
  readonly one: number;
  readonly five: number;
  readonly fifteen: number;
}

export interface MemoryFacts {
  readonly totalBytes: number;
  /** what programs could still get, caches included */
  readonly availableBytes: number;
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
}

/** Reads /proc/stat. @returns undefined where the text has another form */
export function parseCpuTimes(stat: string): CpuTimes | undefined {
  const fields = /^cpu +(\d+(?: \d+){4,})$/m.exec(stat)?.[1]?.split(" ").map(Number);
  if (fields === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; a guest's time is part of user and nice already.
  const total = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  const [, , , idle = 0, waiting = 0] = fields;
  return { busy: total - idle - waiting, total };
}

/** Number of CPUs that /proc/stat lists. */
export function countCpus(stat: string): number {
  return stat.match(/^cpu\d+ /gm)?.length ?? 0;
}

/**
 * Share of all CPUs' time that was used between two readings, in percent with one decimal.
 * @returns null where no time has passed, or the earlier reading is of an earlier boot
 */
export function cpuUsedPercent(before: CpuTimes | undefined, after: CpuTimes): number | null {
  if (before === undefined || after.total <= before.total || after.busy < before.busy) return null;
  return Math.round(((after.busy - before.busy) / (after.total - before.total)) * 1000) / 10;
}

/** Reads /proc/loadavg. @returns undefined where the text has another form */
export function parseLoadAverages(loadavg: string): LoadAverages | undefined {
  const [, one, five, fifteen] = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(loadavg) ?? [];
  if (fifteen === undefined) return undefined;
  return { one: Number(one), five: Number(five), fifteen: Number(fifteen) };
}

/** Reads /proc/meminfo. @returns undefined where the text has another form */
export function parseMemory(meminfo: string): MemoryFacts | undefined {
  const bytes = (key: string) => {
    const kibibytes = new RegExp(`^${key}: +(\\d+) kB$`, "m").exec(meminfo)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  };
  const [totalBytes, availableBytes] = [bytes("MemTotal"), bytes("MemAvailable")];
  if (totalBytes === undefined || availableBytes === undefined) return undefined;
  return {
    totalBytes,
    availableBytes,
    swapTotalBytes: bytes("SwapTotal") ?? 0,
    swapFreeBytes: bytes("SwapFree") ?? 0,
  };
}

import { parseGpuLoad } from "../plan/gpuFacts";
import { type GpuReading, type GpuVendor, noGpuReading } from "../plan/heartbeat";
import { NVIDIA_SMI_LOAD_ARGUMENTS, parseNvidiaSmiLoad } from "../plan/nvidiaSmiLoad";
import { readAmdGpus } from "./amdGpus";
import { runBounded } from "./boundedCommand";
import { OneAtATime } from "./oneAtATime";

/** The probe takes 50 ms; only a driver that hangs keeps it longer. */
const PROBE_LIMIT_MS = 5000;
const NVIDIA_SMI_LIMIT_MS = 5000;

/** A child that hangs in the driver cannot be killed; it is not waited for longer than this. */
const PATIENCE_MS = 500;

/** Nor is another one sent after it at once: they would pile up. */
const REST_AFTER_HANG_MS = 10 * 60_000;

const HUNG = "the driver does not answer";

/** i915 and xe count it as performance events, which take CAP_PERFMON. */
const INTEL = "Intel's driver tells their use to root alone";

/**
 * What the GPUs are doing. NVIDIA's driver is asked by a child process, so that neither a crash nor a
 * hang of its library reaches the agent. Source: NVML, else nvidia-smi; AMD: sysfs.
 */
export class GpuLoadReader {
  readonly #probe: () => string;
  readonly #clock: () => number;
  readonly #probeLimitMs: number;
  readonly #looks = new OneAtATime();
  #restsUntil = Number.NEGATIVE_INFINITY;

  /**
   * @param probe script for `sh -s` that reads NVML (host/gpuProbe.ts)
   * @param clock milliseconds that never go back
   * @param probeLimitMs how long the probe may take
   */
  constructor(
    probe: () => string,
    clock: () => number = () => performance.now(),
    probeLimitMs = PROBE_LIMIT_MS,
  ) {
    this.#probe = probe;
    this.#clock = clock;
    this.#probeLimitMs = probeLimitMs;
  }

  /** Never throws, and takes 11 s at most. */
  async read(vendor: GpuVendor, signal?: AbortSignal): Promise<GpuReading> {
    if (vendor === "none") return noGpuReading(vendor);
    if (vendor === "amd") return readAmdGpus();
    if (vendor === "intel") return noGpuReading(vendor, INTEL);
    if (this.#clock() < this.#restsUntil) return noGpuReading(vendor, HUNG);
    const limitMs = this.#probeLimitMs + NVIDIA_SMI_LIMIT_MS + PATIENCE_MS;
    const look = await this.#looks.attempt(() => this.#readNvidia(signal), limitMs);
    if (look.outcome === "failed") return noGpuReading(vendor, String(look.error));
    const reading = look.outcome === "done" ? look.value : noGpuReading(vendor, HUNG);
    if (reading.error === HUNG) this.#restsUntil = this.#clock() + REST_AFTER_HANG_MS;
    return reading;
  }

  async #readNvidia(signal: AbortSignal | undefined): Promise<GpuReading> {
    const probed = await runBounded("sh", ["-s"], {
      input: this.#probe(),
      limitMs: this.#probeLimitMs,
      signal,
    });
    // nvidia-smi would hang as NVML does.
    if (probed.timedOut) return noGpuReading("nvidia", HUNG);
    const gpus = parseGpuLoad(probed.stdout);
    if (gpus !== null) return { vendor: "nvidia", source: "nvml", error: null, gpus };
    return this.#askNvidiaSmi(signal);
  }

  async #askNvidiaSmi(signal: AbortSignal | undefined): Promise<GpuReading> {
    const failed = (why: string) => noGpuReading("nvidia", `NVML cannot be read, and ${why}`);
    try {
      const { code, stdout, timedOut } = await runBounded("nvidia-smi", NVIDIA_SMI_LOAD_ARGUMENTS, {
        limitMs: NVIDIA_SMI_LIMIT_MS,
        signal,
      });
      if (timedOut) return noGpuReading("nvidia", HUNG);
      const gpus = code === 0 ? parseNvidiaSmiLoad(stdout) : undefined;
      return gpus === undefined
        ? failed(`nvidia-smi says: ${stdout.split("\n", 1)[0]?.slice(0, 200)}`)
        : { vendor: "nvidia", source: "nvidia-smi", error: null, gpus };
    } catch (error) {
      return failed(`nvidia-smi cannot be run (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}

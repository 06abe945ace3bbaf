import { parseGpuLoad } from "../plan/gpuFacts";
import { type GpuReading, type GpuVendor, noGpuReading } from "../plan/heartbeat";
import { NVIDIA_SMI_LOAD_ARGUMENTS, parseNvidiaSmiLoad } from "../plan/nvidiaSmiLoad";
import { readAmdGpus } from "./amdGpus";
import { runBounded } from "./boundedCommand";
import { OneAtATime } from "./oneAtATime";

/** The probe ends by itself within 6 s; only a driver that hangs keeps it longer. */
const PROBE_LIMIT_MS = 7000;
const NVIDIA_SMI_LIMIT_MS = 5000;

/** A child that hangs in the driver cannot be killed; it is not waited for longer than this. */
const PATIENCE_MS = 500;

/**
 * What the GPUs are doing. NVIDIA's driver is asked by a child process, so that neither a crash nor a
 * hang of its library reaches the agent. Source: NVML, else nvidia-smi; AMD: sysfs.
 */
export class GpuLoadReader {
  readonly #probe: () => string;
  readonly #looks = new OneAtATime();

  /** @param probe script for `sh -s` that reads NVML (host/gpuProbe.ts) */
  constructor(probe: () => string) {
    this.#probe = probe;
  }

  /** Never throws, and takes 13 s at most. */
  async read(vendor: GpuVendor, signal?: AbortSignal): Promise<GpuReading> {
    if (vendor === "amd") return readAmdGpus();
    if (vendor !== "nvidia") return noGpuReading(vendor);
    const limitMs = PROBE_LIMIT_MS + NVIDIA_SMI_LIMIT_MS + PATIENCE_MS;
    const look = await this.#looks.attempt(() => this.#readNvidia(signal), limitMs);
    if (look.outcome === "done") return look.value;
    if (look.outcome === "hangs") return noGpuReading(vendor, "the driver does not answer");
    return noGpuReading(vendor, String(look.error));
  }

  async #readNvidia(signal: AbortSignal | undefined): Promise<GpuReading> {
    const probed = await runBounded("sh", ["-s"], {
      input: this.#probe(),
      limitMs: PROBE_LIMIT_MS,
      signal,
    });
    if (probed.timedOut)
      return noGpuReading("nvidia", `NVML does not answer within ${PROBE_LIMIT_MS / 1000} s`);
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
      if (timedOut) return failed("nvidia-smi does not answer");
      const gpus = code === 0 ? parseNvidiaSmiLoad(stdout) : undefined;
      return gpus === undefined
        ? failed(`nvidia-smi says: ${stdout.split("\n", 1)[0]?.slice(0, 200)}`)
        : { vendor: "nvidia", source: "nvidia-smi", error: null, gpus };
    } catch (error) {
      return failed(`nvidia-smi cannot be run (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}

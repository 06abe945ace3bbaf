import type { AgentConfig } from "../plan/agentConfig";
import type { Heartbeat } from "../plan/heartbeat";
import { GpuLoadReader } from "./gpuLoad";
import { CpuReader, DiskReader, readMemory } from "./hostLoad";
import { checkService } from "./serviceHealth";

/** Looks at the host, again and again. */
export class HostObserver {
  readonly #cpu = new CpuReader();
  readonly #disk = new DiskReader();
  readonly #gpu: GpuLoadReader;
  #sequence = 0;

  /** @param gpuProbe script that reads NVIDIA's GPUs */
  constructor(gpuProbe: () => string) {
    this.#gpu = new GpuLoadReader(gpuProbe);
  }

  /**
   * One look. Each part has a limit of its own, so that none keeps the others; what it could not read, it
   * says. Never throws.
   */
  async observe(config: AgentConfig, signal: AbortSignal): Promise<Heartbeat> {
    const started = performance.now();
    const time = new Date().toISOString();
    this.#sequence += 1;
    const sequence = this.#sequence;
    const [cpu, memory] = [this.#cpu.read(), readMemory()];
    const [disk, gpu, services] = await Promise.all([
      this.#disk.read(config.dataRoot),
      this.#gpu.read(config.gpu, signal),
      Promise.all(config.services.map((service) => checkService(service, signal))),
    ]);
    const tookMs = Math.round(performance.now() - started);
    return { time, sequence, tookMs, cpu, memory, disk, gpu, services };
  }

  /** Whether a look hangs in the kernel, where nothing can end it. */
  get hangs(): boolean {
    return this.#disk.hangs;
  }
}

import type { AgentConfig } from "../plan/agentConfig";
import { type GpuReading, type GpuVendor, noGpuReading } from "../plan/heartbeat";
import type { IdleObservation } from "../plan/idleDecision";
import { readCpuTimes } from "./hostLoad";
import { readConnections, readLoginSessions } from "./hostUse";
import { readLoadedModels } from "./loadedModels";

/**
 * Looks at what tells whether anybody uses the host. Never throws for what cannot be read.
 * @param gpu a recent reading; undefined: the GPUs are read now
 * @param gpuProbe script that reads NVIDIA's GPUs
 */
export async function observeUse(
  config: AgentConfig,
  gpu: GpuReading | undefined,
  gpuProbe: () => string,
): Promise<IdleObservation> {
  const connections = readConnections(config.services);
  const [ollama, gpuNow] = await Promise.all([
    readLoadedModels(config.ollamaUrl),
    gpu ?? readGpus(config.gpu, gpuProbe),
  ]);
  return {
    cpu: readCpuTimes(),
    gpu: gpuNow,
    ollama,
    connections: connections.services,
    sessions: readLoginSessions(),
    sshConnections: connections.ssh,
  };
}

async function readGpus(vendor: GpuVendor, gpuProbe: () => string): Promise<GpuReading> {
  if (vendor === "none") return noGpuReading(vendor);
  // Loaded only now: most checks use the agent's reading.
  const { GpuLoadReader } = await import("./gpuLoad");
  return new GpuLoadReader(gpuProbe).read(vendor);
}

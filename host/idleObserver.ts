import type { AgentConfig } from "../plan/agentConfig";
import type { GpuReading } from "../plan/heartbeat";
import type { IdleObservation } from "../plan/idleDecision";
import { GpuLoadReader } from "./gpuLoad";
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
    gpu ?? new GpuLoadReader(gpuProbe).read(config.gpu),
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

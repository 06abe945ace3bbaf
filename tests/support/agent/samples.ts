import type { AgentConfig } from "../../../plan/agentConfig";
import type { AgentStatus, Heartbeat } from "../../../plan/heartbeat";

/** A configuration of a host with two services and no GPU. */
export const agentConfig: AgentConfig = {
  heartbeatSeconds: 30,
  metrics: null,
  services: [
    { name: "ollama", url: "http://127.0.0.1:11434/api/version", kind: "inference" },
    { name: "openwebui", url: "http://127.0.0.1:3000/health", kind: "interface" },
  ],
  ollamaUrl: "http://127.0.0.1:11434",
  gpu: "none",
  dataRoot: "/var/lib/docker",
  idle: {
    enabled: true,
    afterMinutes: 30,
    unloadModels: true,
    suspend: false,
    suspendCommand: ["systemctl", "suspend"],
  },
  paths: {
    log: "/var/log/aistack/agent.log",
    metrics: "/var/log/aistack/metrics/metrics.jsonl",
    status: "/var/lib/aistack/agent_status.json",
    idle: "/var/lib/aistack/idle.json",
    socket: "/run/aistack/agent.sock",
  },
};

/** A heartbeat in which everything could be read. */
export const heartbeat: Heartbeat = {
  time: "2026-11-25T10:00:00.000Z",
  sequence: 7,
  tookMs: 41,
  cpu: { count: 8, usedPercent: 12.5, load: { one: 0.5, five: 1.25, fifteen: 2 } },
  memory: {
    totalBytes: 64_000_000_000,
    availableBytes: 48_000_000_000,
    swapTotalBytes: 0,
    swapFreeBytes: 0,
  },
  disk: {
    path: "/var/lib/docker",
    totalBytes: 1_000_000_000_000,
    freeBytes: 250_000_000_000,
    error: null,
  },
  gpu: {
    vendor: "nvidia",
    source: "nvml",
    error: null,
    gpus: [
      {
        index: 0,
        uuid: "GPU-0",
        utilizationPercent: 37,
        memoryUsedMib: 2048,
        memoryTotalMib: 24_576,
        processes: [],
      },
    ],
  },
  services: [
    { name: "ollama", healthy: true, status: 200, error: null, tookMs: 4 },
    { name: "openwebui", healthy: false, status: null, error: "ECONNREFUSED", tookMs: 1 },
  ],
};

export const agentStatus: AgentStatus = {
  version: "1.2.3",
  pid: 42,
  startedAt: "2026-11-25T09:59:00.500Z",
  heartbeatSeconds: 30,
  metrics: "127.0.0.1:9464",
  reload: null,
  heartbeat,
};

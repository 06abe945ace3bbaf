import { expect, test } from "vitest";
import { formatMetrics } from "../../plan/agentMetrics";
import type { AgentStatus } from "../../plan/heartbeat";
import { agentStatus, heartbeat } from "../support/agent/samples";

const samples = (status: AgentStatus) =>
  formatMetrics(status)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

test("everything that a heartbeat saw", () => {
  expect(samples(agentStatus)).toEqual([
    'aistack_agent_info{version="1.2.3"} 1',
    "aistack_agent_start_time_seconds 1795600740.5",
    "aistack_agent_heartbeats_total 7",
    "aistack_agent_heartbeat_time_seconds 1795600800",
    "aistack_agent_heartbeat_duration_seconds 0.041",
    "aistack_cpu_count 8",
    "aistack_cpu_used_ratio 0.125",
    "aistack_load1 0.5",
    "aistack_load5 1.25",
    "aistack_load15 2",
    "aistack_memory_total_bytes 64000000000",
    "aistack_memory_available_bytes 48000000000",
    'aistack_disk_total_bytes{path="/var/lib/docker"} 1000000000000',
    'aistack_disk_free_bytes{path="/var/lib/docker"} 250000000000',
    'aistack_gpu_readable{vendor="nvidia"} 1',
    'aistack_gpu_utilization_ratio{gpu="0",uuid="GPU-0"} 0.37',
    'aistack_gpu_memory_used_bytes{gpu="0",uuid="GPU-0"} 2147483648',
    'aistack_gpu_memory_total_bytes{gpu="0",uuid="GPU-0"} 25769803776',
    'aistack_service_up{service="ollama"} 1',
    'aistack_service_up{service="openwebui"} 0',
    'aistack_service_response_seconds{service="ollama"} 0.004',
  ]);
});

test("what could not be read has no sample, and no head either", () => {
  const blind: AgentStatus = {
    ...agentStatus,
    heartbeat: {
      ...heartbeat,
      cpu: null,
      memory: null,
      disk: { path: "/gone", totalBytes: null, freeBytes: null, error: "ENOENT" },
      gpu: { vendor: "nvidia", source: "none", error: "the driver does not answer", gpus: [] },
      services: [],
    },
  };
  expect(samples(blind).slice(2)).toEqual([
    "aistack_agent_heartbeats_total 7",
    "aistack_agent_heartbeat_time_seconds 1795600800",
    "aistack_agent_heartbeat_duration_seconds 0.041",
    'aistack_gpu_readable{vendor="nvidia"} 0',
  ]);
  expect(formatMetrics(blind)).not.toContain("aistack_cpu");
});

test("before the first heartbeat", () => {
  expect(formatMetrics({ ...agentStatus, heartbeat: null })).toBe(`\
# HELP aistack_agent_info Version of the agent.
# TYPE aistack_agent_info gauge
aistack_agent_info{version="1.2.3"} 1
# HELP aistack_agent_start_time_seconds When the agent started, in Unix time.
# TYPE aistack_agent_start_time_seconds gauge
aistack_agent_start_time_seconds 1795600740.5
`);
});

test("a label's value cannot end the label or the line", () => {
  const disk = { ...heartbeat.disk, path: 'a\\b"c\nd' };
  const status = { ...agentStatus, heartbeat: { ...heartbeat, disk } };
  expect(samples(status)).toContain('aistack_disk_free_bytes{path="a\\\\b\\"c\\nd"} 250000000000');
});

test("the text is of Prometheus' form: one head for each metric, all of its samples below it", () => {
  const lines = formatMetrics(agentStatus).split("\n");
  expect(lines.pop()).toBe("");
  let current = "";
  const seen = new Set<string>();
  for (const line of lines) {
    const [, help] = /^# HELP ([a-z_0-9]+) \S.*$/.exec(line) ?? [];
    const [, type] = /^# TYPE ([a-z_0-9]+) (?:gauge|counter)$/.exec(line) ?? [];
    const [, sample] = /^([a-z_0-9]+)(?:\{(?:[a-z]+="[^"]*",?)+\})? [\d.]+$/.exec(line) ?? [];
    expect(help ?? type ?? sample, line).toBeDefined();
    if (help !== undefined) {
      expect(seen).not.toContain(help);
      seen.add(help);
      current = help;
    } else {
      expect(type ?? sample).toBe(current);
    }
  }
});

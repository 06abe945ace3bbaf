import type { AgentStatus, Heartbeat } from "./heartbeat";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The media type of the text that `formatMetrics` writes. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const MEBIBYTE = 1024 ** 2;

/**
 * The agent's status as Prometheus text. What could not be read has no sample, rather than a zero.
 * Format: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
 */
export function formatMetrics(status: AgentStatus): string {
  const metrics = [
    gauge("aistack_agent_info", "Version of the agent.", [[{ version: status.version }, 1]]),
    gauge("aistack_agent_start_time_seconds", "When the agent started, in Unix time.", [
      [{}, Date.parse(status.startedAt) / 1000],
    ]),
    ...(status.heartbeat === null ? [] : heartbeatMetrics(status.heartbeat)),
  ];
  return metrics.map(formatMetric).join("");
}

function heartbeatMetrics(heartbeat: Heartbeat): Metric[] {
  const { cpu, memory, disk, gpu, services } = heartbeat;
  const ofGpus = (read: (load: Heartbeat["gpu"]["gpus"][number]) => number | null): Sample[] =>
    gpu.gpus.map((load) => [{ gpu: String(load.index), uuid: load.uuid }, read(load)]);
  const path = { path: disk.path };
  return [
    {
      name: "aistack_agent_heartbeats_total",
      type: "counter",
      help: "Finished heartbeats.",
      samples: [[{}, heartbeat.sequence]],
    },
    gauge("aistack_agent_heartbeat_time_seconds", "When the last heartbeat began, in Unix time.", [
      [{}, Date.parse(heartbeat.time) / 1000],
    ]),
    gauge("aistack_agent_heartbeat_duration_seconds", "How long the last heartbeat took.", [
      [{}, heartbeat.tookMs / 1000],
    ]),
    gauge("aistack_cpu_count", "CPUs of the host.", [[{}, cpu?.count ?? null]]),
    gauge("aistack_cpu_used_ratio", "Share of all CPUs' time used since the heartbeat before.", [
      [{}, ratio(cpu?.usedPercent)],
    ]),
    gauge("aistack_load1", "Load average of one minute.", [[{}, cpu?.load?.one ?? null]]),
    gauge("aistack_load5", "Load average of five minutes.", [[{}, cpu?.load?.five ?? null]]),
    gauge("aistack_load15", "Load average of fifteen minutes.", [[{}, cpu?.load?.fifteen ?? null]]),
    gauge("aistack_memory_total_bytes", "Memory of the host.", [[{}, memory?.totalBytes ?? null]]),
    gauge("aistack_memory_available_bytes", "Memory that programs could still get.", [
      [{}, memory?.availableBytes ?? null],
    ]),
    gauge("aistack_disk_total_bytes", "Size of the disk that keeps the engine's data.", [
      [path, disk.totalBytes],
    ]),
    gauge("aistack_disk_free_bytes", "Free space of the disk that keeps the engine's data.", [
      [path, disk.freeBytes],
    ]),
    gauge("aistack_gpu_readable", "1 where the GPUs could be read, 0 where not.", [
      [{ vendor: gpu.vendor }, gpu.vendor === "none" ? null : Number(gpu.error === null)],
    ]),
    gauge(
      "aistack_gpu_utilization_ratio",
      "Share of time in which the GPU computed.",
      ofGpus((load) => ratio(load.utilizationPercent)),
    ),
    gauge(
      "aistack_gpu_memory_used_bytes",
      "Memory of the GPU in use.",
      ofGpus((load) => bytes(load.memoryUsedMib)),
    ),
    gauge(
      "aistack_gpu_memory_total_bytes",
      "Memory of the GPU.",
      ofGpus((load) => bytes(load.memoryTotalMib)),
    ),
    gauge(
      "aistack_service_up",
      "1 where the service answered that it serves, 0 where not.",
      services.map(({ name, healthy }) => [{ service: name }, Number(healthy)]),
    ),
    gauge(
      "aistack_service_response_seconds",
      "How long the service took to answer.",
      services.map(({ name, status, tookMs }) => [
        { service: name },
        status === null ? null : tookMs / 1000,
      ]),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}

function ratio(percent: number | null | undefined): number | null {
  return percent === null || percent === undefined ? null : percent / 100;
}

function bytes(mebibytes: number | null): number | null {
  return mebibytes === null ? null : mebibytes * MEBIBYTE;
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.flatMap(([labels, value]) =>
    value === null ? [] : [`${name}${formatLabels(labels)} ${value}\n`],
  );
  if (lines.length === 0) return "";
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Within a label's value, backslash, quotation mark and line feed are escaped, nothing else. */
function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

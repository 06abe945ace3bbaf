import type { GpuFacts, RenderNode } from "./gpuFacts";
import type { GpuReport } from "./gpuReport";
import { plain } from "./quote";

/** What is known of a host's GPUs, for people: a few lines, problems last with what mends them. */
export function formatGpuFacts(facts: GpuFacts): string {
  const lines = [
    ...nvidiaLines(facts),
    ...facts.renderNodes.filter(({ vendor }) => vendor !== "nvidia").map(formatRenderNode),
    ...(facts.kfd === undefined ? [] : [`/dev/kfd, group ${facts.kfd.group}`]),
    ...facts.problems.map(
      ({ severity, where, what, fix }) =>
        `${severity}: ${where}: ${what}\n${indent(fix ?? "", severity.length + 2)}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function nvidiaLines(facts: GpuFacts): string[] {
  const { report, source } = facts;
  const known =
    source !== "none" || report.driver_version !== null || facts.driver.cards.length > 0;
  if (!known && !report.toolkit.installed) return ["No GPU of NVIDIA's."];
  const driver =
    report.driver_version === null ? "no driver" : `driver ${plain(report.driver_version)}`;
  const cuda = report.cuda_version === null ? "" : `, CUDA ${report.cuda_version}`;
  const read = source === "none" ? "" : ` (read from ${source === "nvml" ? "NVML" : source})`;
  return [
    `NVIDIA ${driver}${cuda}${read}`,
    ...formatTable(report.gpus),
    formatToolkit(report.toolkit),
  ];
}

function formatTable(gpus: GpuReport["gpus"]): string[] {
  if (gpus.length === 0) return ["no GPU can be used"];
  const rows = [
    ["GPU", "name", "memory", "compute", "MIG", "UUID"],
    ...gpus.map((gpu) => [
      String(gpu.index),
      plain(gpu.name),
      formatMib(gpu.memory_total_mib),
      gpu.compute_capability ?? "unknown",
      formatMig(gpu.mig),
      plain(gpu.uuid),
    ]),
  ];
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [
    ...rows.map((row) => row.map((text, column) => text.padEnd(widths?.[column] ?? 0)).join("  ")),
  ].map((line) => line.trimEnd());
}

function formatMig(mig: GpuReport["gpus"][number]["mig"]): string {
  if (mig === null || !mig.enabled) return mig === null ? "-" : "off";
  return mig.devices.length === 1 ? "1 instance" : `${mig.devices.length} instances`;
}

function formatToolkit({ installed, version, runtime, cdi }: GpuReport["toolkit"]): string {
  if (!installed) return "container toolkit: not installed";
  const ways = [cdi ? ["CDI"] : [], runtime ? ["the runtime nvidia"] : []].flat();
  const reach =
    ways.length === 0 ? "Docker does not use it" : `Docker reaches GPUs by ${ways.join(" and ")}`;
  return `container toolkit ${version ?? "of unknown version"}: ${reach}`;
}

function formatRenderNode({ name, vendor, pciId, group, memoryTotalMib }: RenderNode): string {
  const maker = { nvidia: "NVIDIA", amd: "AMD", intel: "Intel", other: "other" }[vendor];
  const memory = memoryTotalMib === null ? "" : `, ${formatMib(memoryTotalMib)}`;
  return `${maker} ${name} (${pciId})${memory}, group ${group}`;
}

function formatMib(mib: number | null): string {
  return mib === null ? "shared" : `${mib} MiB`;
}

function indent(text: string, columns: number): string {
  return text.replaceAll(/^/gm, " ".repeat(columns));
}

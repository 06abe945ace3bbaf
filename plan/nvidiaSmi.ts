import type { NvmlFault, UnreadableGpu } from "./gpuFacts";
import type { GpuReport } from "./gpuReport";
import type { Answered, DriverAnswer } from "./nvmlAnswer";
import { codeOfText, NVML_CODES, nvmlFault } from "./nvmlCodes";

/** What the probe printed of nvidia-smi: lines, and how the table's command ended. */
export interface SmiOutput {
  readonly table: readonly string[];
  /** an exit code or `timeout` */
  readonly code: string | undefined;
  readonly xml: readonly string[];
  /** `nvidia-smi -L`, where a GPU is partitioned */
  readonly list: readonly string[];
}

/**
 * Reads the table of `nvidia-smi --query-gpu`. Its columns are index, UUID, name, memory in MiB, driver version,
 * MIG mode and compute capability.
 */
export function parseNvidiaSmi({ table, code, xml, list }: SmiOutput): Answered<DriverAnswer> {
  // Some failures end with 0, so the text is what counts.
  const fault = table.map(faultOfText).find((found) => found !== undefined);
  const rows = table.map((line): string[] => line.split(", ")).filter(isRow);
  const lost = table.flatMap(unreadableOfText);
  if (rows.length === 0 && lost.length === 0) return { fault: fault ?? failure(table, code) };
  const read = rows.map((row) => ({ row, fault: faultOfRow(row) }));
  return {
    answer: {
      driverVersion: rows.map((row) => cell(row[4])).find((version) => version !== null) ?? null,
      cudaVersion: cudaVersion(xml),
      cudaFault: null,
      gpus: read.flatMap(({ row, fault: found }) =>
        found === undefined ? [describeRow(row, list)] : [],
      ),
      unreadableGpus: [
        ...read.flatMap(({ row, fault: found }) =>
          found === undefined ? [] : [{ index: Number(row[0]), fault: found }],
        ),
        ...lost,
      ],
    },
  };
}

/** Version of the library that nvidia-smi was asked by, told where the kernel's module has another one. */
export function libraryVersion(table: readonly string[]): string | undefined {
  return table.map((line) => /^NVML library version: (\d[\d.]*)/.exec(line)?.[1]).find(Boolean);
}

type Row = [string, string, string, string, string, string, string];

function isRow(cells: string[]): cells is Row {
  return cells.length === 7 && /^\d+$/.test(cells[0] ?? "");
}

const TEXTS: readonly [text: RegExp, code: number][] = [
  [/couldn't communicate with the NVIDIA driver/, 9],
  [/couldn't find libnvidia-ml\.so/, 12],
  [/Driver\/library version mismatch/, 18],
  [/No devices were found/, 6],
];

function faultOfText(line: string): NvmlFault | undefined {
  const known = TEXTS.find(([text]) => text.test(line));
  if (known !== undefined) return nvmlFault(known[1], line);
  const said = /^Failed to initialize NVML: (.*)$/.exec(line)?.[1];
  if (said === undefined) return undefined;
  return nvmlFault(codeOfText(said) ?? 999, line);
}

/** `Unable to determine the device handle for GPU0000:0B:00.0: GPU is lost.  Reboot the system …` */
function unreadableOfText(line: string): UnreadableGpu[] {
  const match =
    /^Unable to determine the device handle for (?:gpu|GPU)\s?(?:(\d+): )?[\dA-Fa-f]+:[\dA-Fa-f]+:[\dA-Fa-f]+\.\d: (.*)$/.exec(
      line,
    );
  if (match === null) return [];
  const index = match[1] === undefined ? null : Number(match[1]);
  return [{ index, fault: nvmlFault(codeOfText(match[2] ?? "") ?? 999, line) }];
}

function failure(table: readonly string[], code: string | undefined): NvmlFault {
  if (code === "timeout") {
    return { code: null, name: "HUNG", message: "nvidia-smi did not answer within 5 seconds" };
  }
  const text = table.join(" ");
  const number = Number(code);
  // Its exit code is NVML's, but 1 and 2 are what any command ends with.
  if (number > 2 && NVML_CODES[number] !== undefined) return nvmlFault(number, text);
  const message = `nvidia-smi told nothing (exit code ${code ?? "unknown"}): ${text || "no output"}`;
  return { code: null, name: "UNREADABLE", message };
}

/** A cell without a value says why in brackets: `[N/A]`, `[GPU is lost]`. */
function cell(text: string): string | null {
  return text.startsWith("[") || text === "N/A" ? null : text;
}

function faultOfRow(row: Row): NvmlFault | undefined {
  const said = (text: string) => codeOfText(/^\[(.*)\]$/.exec(text)?.[1] ?? "");
  const gone = row.map(said).find((code) => code === 15 || code === 999);
  if (gone !== undefined) return nvmlFault(gone);
  const nameless = [row[1], row[2]].find((text) => cell(text) === null);
  return nameless === undefined ? undefined : nvmlFault(said(nameless) ?? 999);
}

function describeRow([index, uuid, name, memory, , mig, capability]: Row, list: readonly string[]) {
  const gpu: GpuReport["gpus"][number] = {
    index: Number(index),
    uuid,
    name,
    memory_total_mib: cell(memory) === null ? null : Number(memory),
    compute_capability: cell(capability),
    mig: null,
  };
  if (cell(mig) === null) return gpu;
  const enabled = mig === "Enabled";
  return { ...gpu, mig: { enabled, devices: enabled ? migDevices(uuid, list) : [] } };
}

/** The lines below a GPU's own in `nvidia-smi -L`: `  MIG 1g.5gb  Device  0: (UUID: MIG-…)`. They tell no size. */
function migDevices(gpu: string, list: readonly string[]) {
  const own = list.findIndex((line) => line.startsWith("GPU ") && line.includes(`UUID: ${gpu})`));
  if (own < 0) return [];
  const next = list.findIndex((line, index) => index > own && line.startsWith("GPU "));
  return list
    .slice(own + 1, next < 0 ? undefined : next)
    .map((line) => /\(UUID: (MIG-[^)]+)\)/.exec(line)?.[1])
    .filter((uuid) => uuid !== undefined)
    .map((uuid) => ({ uuid, memory_total_mib: null }));
}

function cudaVersion(xml: readonly string[]): string | null {
  return xml.map((line) => /<cuda_version>(\d+\.\d+)</.exec(line)?.[1]).find(Boolean) ?? null;
}

import * as z from "zod";
import type { GpuLoad, NvmlFault, UnreadableGpu } from "./gpuFacts";
import type { GpuReport } from "./gpuReport";
import { nvmlFault } from "./nvmlCodes";

/** What a source told of the driver and its GPUs. */
export interface DriverAnswer {
  readonly driverVersion: string | null;
  readonly cudaVersion: string | null;
  /** why NVML could not tell the version of CUDA; null where it did */
  readonly cudaFault: NvmlFault | null;
  readonly gpus: GpuReport["gpus"];
  readonly unreadableGpus: readonly UnreadableGpu[];
}

/** An answer, or why there is none. */
export type Answered<Answer> = { readonly answer: Answer } | { readonly fault: NvmlFault };

interface Call<Value> {
  readonly code: number;
  readonly value: Value | null;
  readonly text?: string | undefined;
}

const call = <Value extends z.ZodType>(value: Value) =>
  z.object({ code: z.int(), value: value.nullable(), text: z.string().optional() });

const memory = call(z.object({ total: z.number(), used: z.number() }));
const handle = call(z.unknown());

/** Of a GPU whose handle could not be had, nothing but that is told. */
const gpu = z.object({
  index: z.int(),
  handle,
  uuid: call(z.string()).optional(),
  name: call(z.string()).optional(),
  memory: memory.optional(),
  compute_capability: call(z.string()).optional(),
  mig_mode: call(z.boolean()).optional(),
  mig_devices: z
    .array(z.object({ handle, uuid: call(z.string()).optional(), memory: memory.optional() }))
    .optional(),
});

const load = z.object({
  index: z.int(),
  handle,
  uuid: call(z.string()).optional(),
  utilization: call(z.number()).optional(),
  memory: memory.optional(),
  processes: call(z.array(z.object({ pid: z.int(), used: z.number().nullable() }))).optional(),
});

const answerOf = <Gpu extends z.ZodType>(gpus: Gpu) =>
  z.object({
    init: handle,
    driver_version: call(z.string()).optional(),
    cuda_version: call(z.int()).optional(),
    count: call(z.int()).optional(),
    gpus: z.array(gpus).default([]),
  });

const SECONDS = 5;
const MIB = 1024 ** 2;

/** With these a GPU is of no use, whatever else it still answers: lost, in need of a reset, taken from a container. */
const GONE = new Set([15, 16, 999]);

/**
 * Reads what assets/gpu/nvml_probe.py printed.
 * @param lines its output @param code how it ended: an exit code, `timeout` or `no-python`
 */
export function parseNvmlAnswer(
  lines: readonly string[],
  code: string | undefined,
): Answered<DriverAnswer> {
  const read = readAnswer(answerOf(gpu), lines, code);
  if ("fault" in read) return read;
  const { driver_version, cuda_version, gpus } = read.answer;
  const faults = gpus.map((one) => ({ index: one.index, fault: faultOf(one) }));
  return {
    answer: {
      driverVersion: driver_version?.value ?? null,
      cudaVersion: formatCuda(cuda_version?.value ?? null),
      cudaFault:
        cuda_version?.value === null ? nvmlFault(cuda_version.code, cuda_version.text) : null,
      gpus: gpus.filter((one) => faultOf(one) === undefined).map(describeGpu),
      unreadableGpus: faults.flatMap(({ index, fault }) =>
        fault === undefined ? [] : [{ index, fault }],
      ),
    },
  };
}

/** Reads what the same printed with --load; null where NVML did not answer. */
export function parseNvmlLoad(
  lines: readonly string[],
  code: string | undefined,
): GpuLoad[] | null {
  const read = readAnswer(answerOf(load), lines, code);
  if ("fault" in read) return null;
  return read.answer.gpus.flatMap(({ index, uuid, utilization, memory: held, processes }) => {
    // Without a name for it, its load is nobody's.
    if (uuid?.value == null) return [];
    return [
      {
        index,
        uuid: uuid.value,
        utilizationPercent: utilization?.value ?? null,
        memoryUsedMib: toMib(held?.value?.used),
        memoryTotalMib: toMib(held?.value?.total),
        processes:
          processes?.value?.map(({ pid, used }) => ({ pid, memoryUsedMib: toMib(used) })) ?? null,
      },
    ];
  });
}

function readAnswer<Gpu extends z.ZodType>(
  schema: ReturnType<typeof answerOf<Gpu>>,
  lines: readonly string[],
  code: string | undefined,
): Answered<z.infer<typeof schema>> {
  // An answer that was given before the time was up is one.
  const json = lines.find((line) => line.startsWith("{"));
  const parsed = json === undefined ? undefined : schema.safeParse(parseJson(json));
  if (parsed?.success !== true) return { fault: withoutAnswer(lines, code) };
  const { init, count } = parsed.data;
  if (init.code !== 0) return { fault: nvmlFault(init.code, init.text) };
  if (count === undefined) return { fault: withoutAnswer(lines, code) };
  return count.code === 0 ? { answer: parsed.data } : { fault: nvmlFault(count.code, count.text) };
}

/** The probe itself came to grief: NVML has no code for that. */
function withoutAnswer(lines: readonly string[], code: string | undefined): NvmlFault {
  if (code === "no-python") {
    const message = "NVML was not asked, because python3 is not installed";
    return { code: null, name: "NO_PYTHON", message };
  }
  if (code === "timeout") {
    return { code: null, name: "HUNG", message: `NVML did not answer within ${SECONDS} seconds` };
  }
  const signal = Number(code) - 128;
  if (signal > 0 && signal < 65) {
    const message = `NVIDIA's library ended the process that asked it (signal ${signal})`;
    return { code: null, name: "CRASHED", message };
  }
  const last = lines.at(-1) ?? "it printed nothing";
  return { code: null, name: "UNREADABLE", message: `the NVML probe gave no answer: ${last}` };
}

/** Why a GPU cannot be used; undefined where nothing speaks against it. */
function faultOf(one: z.infer<typeof gpu>): NvmlFault | undefined {
  const failed = (answer: Call<unknown> | undefined) => answer !== undefined && answer.code !== 0;
  const needed = [one.handle, one.uuid, one.name].find(failed);
  const gone = [one.memory, one.compute_capability, one.mig_mode].find(
    (answer) => answer !== undefined && GONE.has(answer.code),
  );
  const fault = needed ?? gone;
  return fault === undefined ? undefined : nvmlFault(fault.code, fault.text);
}

function describeGpu(one: z.infer<typeof gpu>): GpuReport["gpus"][number] {
  const partitioned = one.mig_mode?.value ?? null;
  return {
    index: one.index,
    uuid: one.uuid?.value ?? "",
    name: one.name?.value ?? "",
    memory_total_mib: toMib(one.memory?.value?.total),
    compute_capability: one.compute_capability?.value ?? null,
    mig:
      partitioned === null
        ? null
        : {
            enabled: partitioned,
            devices: (one.mig_devices ?? []).flatMap((device) =>
              device.uuid?.value == null
                ? []
                : [
                    {
                      uuid: device.uuid.value,
                      memory_total_mib: toMib(device.memory?.value?.total),
                    },
                  ],
            ),
          },
  };
}

/** 13000 → `13.0` */
function formatCuda(version: number | null): string | null {
  return version === null
    ? null
    : `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

function toMib(bytes: number | null | undefined): number | null {
  return bytes == null ? null : Math.floor(bytes / MIB);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import * as z from "zod";

/**
 * What is known of a host's GPUs: a contract with scripts, so keys are spelled as in the file. The
 * JSON schema beside the probe is made of this (scripts/gpuSchema.mjs), descriptions included.
 */
const mebibytes = z.int().nonnegative().nullable();

const migDevice = z.strictObject({
  uuid: z.string().describe("By which a container asks for the instance"),
  memory_total_mib: mebibytes.describe("null where it could not be read"),
});

const gpu = z.strictObject({
  index: z.int().nonnegative().describe("Not stable across boots: name a GPU by its UUID"),
  uuid: z.string(),
  name: z.string(),
  memory_total_mib: mebibytes.describe("null where memory is shared with the CPU"),
  compute_capability: z
    .string()
    .nullable()
    .describe("Such as 8.9; null where it could not be read"),
  mig: z
    .strictObject({ enabled: z.boolean(), devices: z.array(migDevice) })
    .nullable()
    .describe("null where the GPU cannot be partitioned"),
});

export const gpuReportSchema = z.strictObject({
  driver_version: z.string().nullable(),
  cuda_version: z
    .string()
    .nullable()
    .describe("The newest CUDA that the driver serves, such as 13.0; null without libcuda.so.1"),
  nvml_ok: z
    .boolean()
    .describe(
      "NVML was asked directly and answered, and not every GPU that it counts is unreadable",
    ),
  nvml_error: z
    .string()
    .nullable()
    .describe(
      "Such as `9 DRIVER_NOT_LOADED: Driver Not Loaded`. Beside nvml_ok, of a GPU that could not be read and is left out. null where everything was read",
    ),
  gpus: z.array(gpu).describe("From nvidia-smi where NVML could not be asked directly"),
  toolkit: z
    .strictObject({
      installed: z.boolean(),
      version: z.string().nullable(),
      runtime: z.boolean().describe('Docker has the runtime "nvidia"'),
      cdi: z
        .boolean()
        .describe("A CDI specification names NVIDIA devices, and the engine reads CDI"),
    })
    .describe("NVIDIA's container toolkit"),
});

export type GpuReport = z.infer<typeof gpuReportSchema>;

/**
 * UUIDs of what computes: of a GPU in MIG mode its instances, of which there may be none, and never the GPU as a whole:
 * the driver gives nobody that one, and NVIDIA's CDI specification does not name it.
 */
export function computingUuids(report: Pick<GpuReport, "gpus">): string[] {
  return report.gpus.flatMap(({ uuid, mig }) =>
    mig?.enabled === true ? mig.devices.map((device) => device.uuid) : [uuid],
  );
}

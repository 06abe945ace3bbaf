import * as z from "zod";

/**
 * What is known of a host's GPUs: a contract with scripts, so keys are spelled as in the file. The
 * JSON schema beside the probe is made of this.
 */
const migDevice = z.strictObject({
  uuid: z.string(),
  memory_total_mib: z.int().nonnegative().nullable(),
});

const gpu = z.strictObject({
  /** not stable across boots: name a GPU by its UUID */
  index: z.int().nonnegative(),
  uuid: z.string(),
  name: z.string(),
  /** null where memory is shared with the CPU */
  memory_total_mib: z.int().nonnegative().nullable(),
  /** `8.9`; null where it could not be read */
  compute_capability: z.string().nullable(),
  /** null where the GPU cannot be partitioned */
  mig: z.strictObject({ enabled: z.boolean(), devices: z.array(migDevice) }).nullable(),
});

export const gpuReportSchema = z.strictObject({
  driver_version: z.string().nullable(),
  /** the newest CUDA that the driver serves, `13.0` */
  cuda_version: z.string().nullable(),
  nvml_ok: z.boolean(),
  /** `9 DRIVER_NOT_LOADED: …`; null where NVML answered */
  nvml_error: z.string().nullable(),
  gpus: z.array(gpu),
  /** NVIDIA's container toolkit */
  toolkit: z.strictObject({
    installed: z.boolean(),
    version: z.string().nullable(),
    /** Docker has the runtime "nvidia" */
    runtime: z.boolean(),
    /** a CDI specification names NVIDIA devices, and the engine reads CDI */
    cdi: z.boolean(),
  }),
});

export type GpuReport = z.infer<typeof gpuReportSchema>;

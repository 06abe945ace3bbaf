import { type GpuFacts, parseGpuFacts } from "../../../plan/gpuFacts";

/** A host as far as the GPU probe tells of it, for tests of what follows from that. */
export interface GpuOutput {
  readonly driver?: string | null;
  /** compute capability of each GPU; default: one of 8.9 */
  readonly capabilities?: readonly string[];
  /** all GPUs are in MIG mode, without instances */
  readonly mig?: boolean;
  /** NVML's code for the version of CUDA; default: 0 */
  readonly cudaCode?: number;
  /** undefined: not installed */
  readonly toolkit?: string | undefined;
  readonly cdiDevices?: readonly string[];
  readonly cdiSpec?: boolean;
  /** GET /info; null: no engine answers */
  readonly engine?: Readonly<Record<string, unknown>> | null;
  readonly distribution?: string;
  /** further lines of the probe */
  readonly lines?: readonly string[];
}

export const GPU_UUID = (index: number) => `GPU-00000000-0000-0000-0000-00000000000${index}`;

/** Output of the probe on a host whose GPUs reach containers by CDI, but for what is given. */
export function gpuOutput(host: GpuOutput = {}): string {
  const {
    driver = "580.95.05",
    capabilities = ["8.9"],
    cudaCode = 0,
    distribution = "ubuntu",
  } = host;
  const { toolkit = "toolkit" in host ? undefined : "1.20.0" } = host;
  const { cdiDevices = ["nvidia.com/gpu=all"], cdiSpec = cdiDevices.length > 0 } = host;
  const engine =
    host.engine === null ? [] : [`engine\t${JSON.stringify({ ...ENGINE, ...host.engine })}`];
  const answer = (value: unknown) => ({ code: 0, value });
  const nvml = {
    init: answer(null),
    driver_version: answer(driver),
    cuda_version: cudaCode === 0 ? answer(13000) : { code: cudaCode, value: null, text: "said so" },
    count: answer(capabilities.length),
    gpus: capabilities.map((capability, index) => ({
      index,
      handle: answer(null),
      uuid: answer(GPU_UUID(index)),
      name: answer("NVIDIA GeForce RTX 4090"),
      memory: answer({ total: 24564 * 1024 ** 2, used: 0 }),
      compute_capability: answer(capability),
      mig_mode: host.mig === true ? answer(true) : { code: 3, value: null },
      mig_devices: [],
    })),
  };
  return [
    ...(driver === null
      ? ["nvml-code\tno-python"]
      : [`nvml\t${JSON.stringify(nvml)}`, "nvml-code\t0"]),
    ...(toolkit === undefined
      ? []
      : [`ctk\tNVIDIA Container Toolkit CLI version ${toolkit}`, "ctk-code\t0"]),
    ...cdiDevices.map((name) => `cdi\t${name}`),
    ...(cdiSpec ? ["cdi-spec\t/var/run/cdi/nvidia.yaml"] : []),
    ...engine,
    `os-ID\t${distribution}`,
    "os-VERSION_ID\t1",
    "os-ID_LIKE\t",
    ...(host.lines ?? []),
  ].join("\n");
}

/** An engine that reads CDI specifications. */
const ENGINE = {
  ServerVersion: "29.1.0",
  Runtimes: { runc: {} },
  CgroupDriver: "systemd",
  CDISpecDirs: ["/etc/cdi", "/var/run/cdi"],
};

export function gpuFacts(host: GpuOutput = {}): GpuFacts {
  return parseGpuFacts(gpuOutput(host));
}

import type { GpuFacts, RenderNode } from "../../../plan/gpuFacts";
import type { GpuReport } from "../../../plan/gpuReport";

/** UUIDs of two GPUs, and of two instances of the second one. */
export const GPU_A = "GPU-aaaaaaaa-0000-0000-0000-00000000000a";
export const GPU_B = "GPU-bbbbbbbb-0000-0000-0000-00000000000b";
export const MIG_1 = "MIG-11111111-0000-0000-0000-000000000001";
export const MIG_2 = "MIG-22222222-0000-0000-0000-000000000002";

const NONE: GpuFacts = {
  report: {
    driver_version: null,
    cuda_version: null,
    nvml_ok: false,
    nvml_error: null,
    gpus: [],
    toolkit: { installed: false, version: null, runtime: false, cdi: false },
  },
  source: "none",
  nvml: null,
  unreadableGpus: [],
  driver: { loadedVersion: null, cards: [] },
  toolkit: {
    version: null,
    runtime: false,
    cdiSpec: false,
    engineReadsCdi: false,
    cdiDevices: [],
  },
  engine: { version: "28.5.1", runtimes: ["runc"], cgroupDriver: "systemd" },
  renderNodes: [],
  kfd: undefined,
  host: {
    distribution: "ubuntu",
    distributionVersion: "24.04",
    distributionLike: ["debian"],
    memoryTotalMib: 65536,
    wsl: false,
  },
  problems: [],
};

/** A host without any GPU, but for these facts. */
export function gpuHost(changes: Partial<GpuFacts> = {}): GpuFacts {
  return { ...NONE, ...changes };
}

export type ReportedGpu = GpuReport["gpus"][number];

/** A card of 24 GiB. */
export function reportedGpu(uuid: string, changes: Partial<ReportedGpu> = {}): ReportedGpu {
  return {
    index: 0,
    uuid,
    name: "NVIDIA GeForce RTX 4090",
    memory_total_mib: 24564,
    compute_capability: "8.9",
    mig: null,
    ...changes,
  };
}

/** Two GPUs, a current driver, and an engine that knows them by CDI and by the runtime. */
export function nvidiaHost(
  report: Partial<GpuReport> = {},
  changes: Partial<GpuFacts> = {},
): GpuFacts {
  return gpuHost({
    report: {
      driver_version: "580.95.05",
      cuda_version: "13.0",
      nvml_ok: true,
      nvml_error: null,
      gpus: [reportedGpu(GPU_A), reportedGpu(GPU_B, { index: 1 })],
      toolkit: { installed: true, version: "1.20.0", runtime: true, cdi: true },
      ...report,
    },
    source: "nvml",
    driver: { loadedVersion: "580.95.05", cards: [{ address: "0000:01:00.0", driver: "nvidia" }] },
    toolkit: {
      version: "1.20.0",
      runtime: true,
      cdiSpec: true,
      engineReadsCdi: true,
      cdiDevices: ["all", GPU_A, GPU_B].map((name) => `nvidia.com/gpu=${name}`),
    },
    ...changes,
  });
}

export function renderNode(
  name: string,
  vendor: RenderNode["vendor"],
  changes: Partial<RenderNode> = {},
): RenderNode {
  return {
    path: `/dev/dri/${name}`,
    group: 992,
    name,
    vendor,
    pciId: "1002:744c",
    memoryTotalMib: vendor === "amd" ? 24560 : null,
    ...changes,
  };
}

/** One card of AMD's beside the graphics of an Intel processor. */
export function amdHost(changes: Partial<GpuFacts> = {}): GpuFacts {
  return gpuHost({
    renderNodes: [
      renderNode("renderD128", "amd"),
      renderNode("renderD129", "intel", { pciId: "8086:a780" }),
    ],
    kfd: { path: "/dev/kfd", group: 992 },
    ...changes,
  });
}

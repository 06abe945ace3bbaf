import type { GpuFacts, RenderNode } from "./gpuFacts";
import { CUDA_13_DRIVER } from "./gpuProblems";
import type { Settings } from "./settings";
import { isOlder } from "./versions";

/** Images of a service that know one kind of GPU, as `x-aistack: variants` names them. */
export const GPU_VARIANTS = ["nvidia-cuda-12", "nvidia-cuda-13", "amd", "intel"] as const;

export type GpuVariant = (typeof GPU_VARIANTS)[number];

/** Devices that a container asks the engine for by name. */
export interface DeviceRequestSpec {
  readonly driver: string;
  /** sorted */
  readonly deviceIds: readonly string[];
}

/** What a container is given so that it reaches the GPUs. */
export interface GpuRequest {
  readonly deviceRequests: readonly DeviceRequestSpec[];
  /** undefined: the engine's own */
  readonly runtime: string | undefined;
  /** device nodes of the host, or folders of them */
  readonly devices: readonly string[];
  /** numeric ids of the groups that may use those nodes, as text */
  readonly groupAdds: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** the image that fits; undefined: the plain one */
  readonly variantKey: GpuVariant | undefined;
}

const NOTHING: GpuRequest = {
  deviceRequests: [],
  runtime: undefined,
  devices: [],
  groupAdds: [],
  environment: {},
  variantKey: undefined,
};

/**
 * From configuration to what containers ask for.
 * @param facts of the host; undefined where it was not looked at: then the image that runs on the older
 *   drivers, and no groups
 */
export function requestGpu(
  settings: Pick<Settings, "gpu" | "gpuMode" | "gpuDevices">,
  facts: GpuFacts | undefined,
): GpuRequest {
  const { gpu, gpuMode, gpuDevices } = settings;
  switch (gpu) {
    case "none":
      return NOTHING;
    case "nvidia":
      return gpuMode === "cdi"
        ? { ...NOTHING, deviceRequests: [cdiRequest(gpuDevices)], variantKey: cudaVariant(facts) }
        : { ...NOTHING, ...nvidiaRuntime(gpuDevices), variantKey: cudaVariant(facts) };
    case "amd":
      return { ...NOTHING, ...renderRequest("amd", gpuDevices, facts), variantKey: "amd" };
    case "intel":
      return { ...NOTHING, ...renderRequest("intel", gpuDevices, facts), variantKey: "intel" };
  }
}

/** A GPU's UUID is a name in the CDI specification since container toolkit 1.15; its index is not stable across boots. */
function cdiRequest(uuids: readonly string[]): DeviceRequestSpec {
  const names = uuids.length === 0 ? ["all"] : [...uuids].sort();
  return { driver: "cdi", deviceIds: names.map((name) => `nvidia.com/gpu=${name}`) };
}

/**
 * The runtime rather than a device request to the driver "nvidia": since container toolkit 1.18 the runtime
 * writes devices into the container's own specification. The hook behind a device request adds them behind
 * systemd's back, which takes them away at the next `daemon-reload` (NVIDIA/nvidia-container-toolkit issue 48).
 */
function nvidiaRuntime(uuids: readonly string[]): Pick<GpuRequest, "runtime" | "environment"> {
  return {
    runtime: "nvidia",
    environment: {
      NVIDIA_VISIBLE_DEVICES: uuids.length === 0 ? "all" : [...uuids].sort().join(","),
      // utility is nvidia-smi and NVML, by which the container is asked whether it still has its GPUs.
      NVIDIA_DRIVER_CAPABILITIES: "compute,utility",
    },
  };
}

/** An image for CUDA 13 refuses to start on an older driver; one for CUDA 12 starts on both. */
function cudaVariant(facts: GpuFacts | undefined): GpuVariant {
  const { cuda_version: cuda = null, driver_version: driver = null } = facts?.report ?? {};
  // Without libcuda.so.1 NVML does not tell the CUDA version; the driver's own tells it too.
  const serves13 =
    cuda === null ? driver !== null && !isOlder(driver, CUDA_13_DRIVER) : !isOlder(cuda, "13.0");
  return serves13 ? "nvidia-cuda-13" : "nvidia-cuda-12";
}

function renderRequest(
  vendor: "amd" | "intel",
  names: readonly string[],
  facts: GpuFacts | undefined,
): Pick<GpuRequest, "devices" | "groupAdds"> {
  const nodes = renderNodesOf(vendor, names, facts);
  const compute = vendor === "amd" ? ["/dev/kfd"] : [];
  // The folder rather than its nodes: their numbers may be others after a boot.
  const render =
    names.length === 0 ? ["/dev/dri"] : [...names].sort().map((name) => `/dev/dri/${name}`);
  const groups = [...nodes, ...(vendor === "amd" && facts?.kfd ? [facts.kfd] : [])].map(
    ({ group }) => group,
  );
  return {
    devices: [...compute, ...render],
    // Numbers, since images name the groups otherwise or not at all; root's is every process's already.
    groupAdds: [...new Set(groups)]
      .filter((group) => group !== 0)
      .sort((one, other) => one - other)
      .map(String),
  };
}

/** Those of a vendor's render nodes that are to be used: the named ones, or all. */
export function renderNodesOf(
  vendor: "amd" | "intel",
  names: readonly string[],
  facts: GpuFacts | undefined,
): RenderNode[] {
  return (facts?.renderNodes ?? []).filter(
    (node) => node.vendor === vendor && (names.length === 0 || names.includes(node.name)),
  );
}

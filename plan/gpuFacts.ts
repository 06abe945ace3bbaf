import type { Problem } from "./errors";
import type { GpuReport } from "./gpuReport";

/** What the GPU probe (host/gpuProbe.ts) saw of a host. */
export interface GpuFacts {
  /** the contract with scripts; NVIDIA alone */
  readonly report: GpuReport;
  /** what the report's driver and GPUs were read from */
  readonly source: "nvml" | "nvidia-smi" | "none";
  /** null where NVML answered */
  readonly nvml: NvmlFault | null;
  /** GPUs that NVML counts but cannot read; they are not in the report */
  readonly unreadableGpus: readonly UnreadableGpu[];
  readonly driver: DriverFacts;
  readonly toolkit: ToolkitFacts;
  /** undefined where the Docker engine did not answer */
  readonly engine: GpuEngineFacts | undefined;
  /** every GPU's render node, of any vendor, by name */
  readonly renderNodes: readonly RenderNode[];
  /** AMD's compute device; undefined where it is not there */
  readonly kfd: DeviceNode | undefined;
  readonly host: GpuHostFacts;
  /** everything that keeps NVIDIA GPUs of this host from containers, or soon will; empty where there are none */
  readonly problems: readonly GpuProblem[];
}

/** Why NVML, or one call of it, gave no answer. */
export interface NvmlFault {
  /** NVML's return code; null where the fault is not NVML's own: HUNG, CRASHED, NO_PYTHON, UNREADABLE */
  readonly code: number | null;
  readonly name: string;
  readonly message: string;
}

export interface UnreadableGpu {
  readonly index: number;
  readonly fault: NvmlFault;
}

export interface GpuProblem extends Problem {
  /** `error`: containers get no GPU, or must not; `warning`: they do, but not everything works */
  readonly severity: "error" | "warning";
}

export interface DriverFacts {
  /** of the module in the kernel, from /proc; null where none is loaded */
  readonly loadedVersion: string | null;
  /** NVIDIA display or compute cards on the PCI bus, whether a driver serves them or not */
  readonly cards: readonly PciCard[];
}

export interface PciCard {
  /** `0000:01:00.0` */
  readonly address: string;
  /** kernel module that serves it: `nvidia`, `nouveau`, `vfio-pci`; null where none does */
  readonly driver: string | null;
}

export interface ToolkitFacts {
  /** of nvidia-ctk; null where it is not installed */
  readonly version: string | null;
  /** Docker has the runtime "nvidia" */
  readonly runtime: boolean;
  /** a CDI specification on the host names NVIDIA devices */
  readonly cdiSpec: boolean;
  /** the engine reads CDI specifications */
  readonly engineReadsCdi: boolean;
  /** as a CDI request names them: `nvidia.com/gpu=all`, `nvidia.com/gpu=GPU-…` */
  readonly cdiDevices: readonly string[];
}

export interface GpuEngineFacts {
  readonly version: string;
  /** names of the runtimes that it knows */
  readonly runtimes: readonly string[];
  /** `systemd` or `cgroupfs` */
  readonly cgroupDriver: string;
}

export interface DeviceNode {
  readonly path: string;
  /** numeric id of its group, which a container's process must join */
  readonly group: number;
}

export type RenderVendor = "nvidia" | "amd" | "intel" | "other";

export interface RenderNode extends DeviceNode {
  /** `renderD128` */
  readonly name: string;
  readonly vendor: RenderVendor;
  /** vendor and device, `1002:744c` */
  readonly pciId: string;
  /** null where it shares the CPU's memory, or its driver does not tell (all but AMD) */
  readonly memoryTotalMib: number | null;
}

export interface GpuHostFacts {
  /** ID of /etc/os-release, `ubuntu` */
  readonly distribution: string;
  readonly distributionVersion: string;
  /** ID_LIKE of /etc/os-release: families that the distribution belongs to */
  readonly distributionLike: readonly string[];
  readonly memoryTotalMib: number | null;
  /** Linux under Windows: the driver is Windows' */
  readonly wsl: boolean;
}

/** What a GPU is doing at the moment. */
export interface GpuLoad {
  readonly index: number;
  readonly uuid: string;
  /** share of time in which it computed, in percent; null where it does not tell */
  readonly utilizationPercent: number | null;
  readonly memoryUsedMib: number | null;
  readonly memoryTotalMib: number | null;
  /** processes that compute on it */
  readonly processes: readonly { readonly pid: number; readonly memoryUsedMib: number | null }[];
}

/**
 * Reads the output of the GPU probe (`gpuProbeScript`).
 * @throws Error (a bug, with its stack) where the output is not of the probe's form
 */
export function parseGpuFacts(output: string): GpuFacts {
  throw new Error(`not there yet: ${output}`);
}

/**
 * Reads the output of the load probe (`gpuLoadScript`).
 * @returns null where NVML did not answer
 */
export function parseGpuLoad(output: string): GpuLoad[] | null {
  throw new Error(`not there yet: ${output}`);
}

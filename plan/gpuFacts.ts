import type { Problem } from "./errors";
import { findGpuProblems } from "./gpuProblems";
import type { GpuReport } from "./gpuReport";
import { parseEngineInfo, parseToolkit } from "./gpuToolkit";
import { libraryVersion, parseNvidiaSmi } from "./nvidiaSmi";
import { type DriverAnswer, parseNvmlAnswer, parseNvmlLoad } from "./nvmlAnswer";
import { formatFault } from "./nvmlCodes";
import { ProbeLines } from "./probeLines";

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
  /** null where nvidia-smi tells its PCI address alone */
  readonly index: number | null;
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
  /** processes that compute on it; null where it does not tell */
  readonly processes:
    | readonly { readonly pid: number; readonly memoryUsedMib: number | null }[]
    | null;
}

/**
 * Reads the output of the GPU probe (`gpuProbeScript`).
 * @throws Error (a bug, with its stack) where the output is not of the probe's form
 */
export function parseGpuFacts(output: string): GpuFacts {
  const lines = new ProbeLines(output);
  const driver = parseDriver(lines);
  const host = parseHost(lines);
  const engine = parseEngineInfo(lines.all("engine"));
  const toolkit = parseToolkit(
    { version: lines.all("ctk"), devices: lines.all("cdi"), specs: lines.all("cdi-spec") },
    engine,
  );
  const asked = askSources(lines);
  const report = makeReport(asked, driver, lines.has("ctk-code"), toolkit);
  const facts = {
    report,
    source: asked.source,
    nvml: asked.nvml,
    unreadableGpus: asked.answer.unreadableGpus,
  };
  return {
    ...facts,
    driver,
    toolkit,
    engine: engine && {
      version: engine.version,
      runtimes: engine.runtimes,
      cgroupDriver: engine.cgroupDriver,
    },
    renderNodes: lines.all("render").map(parseRenderNode),
    kfd: lines.has("kfd") ? { path: "/dev/kfd", group: Number(lines.one("kfd")) } : undefined,
    host,
    problems: findGpuProblems({
      facts,
      driver,
      host,
      toolkit,
      engine,
      cudaFault: asked.answer.cudaFault,
      libraryVersion: libraryVersion(lines.all("smi")),
    }),
  };
}

/**
 * Reads the output of the load probe (`gpuLoadScript`).
 * @returns null where NVML did not answer
 */
export function parseGpuLoad(output: string): GpuLoad[] | null {
  const lines = new ProbeLines(output);
  return parseNvmlLoad(lines.all("nvml"), lines.one("nvml-code"));
}

interface Asked {
  readonly source: GpuFacts["source"];
  readonly nvml: NvmlFault | null;
  readonly answer: DriverAnswer;
}

const NOTHING: DriverAnswer = {
  driverVersion: null,
  cudaVersion: null,
  cudaFault: null,
  gpus: [],
  unreadableGpus: [],
};

/** NVML's answer, or nvidia-smi's where NVML gave none. */
function askSources(lines: ProbeLines): Asked {
  const nvml = parseNvmlAnswer(lines.all("nvml"), lines.one("nvml-code"));
  if ("answer" in nvml) return { source: "nvml", nvml: null, answer: nvml.answer };
  if (!lines.has("smi-code")) return { source: "none", nvml: nvml.fault, answer: NOTHING };
  const smi = parseNvidiaSmi({
    table: lines.all("smi"),
    code: lines.one("smi-code"),
    xml: lines.all("smi-xml"),
    list: lines.all("smi-list"),
  });
  if ("answer" in smi) return { source: "nvidia-smi", nvml: nvml.fault, answer: smi.answer };
  // A fault of our own says less than what nvidia-smi heard from NVML.
  const fault = nvml.fault.code === null ? smi.fault : nvml.fault;
  return { source: "none", nvml: fault, answer: NOTHING };
}

function makeReport(
  { nvml, answer }: Asked,
  driver: DriverFacts,
  installed: boolean,
  toolkit: ToolkitFacts,
): GpuReport {
  const [unreadable] = answer.unreadableGpus;
  // GPUs that are all unreadable are as good as none.
  const useless = answer.gpus.length === 0 && unreadable !== undefined;
  const fault = nvml ?? unreadable?.fault ?? null;
  return {
    driver_version: answer.driverVersion ?? driver.loadedVersion,
    cuda_version: answer.cudaVersion,
    nvml_ok: nvml === null && !useless,
    nvml_error: fault === null ? null : formatFault(fault),
    gpus: [...answer.gpus],
    toolkit: {
      installed,
      version: toolkit.version,
      runtime: toolkit.runtime,
      cdi: toolkit.cdiSpec && toolkit.engineReadsCdi,
    },
  };
}

function parseDriver(lines: ProbeLines): DriverFacts {
  return {
    // `NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build …`
    loadedVersion: /\s(\d{3,}\.\d+(?:\.\d+)?)\s/.exec(`${lines.one("module") ?? ""} `)?.[1] ?? null,
    cards: lines.all("card").map((line) => {
      const [address = "", module = ""] = line.split("\t");
      return { address, driver: module === "" ? null : module };
    }),
  };
}

const VENDORS: Readonly<Record<string, RenderVendor>> = {
  "0x10de": "nvidia",
  "0x1002": "amd",
  "0x8086": "intel",
};

/** `renderD128<tab>105<tab>0x1002<tab>0x744c<tab>25753026560`; the last is empty where the driver does not tell it */
function parseRenderNode(line: string): RenderNode {
  const [name = "", group = "", vendor = "", device = "", bytes = ""] = line.split("\t");
  return {
    name,
    path: `/dev/dri/${name}`,
    group: Number(group),
    vendor: VENDORS[vendor] ?? "other",
    pciId: [vendor, device].map((id) => id.replace(/^0x/, "")).join(":"),
    memoryTotalMib: bytes === "" ? null : Math.floor(Number(bytes) / 1024 ** 2),
  };
}

function parseHost(lines: ProbeLines): GpuHostFacts {
  const memory = lines.one("memory");
  return {
    distribution: lines.one("os-ID") ?? "",
    distributionVersion: lines.one("os-VERSION_ID") ?? "",
    distributionLike: (lines.one("os-ID_LIKE") ?? "").split(" ").filter((id) => id !== ""),
    memoryTotalMib: memory === undefined ? null : Math.floor(Number(memory) / 1024),
    wsl: lines.has("wsl"),
  };
}

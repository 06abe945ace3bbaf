import type { GpuEngineFacts, GpuFacts, GpuProblem, NvmlFault, ToolkitFacts } from "./gpuFacts";
import { computingUuids, type GpuReport } from "./gpuReport";
import { installDriver, nvmlProblem, type RemedyContext, updateDriver } from "./nvmlRemedies";
import { plain } from "./quote";
import {
  CDI_ENGINE,
  configureEngine,
  installToolkit,
  updateToolkit,
  WRITE_CDI_SPEC,
} from "./toolkitRemedies";
import { describeFloor, findFloor, floorOf } from "./versionFloors";
import { isOlder } from "./versions";

/** Its name in the table of floors. */
const TOOLKIT = "nvidia-container-toolkit";

/** Oldest driver that Ollama computes on, and the oldest for GPUs up to compute capability 6.2. Source: ollama, docs/gpu.mdx. */
export const OLLAMA_DRIVER = "550";
export const OLLAMA_DRIVER_FOR_OLD_GPUS = "570";
const OLLAMA_CAPABILITY = "5.0";
const NEWER_CAPABILITY = "7.0";

/** Oldest driver that serves CUDA 13. Source: docs.nvidia.com, CUDA minor version compatibility. */
export const CUDA_13_DRIVER = "580";

export interface ProblemContext extends RemedyContext {
  readonly facts: Pick<GpuFacts, "report" | "source" | "nvml" | "unreadableGpus">;
  readonly toolkit: ToolkitFacts;
  /** why NVML told no version of CUDA */
  readonly cudaFault: NvmlFault | null;
  readonly engine: GpuEngineFacts | undefined;
}

/** Everything that keeps NVIDIA's GPUs from containers, or soon will; empty on a host that has none of NVIDIA's. */
export function findGpuProblems(context: ProblemContext): GpuProblem[] {
  if (!hasNvidia(context)) return [];
  const { facts } = context;
  return [
    ...driverProblems(context),
    // What a driver would have to be is told once there is one.
    ...(facts.report.driver_version === null || facts.report.gpus.length === 0
      ? []
      : versionProblems(facts.report, context)),
    ...migProblems(facts.report),
    ...toolkitProblems(context),
    ...handoverProblems(context),
  ];
}

/** Any trace of NVIDIA: a card, a module, or a library that was found, whatever it said. */
function hasNvidia({ driver, facts: { source, nvml } }: ProblemContext): boolean {
  const found =
    nvml?.code === null ? nvml.name === "HUNG" || nvml.name === "CRASHED" : nvml?.code !== 12;
  return driver.cards.length > 0 || driver.loadedVersion !== null || source !== "none" || found;
}

function driverProblems(context: ProblemContext): GpuProblem[] {
  const { source, nvml, report, unreadableGpus } = context.facts;
  const problems: GpuProblem[] = [];
  if (nvml !== null) {
    const problem = nvmlProblem(nvml, "NVIDIA driver", context);
    problems.push(
      source === "none"
        ? { severity: "error", ...problem }
        : {
            severity: "warning",
            ...problem,
            what: `${problem.what}; this was read from nvidia-smi instead`,
          },
    );
  }
  const severity = report.gpus.length === 0 ? "error" : "warning";
  for (const { index, fault } of unreadableGpus) {
    const where = index === null ? "GPU" : `GPU ${index}`;
    problems.push({ severity, ...nvmlProblem(fault, where, context) });
  }
  if (source !== "none" && report.gpus.length === 0 && unreadableGpus.length === 0) {
    problems.push(
      error(
        "the driver is loaded, but finds no GPU",
        "NVIDIA driver",
        "See whether the card is there with: lspci -d 10de:, and what the driver says with: sudo dmesg | grep -iE 'nvrm|xid'",
      ),
    );
  }
  return problems;
}

function versionProblems(report: GpuReport, context: ProblemContext): GpuProblem[] {
  const driver = plain(report.driver_version ?? "");
  const where = "NVIDIA driver";
  const update = updateDriver(context);
  if (isOlder(driver, OLLAMA_DRIVER)) {
    return [error(`driver ${driver} is too old: Ollama needs ${OLLAMA_DRIVER}`, where, update)];
  }
  const problems = capabilityProblems(report, driver, update);
  if (isOlder(driver, CUDA_13_DRIVER)) {
    const what = `driver ${driver} serves no CUDA 13: images for it refuse to start, so those for CUDA 12 are used`;
    problems.push(warning(`${what}. From ${CUDA_13_DRIVER} on it does`, where, update));
  }
  const { cudaFault } = context;
  if (cudaFault?.code === 12) {
    const what = "the driver's compute library, libcuda.so.1, is not installed";
    problems.push(error(what, where, installCompute(driver, context)));
  } else if (cudaFault !== null) {
    problems.push({ severity: "warning", ...nvmlProblem(cudaFault, "CUDA", context) });
  }
  return problems;
}

/** GPUs that Ollama leaves alone: it is an error where none is left. */
function capabilityProblems(report: GpuReport, driver: string, update: string): GpuProblem[] {
  const faults = report.gpus.map(({ index, name: called, compute_capability: capability }) => {
    const name = plain(called);
    const where = `GPU ${index}`;
    if (capability === null) return undefined;
    if (isOlder(capability, OLLAMA_CAPABILITY)) {
      const what = `${name} has compute capability ${capability}, and Ollama needs ${OLLAMA_CAPABILITY}`;
      return { what, where, fix: "Use another GPU, or set aistack:gpu: none" };
    }
    if (isOlder(capability, NEWER_CAPABILITY) && isOlder(driver, OLLAMA_DRIVER_FOR_OLD_GPUS)) {
      const what = `${name} has compute capability ${capability}, for which Ollama needs driver ${OLLAMA_DRIVER_FOR_OLD_GPUS}, not ${driver}`;
      return { what, where, fix: update };
    }
    return undefined;
  });
  const severity = faults.includes(undefined) ? "warning" : "error";
  return faults.flatMap((fault) => (fault === undefined ? [] : [{ severity, ...fault }]));
}

function installCompute(driver: string, context: RemedyContext): string {
  const [branch] = driver.split(".");
  switch (context.host.distribution) {
    case "ubuntu":
      return `Install it: sudo apt-get install -y libnvidia-compute-${branch}, or libnvidia-compute-${branch}-server beside a -server driver`;
    case "debian":
      return "Install it: sudo apt-get install -y libcuda1";
    default:
      return installDriver(context);
  }
}

function migProblems(report: GpuReport): GpuProblem[] {
  return report.gpus
    .filter(({ mig }) => mig?.enabled === true && mig.devices.length === 0)
    .map(({ index }) => ({
      severity: computingUuids(report).length === 0 ? "error" : "warning",
      what: "it is in MIG mode, but has no instances, so nothing can compute on it",
      where: `GPU ${index}`,
      fix: `List the sizes with: sudo nvidia-smi mig -i ${index} -lgip, make instances with: sudo nvidia-smi mig -i ${index} -cgi ID -C, or leave MIG with: sudo nvidia-smi -i ${index} -mig 0`,
    }));
}

function toolkitProblems({ facts, toolkit, host, engine }: ProblemContext): GpuProblem[] {
  const where = "container toolkit";
  if (!facts.report.toolkit.installed) {
    const what = "NVIDIA's container toolkit is not installed, so containers get no GPU";
    return [error(what, where, installToolkit(host, engine, toolkit))];
  }
  const { version } = toolkit;
  if (version === null)
    return [
      error(
        `its version could not be read; ${floorOf(findFloor(TOOLKIT))} or newer is needed`,
        where,
        "See what this says: nvidia-ctk --version",
      ),
    ];
  const found = describeFloor(TOOLKIT, version);
  return found === undefined ? [] : [error(found, where, updateToolkit(host))];
}

/** How GPUs get from the host into containers. */
function handoverProblems({ toolkit, engine, facts }: ProblemContext): GpuProblem[] {
  // Without a toolkit its installation tells all of this.
  if (engine === undefined || !facts.report.toolkit.installed) return [];
  const where = "docker";
  const usable = toolkit.cdiSpec && toolkit.engineReadsCdi;
  if (!usable && !toolkit.runtime && !toolkit.engineReadsCdi) {
    const what = "Docker knows nothing of the container toolkit, so containers get no GPU";
    return [error(what, where, configureEngine(engine))];
  }
  if (toolkit.engineReadsCdi && !toolkit.cdiSpec) {
    const what =
      "there is no CDI specification of the GPUs (the toolkit's nvidia-cdi-refresh writes it)";
    return [problem(!toolkit.runtime, what, "container toolkit", `Write it: ${WRITE_CDI_SPEC}`)];
  }
  if (!usable) return [...cdiOff(engine), ...reloadHazard(engine)];
  return staleSpecification(toolkit, facts.report);
}

/** The runtime is there, CDI is not. */
function cdiOff(engine: GpuEngineFacts): GpuProblem[] {
  const runtime = "Until then set aistack:gpuMode: runtime";
  if (isOlder(engine.version, CDI_ENGINE)) {
    const what = `engine ${engine.version} does not know CDI; ${CDI_ENGINE} or newer is needed for aistack:gpuMode: cdi`;
    return [warning(what, "docker", `Update Docker. ${runtime}`)];
  }
  const what = `engine ${engine.version} could read CDI specifications, but is not told to`;
  return [warning(what, "docker", `${runtime}. ${configureEngine(engine)}`)];
}

/** Source: NVIDIA/nvidia-container-toolkit issue 48. */
function reloadHazard(engine: GpuEngineFacts): GpuProblem[] {
  if (engine.cgroupDriver !== "systemd") return [];
  const what =
    "a systemctl daemon-reload takes the GPUs away from containers that got them without CDI";
  return [
    warning(what, "docker", "Restart a container that lost them, or move to aistack:gpuMode: cdi"),
  ];
}

/** A specification that names GPUs by UUID, but not all there are: one was added, or partitioned anew. */
function staleSpecification({ cdiDevices }: ToolkitFacts, report: GpuReport): GpuProblem[] {
  if (!cdiDevices.some((name) => /=(?:GPU|MIG)-/.test(name))) return [];
  const unnamed = computingUuids(report).filter(
    (uuid) => !cdiDevices.includes(`nvidia.com/gpu=${uuid}`),
  );
  if (unnamed.length === 0) return [];
  const what = `the CDI specification is out of date: it does not name ${unnamed.join(", ")}`;
  return [warning(what, "container toolkit", `Write it anew: ${WRITE_CDI_SPEC}`)];
}

function problem(isError: boolean, what: string, where: string, fix: string): GpuProblem {
  return { severity: isError ? "error" : "warning", what, where, fix };
}

function error(what: string, where: string, fix: string): GpuProblem {
  return problem(true, what, where, fix);
}

function warning(what: string, where: string, fix: string): GpuProblem {
  return problem(false, what, where, fix);
}

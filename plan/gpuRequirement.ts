import type { Problem } from "./errors";
import { missingGpu } from "./gpuExpectation";
import type { GpuFacts, GpuProblem, RenderNode } from "./gpuFacts";
import type { GpuReport } from "./gpuReport";
import { renderNodesOf } from "./gpuRequest";
import { quote } from "./quote";
import type { Settings } from "./settings";
import { WRITE_CDI_SPEC } from "./toolkitRemedies";

/** What a stack wants of a host's GPUs; there is none where `gpu` is none. */
export type GpuRequirement = Pick<
  Settings,
  "gpuMode" | "gpuDevices" | "gpuRequired" | "minVramMiB"
> & { readonly gpu: Exclude<Settings["gpu"], "none"> };

/** A GPU, or an instance of one, as far as it is compared with what is wanted. */
interface UsableGpu {
  readonly name: string;
  /** null where it shares the CPU's memory, or where that could not be read */
  readonly memoryMib: number | null;
  /** in MIG mode: its instances are used in its place */
  readonly partitioned: boolean;
}

/**
 * Compares what a stack wants with the GPUs that a host has. Preflight and gate both ask this.
 * @returns errors where a container would not get what is wanted; warnings where it does, with a catch
 */
export function checkGpu(requirement: GpuRequirement, facts: GpuFacts): GpuProblem[] {
  return requirement.gpu === "nvidia"
    ? checkNvidia(requirement, facts)
    : checkRenderNodes(requirement, requirement.gpu, facts);
}

/** The errors among problems: those that keep a container from what is wanted. */
export function errorsOf(problems: readonly GpuProblem[]): GpuProblem[] {
  return problems.filter(({ severity }) => severity === "error");
}

function checkNvidia(requirement: GpuRequirement, facts: GpuFacts): GpuProblem[] {
  const absent = missingGpu("nvidia", facts);
  // Without a driver that answers nothing below can be told.
  if (absent.length > 0) return [...new Set([...asErrors(absent), ...facts.problems])];
  const usable = nvidiaGpus(facts.report);
  const missing = missingNames(requirement.gpuDevices, usable);
  return [
    ...facts.problems,
    ...handover(requirement, facts),
    ...missing,
    ...(missing.length > 0 ? [] : unlistedInCdi(requirement, facts)),
    ...tooSmall(requirement, usable),
  ];
}

/** GPUs that can be named: whole ones, and the instances of those that are partitioned. */
function nvidiaGpus(report: GpuReport): UsableGpu[] {
  return report.gpus.flatMap((gpu) => {
    const partitioned = gpu.mig?.enabled === true;
    const instances = partitioned ? (gpu.mig?.devices ?? []) : [];
    return [
      { name: gpu.uuid, memoryMib: gpu.memory_total_mib, partitioned },
      ...instances.map(({ uuid, memory_total_mib: memoryMib }) => ({
        name: uuid,
        memoryMib,
        partitioned: false,
      })),
    ];
  });
}

/** Whether the engine can hand GPUs over in the way that is wanted. */
function handover(
  { gpuMode }: GpuRequirement,
  { report, toolkit, engine }: GpuFacts,
): GpuProblem[] {
  if (report.toolkit[gpuMode]) return [];
  const where = "aistack:gpuMode";
  if (engine === undefined) {
    const what = "the Docker engine does not answer, so nobody can tell whether it hands GPUs over";
    return [error(what, where, "Look at it with: systemctl status docker")];
  }
  if (gpuMode === "runtime")
    return [
      error(
        'the engine has no runtime "nvidia"',
        where,
        "Set aistack:gpuMode: cdi, which this host has",
      ),
    ];
  const what = toolkit.engineReadsCdi
    ? "there is no CDI specification of the GPUs"
    : "the engine reads no CDI specifications";
  const write = toolkit.engineReadsCdi ? `Write one: ${WRITE_CDI_SPEC}. Or set` : "Set";
  return [error(what, where, `${write} aistack:gpuMode: runtime, which this host has`)];
}

/** A GPU that is there, but not in a CDI specification which was written before: after a card or a partition was added. */
function unlistedInCdi(
  { gpuMode, gpuDevices }: GpuRequirement,
  { toolkit }: GpuFacts,
): GpuProblem[] {
  if (gpuMode !== "cdi" || toolkit.cdiDevices.length === 0) return [];
  return gpuDevices
    .filter((name) => !toolkit.cdiDevices.includes(`nvidia.com/gpu=${name}`))
    .map((name) =>
      error(
        `the CDI specification does not name ${name}`,
        "aistack:gpuDevices",
        `Write it anew: ${WRITE_CDI_SPEC}`,
      ),
    );
}

function checkRenderNodes(
  requirement: GpuRequirement,
  vendor: "amd" | "intel",
  facts: GpuFacts,
): GpuProblem[] {
  const absent = missingGpu(vendor, facts);
  const nodes = renderNodesOf(vendor, [], facts);
  if (nodes.length === 0) return asErrors(absent);
  const usable = nodes.map(({ name, memoryTotalMib }) => ({
    name,
    memoryMib: memoryTotalMib,
    partitioned: false,
  }));
  return [
    ...asErrors(absent),
    ...missingNames(requirement.gpuDevices, usable, otherNodes(facts.renderNodes)),
    ...tooSmall(requirement, usable),
  ];
}

function otherNodes(nodes: readonly RenderNode[]): ReadonlyMap<string, string> {
  return new Map(nodes.map(({ name, vendor }) => [name, vendor]));
}

function missingNames(
  wanted: readonly string[],
  usable: readonly UsableGpu[],
  vendors: ReadonlyMap<string, string> = new Map(),
): GpuProblem[] {
  const names = usable.map(({ name }) => name);
  return wanted.flatMap((name, index) => {
    if (names.includes(name)) return [];
    const other = vendors.get(name);
    const what =
      other === undefined
        ? `this host has no GPU ${quote(name)}`
        : `${quote(name)} is a GPU of another vendor (${other})`;
    return [error(what, `aistack:gpuDevices[${index}]`, `It has: ${names.join(", ")}`)];
  });
}

function tooSmall(
  { gpuDevices, minVramMiB }: GpuRequirement,
  usable: readonly UsableGpu[],
): GpuProblem[] {
  const used = usable.filter(({ name, partitioned }) =>
    gpuDevices.length === 0 ? !partitioned : gpuDevices.includes(name),
  );
  return used.flatMap(({ name, memoryMib }) =>
    memoryMib === null || memoryMib >= minVramMiB
      ? []
      : [
          error(
            `${name} has ${memoryMib} MiB of memory, not the ${minVramMiB} MiB that are wanted`,
            "aistack:minVramMiB",
            "Lower aistack:minVramMiB, or name other GPUs under aistack:gpuDevices",
          ),
        ],
  );
}

/** Those of the probe's own are errors already, and stay the same objects. */
function asErrors(problems: readonly (Problem | GpuProblem)[]): GpuProblem[] {
  return problems.map((problem) =>
    "severity" in problem ? problem : { severity: "error", ...problem },
  );
}

function error(what: string, where: string, fix: string): GpuProblem {
  return { severity: "error", what, where, fix };
}

import type { GpuFacts, GpuProblem, RenderNode } from "./gpuFacts";
import { checkGpu, errorsOf, type GpuRequirement } from "./gpuRequirement";
import { EMBEDDING_MODEL, exampleModel } from "./modelCatalogue";
import type { Settings } from "./settings";
import { CHAT_SERVICE, MODEL_SERVICE, OPENAI_SERVICE } from "./wiring";

/** Settings that fit a host, by their keys in a stack file. */
export interface ProposedSettings {
  readonly gpu: Settings["gpu"];
  /** NVIDIA's alone */
  readonly gpuMode?: Settings["gpuMode"];
  readonly limits: Readonly<Record<string, { readonly memory: string }>>;
  readonly models: readonly { readonly name: string }[];
}

export interface Proposal {
  readonly settings: ProposedSettings;
  /** what was seen, on one line */
  readonly seen: string;
  /** what must be mended before the proposed GPUs work, or why there are none */
  readonly problems: readonly GpuProblem[];
}

/**
 * Proposes settings for a host.
 * @param services names of the services that are to run
 * @param gpuDevices the only GPUs that they are to use; empty: all
 */
export function propose(
  facts: GpuFacts,
  services: readonly string[],
  gpuDevices: readonly string[] = [],
): Proposal {
  const gpu = proposeVendor(facts);
  const requirement = gpu === "none" ? undefined : requirementOf(gpu, facts);
  const gpuMode = gpu === "nvidia" ? requirement?.gpuMode : undefined;
  const ramMib = facts.host.memoryTotalMib ?? 0;
  const model = exampleModel(vramOf(gpu, gpuDevices, facts), ramMib);
  const models = services.includes(MODEL_SERVICE) ? [{ name: model.name }] : [];
  return {
    settings: {
      gpu,
      ...(gpuMode === undefined ? {} : { gpuMode }),
      limits: proposeLimits(ramMib, services),
      models:
        models.length > 0 && services.includes(CHAT_SERVICE)
          ? [...models, { name: EMBEDDING_MODEL }]
          : models,
    },
    seen: describeHost(facts),
    problems: requirement === undefined ? errorsOf(facts.problems) : checkGpu(requirement, facts),
  };
}

/** NVIDIA's where its driver answers, whatever else is missing: that is told, and can be installed. */
function proposeVendor({ report, kfd, renderNodes }: GpuFacts): Settings["gpu"] {
  if (report.gpus.length > 0) return "nvidia";
  if (kfd !== undefined && renderNodes.some(({ vendor }) => vendor === "amd")) return "amd";
  return renderNodes.some(isIntelCard) ? "intel" : "none";
}

/**
 * Graphics within a processor have no memory of their own, and gain little: of Intel's only cards are proposed,
 * which are Arc (A and B series), Flex and Data Center Max. Source: include/drm/intel/pciids.h of Linux 6.17.
 */
function isIntelCard({ vendor, pciId }: RenderNode): boolean {
  return vendor === "intel" && /^8086:(?:56|e2|0b6|0bd)/.test(pciId);
}

function requirementOf(gpu: GpuRequirement["gpu"], facts: GpuFacts): GpuRequirement {
  const { cdi, runtime } = facts.report.toolkit;
  // Where neither is there yet, the one that is worth being installed.
  const gpuMode = cdi || (!runtime && facts.toolkit.engineReadsCdi) ? "cdi" : "runtime";
  return { gpu, gpuMode, gpuDevices: [], gpuRequired: true, minVramMiB: 0 };
}

/** MiB that one process can use: models are spread over whole GPUs, but a process gets no more than one MIG instance. */
function vramOf(
  gpu: Settings["gpu"],
  gpuDevices: readonly string[],
  { report, renderNodes }: GpuFacts,
): number {
  const isUsed = (...names: readonly string[]) =>
    gpuDevices.length === 0 || names.some((name) => gpuDevices.includes(name));
  if (gpu !== "nvidia") {
    const nodes = renderNodes.filter(({ vendor, name }) => vendor === gpu && isUsed(name));
    return sum(nodes.map(({ memoryTotalMib }) => memoryTotalMib));
  }
  const whole = report.gpus.filter(({ uuid, mig }) => mig?.enabled !== true && isUsed(uuid));
  const instances = report.gpus.flatMap(({ uuid, mig }) =>
    mig?.enabled === true ? mig.devices.filter((device) => isUsed(device.uuid, uuid)) : [],
  );
  return Math.max(
    sum(whole.map(({ memory_total_mib: size }) => size)),
    ...instances.map(({ memory_total_mib: size }) => size ?? 0),
  );
}

function sum(sizes: readonly (number | null)[]): number {
  return sizes.reduce<number>((total, size) => total + (size ?? 0), 0);
}

const GIB = 1024;

/** Kept for Open WebUI, as its Compose file has it. */
const CHAT_MIB = 4 * GIB;

/**
 * Memory for the services that hold models, so that one that grows is stopped and not the host. A tenth is the
 * host's own, at least 2 GiB; Ollama has twice LocalAI's.
 */
function proposeLimits(ramMib: number, services: readonly string[]): ProposedSettings["limits"] {
  const forHost = Math.max(2 * GIB, ramMib / 10);
  const forChat = services.includes(CHAT_SERVICE) ? CHAT_MIB : 0;
  const shares = [
    { name: MODEL_SERVICE, share: 2 },
    { name: OPENAI_SERVICE, share: 1 },
  ].filter(({ name }) => services.includes(name));
  const whole = shares.reduce((sum, { share }) => sum + share, 0);
  return Object.fromEntries(
    shares.flatMap(({ name, share }) => {
      const gibibytes = Math.floor(((ramMib - forHost - forChat) * share) / whole / GIB);
      return gibibytes < 1 ? [] : [[name, { memory: `${gibibytes}g` }]];
    }),
  );
}

function describeHost({ report, renderNodes, host }: GpuFacts): string {
  const cards = report.gpus.map(({ name, memory_total_mib: size }) => withSize(name, size));
  const nodes = renderNodes
    .filter(({ vendor }) => vendor !== "nvidia")
    .map(({ name, vendor, memoryTotalMib }) => withSize(`${name} of ${vendor}`, memoryTotalMib));
  const driver = report.driver_version === null ? [] : [`driver ${report.driver_version}`];
  const cuda = report.cuda_version === null ? [] : [`CUDA ${report.cuda_version}`];
  const memory = host.memoryTotalMib === null ? [] : [`${host.memoryTotalMib} MiB of memory`];
  const gpus = [...cards, ...driver, ...cuda, ...nodes];
  return [...(gpus.length === 0 ? ["no GPU"] : gpus), ...memory].join(", ");
}

function withSize(name: string, mebibytes: number | null): string {
  return mebibytes === null ? name : `${name} (${mebibytes} MiB)`;
}

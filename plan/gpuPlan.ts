import { createHash } from "node:crypto";
import type { ContainerSpec } from "./containerSpec";
import { formatProblem } from "./errors";
import { asksGpu } from "./gpuDrift";
import type { GpuFacts, GpuProblem } from "./gpuFacts";
import { computingUuids } from "./gpuReport";
import { type GpuRequest, type GpuVariant, renderNodesOf, requestGpu } from "./gpuRequest";
import { checkGpu, errorsOf, type GpuRequirement } from "./gpuRequirement";
import { chooseImage, type ImagePlan, imageNames } from "./images";
import type { ServicePlan, StackPlan } from "./plan";

/** What a host's GPUs make of what a stack wants. */
export interface GpuDecision {
  /** whether services get GPUs; where not, they run on the CPU */
  readonly usable: boolean;
  readonly problems: readonly GpuProblem[];
  /** what services get: UUIDs of NVIDIA's GPUs and instances, device nodes of the others' */
  readonly names: readonly string[];
  /** identity of all that was seen of the GPUs, as one line for people: another one is another state of the host */
  readonly seen: string;
}

/** Decides whether services get the GPUs that they are to have. */
export function decideGpu(requirement: GpuRequirement, facts: GpuFacts): GpuDecision {
  const problems = checkGpu(requirement, facts);
  return {
    usable: errorsOf(problems).length === 0,
    problems,
    names: namesOf(requirement, facts),
    seen: describeSeen(facts),
  };
}

function namesOf({ gpu, gpuDevices }: GpuRequirement, facts: GpuFacts): string[] {
  if (gpu === "nvidia")
    return gpuDevices.length > 0 ? [...gpuDevices].sort() : computingUuids(facts.report).sort();
  const nodes = renderNodesOf(gpu, gpuDevices, facts).map(({ path }) => path);
  return [...(gpu === "amd" ? ["/dev/kfd"] : []), ...nodes.sort()];
}

/** Names of the images that an engine has. */
interface PresentImages {
  has(name: string): boolean;
}

/**
 * A plan for the host as it is: services that compute on GPUs get those of the host and the image for
 * them. Where the host cannot give any they stay on the CPU; whether that will do is `checkHost`'s question.
 * @param facts needed where the plan wants GPUs
 * @param present images of the host's engine
 */
export function applyGpu(
  plan: StackPlan,
  facts: GpuFacts | undefined,
  present: PresentImages = new Set(),
): StackPlan {
  if (plan.gpu === undefined) return plan;
  if (facts === undefined) throw new Error("the host's GPUs were not looked at");
  const gpuDecision = decideGpu(plan.gpu, facts);
  if (!gpuDecision.usable) return { ...plan, gpuDecision };
  const { gpu: vendor } = plan.gpu;
  const request = requestGpu(plan.gpu, facts);
  return {
    ...plan,
    gpuDecision,
    services: plan.services.map((service) =>
      service.gpu
        ? {
            ...service,
            image: imageForGpu(service, request.variantKey, present),
            variant: variantForGpu(service, request.variantKey, present) ?? vendor,
            container: withGpu(service.container, request),
          }
        : service,
    ),
  };
}

/** The image of a service for a kind of GPU; its only one where it has no other. */
export function imageForGpu(
  service: Pick<ServicePlan, "image" | "variants">,
  key: GpuVariant | undefined,
  present?: PresentImages,
): ImagePlan {
  const variant = variantForGpu(service, key, present);
  return (variant && service.variants[variant]) ?? service.image;
}

const OLDER_CUDA = "nvidia-cuda-12" satisfies GpuVariant;

/**
 * Which of a service's images is for a kind of GPU; undefined where none is. A driver that serves CUDA 13 serves 12 as
 * well, so where a release has no image for 13 that one is run; also where the engine has that one alone, as from an
 * archive, unless the registry's is asked for.
 */
function variantForGpu(
  { variants }: Pick<ServicePlan, "variants">,
  key: GpuVariant | undefined,
  present: PresentImages = new Set(),
): GpuVariant | undefined {
  const exact = key === undefined ? undefined : variants[key];
  const older = key === "nvidia-cuda-13" ? variants[OLDER_CUDA] : undefined;
  if (exact === undefined) return older === undefined ? undefined : OLDER_CUDA;
  const isThere = (plan: ImagePlan) => imageNames(plan).some((name) => present.has(name));
  const olderAlone = older !== undefined && !isThere(exact) && isThere(older);
  return olderAlone && exact.source !== "registry" ? OLDER_CUDA : key;
}

function withGpu(container: ContainerSpec, request: GpuRequest): ContainerSpec {
  const own = new Set(container.envs.map((variable) => variable.split("=", 1)[0]));
  const further = Object.entries(request.environment)
    .filter(([name]) => !own.has(name))
    .map(([name, value]) => `${name}=${value}`);
  return {
    ...container,
    envs: [...container.envs, ...further].sort(),
    ...(request.deviceRequests.length === 0 ? {} : { deviceRequests: request.deviceRequests }),
    ...(request.runtime === undefined ? {} : { runtime: request.runtime }),
    ...(request.devices.length === 0 ? {} : { devices: request.devices }),
    ...(request.groupAdds.length === 0 ? {} : { groupAdds: request.groupAdds }),
  };
}

/**
 * What keeps a plan from the GPUs that it must have: their absence, or an image that cannot use them.
 * Empty where it may do without.
 */
export function gpuProblems(
  plan: StackPlan,
  images: { has(name: string): boolean },
): readonly GpuProblem[] {
  if (plan.gpu === undefined || !plan.gpu.gpuRequired) return [];
  const errors = errorsOf(plan.gpuDecision?.problems ?? []);
  return errors.length > 0 ? errors : imagesForTheCpu(plan, images);
}

/**
 * What people must be told at every preview who run without the GPUs they asked for. What is odd about GPUs that
 * do work the gate tells, when it looks.
 */
export function describeGpu(plan: StackPlan, images: { has(name: string): boolean }): string[] {
  if (plan.gpu === undefined || plan.gpuDecision === undefined) return [];
  const { usable, problems } = plan.gpuDecision;
  if (usable) return imagesForTheCpu(plan, images).map(formatProblem);
  const names = plan.services.filter(({ gpu }) => gpu).map(({ name }) => name);
  return errorsOf(problems).map(
    (problem) => `without a GPU, on the CPU: ${names.join(", ")}. ${formatProblem(problem)}`,
  );
}

/** An image that is built here has no code for GPUs; with one it would compute on the CPU, and nobody would notice. */
function imagesForTheCpu(plan: StackPlan, images: { has(name: string): boolean }): GpuProblem[] {
  return plan.services
    .filter(({ container, image }) => asksGpu(container) && chooseImage(image, images).built)
    .map(({ name }) => ({
      severity: "error",
      what: `the image of ${name} was built on this host, and such images compute on the CPU alone`,
      where: "aistack:images.source",
      fix: "Pull the registry's image, or name another one under aistack:images.overrides",
    }));
}

function describeSeen({ report, renderNodes, kfd, toolkit }: GpuFacts): string {
  const identity = createHash("sha256")
    .update(JSON.stringify({ report, renderNodes, kfd, cdiDevices: toolkit.cdiDevices }))
    .digest("hex")
    .slice(0, 16);
  const driver = report.driver_version === null ? "" : `, driver ${report.driver_version}`;
  return `${report.gpus.length} of NVIDIA's${driver}, ${renderNodes.length} render nodes (${identity})`;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quoteForShell } from "../plan/hostScript";
import { imageNames } from "../plan/images";
import type { StackPlan } from "../plan/plan";
import { MODEL_SERVICE } from "../plan/wiring";
import { gpuProbeScript } from "./gpuProbe";
import { type HostAccess, onHost } from "./hostAccess";

/** A look at a host: a shell command of this machine, run by the program through Pulumi and by the CLI directly. */
export interface ProbeCommand {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** What a probe asks about. */
type ProbedPlan = Pick<StackPlan, "services" | "networks" | "volumes" | "gpu">;

const SCRIPT = "assets/shell/probe.sh";

/** The probe of a stack's host. What it reads is sent along: on a host over SSH, nothing of aistack need be there. */
export function probeCommand(root: string, plan: ProbedPlan, access: HostAccess): ProbeCommand {
  const environment = probeEnvironment(plan, access);
  if (access.ssh === undefined) return { command: `sh ${SCRIPT}`, environment };
  const variables = Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`)
    .join("");
  const script = readFileSync(join(root, SCRIPT), "utf8");
  return { command: onHost(access, "sh -s"), environment: {}, stdin: `${variables}${script}` };
}

/** The look at a host's GPUs. It is sent whole, so that over SSH nothing of aistack need be there. */
export function gpuProbeCommand(root: string, access: HostAccess): ProbeCommand {
  return {
    command: onHost(access, "sh -s"),
    environment: access.ssh === undefined ? { DOCKER_SOCKET: dockerSocket(access) } : {},
    stdin: gpuProbeScript(root),
  };
}

/** The engine's socket, as a script on the host finds it. */
export function dockerSocket(access: HostAccess): string {
  return access.ssh === undefined
    ? access.dockerHost.replace(/^unix:\/\//, "")
    : "/var/run/docker.sock";
}

/** What the probe is to look at. */
export function probeEnvironment(plan: ProbedPlan, access: HostAccess): Record<string, string> {
  const images = plan.services
    .flatMap(({ image, variants }) => [image, ...Object.values(variants)])
    .flatMap(imageNames);
  const onGpu = plan.gpu?.gpu === "nvidia" ? plan.services.filter(({ gpu }) => gpu) : [];
  const models = plan.services.find((service) => service.name === MODEL_SERVICE);
  return {
    DOCKER_SOCKET: dockerSocket(access),
    IMAGES: images.join("\n"),
    CONTAINERS: plan.services.map(({ container }) => container.name).join("\n"),
    NETWORKS: plan.networks.map(({ name }) => name).join("\n"),
    VOLUMES: plan.volumes.map(({ name }) => name).join("\n"),
    OLLAMA_URL: models?.endpoint ?? "",
    GPU_CONTAINERS: onGpu.map(({ container }) => container.name).join("\n"),
  };
}

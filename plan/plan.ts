import type { ComposeProject, ComposeService } from "./composeSchema";
import { type ContainerSpec, type PortSpec, toContainerSpec, toPorts } from "./containerSpec";
import { ProblemList } from "./errors";
import type { GpuDecision } from "./gpuPlan";
import type { GpuRequirement } from "./gpuRequirement";
import { planGpu, planVariants, type VariantImages } from "./gpuServices";
import { type HostLayerSettings, hostLayerSettings } from "./hostLayer";
import { type ImageNames, type ImagePlan, planImage } from "./images";
import { type LocalaiSpec, planLocalai } from "./localaiModels";
import { type ModelSpec, planModels } from "./models";
import { physicalName } from "./naming";
import { quote } from "./quote";
import type { SecretName } from "./secrets";
import type { HostConnection, Settings } from "./settings";
import { nearest } from "./suggest";
import { checkImageFloors } from "./versionFloors";
import { CHAT_SERVICE, MODEL_SERVICE, OPENAI_SERVICE, warnOfOrigins, wireService } from "./wiring";
import { formatPath, type Path } from "./yamlDocument";

/** Everything a stack consists of, as plain data; components only translate it. */
export interface StackPlan {
  readonly profile: string;
  /** undefined: this machine */
  readonly host: HostConnection | undefined;
  readonly networks: readonly NetworkSpec[];
  readonly volumes: readonly VolumeSpec[];
  /** those of the Compose files that only services use which are not selected */
  readonly otherVolumes: readonly VolumeSpec[];
  /** in the order in which they may start: a service comes after those it depends on */
  readonly services: readonly ServicePlan[];
  readonly models: readonly ModelSpec[];
  /** backends and models of LocalAI */
  readonly localai: readonly LocalaiSpec[];
  /** generated secrets that services need, each once, sorted */
  readonly secrets: readonly SecretName[];
  /** the account that Open WebUI makes at its first start */
  readonly admin: { readonly email: string; readonly name: string };
  readonly protectData: boolean;
  /** undefined where no service is to have GPUs */
  readonly gpu: GpuRequirement | undefined;
  /** what the host makes of that, once it was looked at (plan/gpuPlan.ts) */
  readonly gpuDecision?: GpuDecision;
  /** what people should know of the configuration, one line each */
  readonly warnings: readonly string[];
  /** absent: nothing is installed on the host beside containers */
  readonly hostLayer?: HostLayerSettings;
}

export interface NetworkSpec {
  /** logical name, the key in the Compose file */
  readonly key: string;
  readonly name: string;
  readonly internal: boolean;
}

export interface VolumeSpec {
  readonly key: string;
  readonly name: string;
}

export interface ServicePlan {
  /** the service's name in the Compose file, and of its resources */
  readonly name: string;
  readonly image: ImagePlan;
  readonly container: ContainerSpec;
  /** services that must be ready before this one starts */
  readonly dependsOn: readonly string[];
  /** URL at which the host reaches the service */
  readonly endpoint: string;
  /** URL that answers 200 once the service serves */
  readonly readinessUrl: string;
  /** how long it may take until then */
  readonly readinessSeconds: number;
  /** whether it computes on GPUs, where the host has some */
  readonly gpu: boolean;
  /** images for the stack's kind of GPU, in the place of `image` */
  readonly variants: VariantImages;
  /** key of the image among them that is run; the vendor where it is run on GPUs with its only image; absent: on the CPU */
  readonly variant?: string;
}

/** Enough for a service whose first start does no more than start. */
const READINESS_SECONDS = 180;

/**
 * Decides what a stack consists of.
 * @throws StackError with every problem of the combination of settings and Compose files
 */
export function planStack(
  project: ComposeProject,
  settings: Settings,
  names: ImageNames,
): StackPlan {
  const problems = new ProblemList();
  const known = Object.keys(project.services);
  for (const [path, name] of namedServices(settings)) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    problems.add({
      what: `unknown service ${quote(name)}`,
      where: `aistack:${formatPath(path)}`,
      fix: `${guess === undefined ? "" : `Did you mean "${guess}"? `}Accepted: ${known.join(", ")}`,
    });
  }
  problems.throwIfAny();

  const selected = selectServices(project, settings);
  if (settings.models.length > 0 && !selected.includes(MODEL_SERVICE)) {
    problems.add({
      what: `models are declared, but the service "${MODEL_SERVICE}" that keeps them is not selected`,
      where: "aistack:models",
      fix: `Add "${MODEL_SERVICE}" to aistack:services or remove aistack:models`,
    });
  }
  if (planLocalai(settings).length > 0 && !selected.includes(OPENAI_SERVICE)) {
    problems.add({
      what: `models or backends are declared to "${OPENAI_SERVICE}", but that service is not selected`,
      where: "aistack:localai",
      fix: `Add "${OPENAI_SERVICE}" to aistack:services, choose profile standard-gpu, or remove aistack:localai`,
    });
  }
  const ordered = orderByDependency(selected, project.services, problems);
  problems.addAll(portClashes(ordered, project, settings));
  problems.throwIfAny();

  const services = ordered.map((name) => project.services[name] as ComposeService);
  const usedNetworks = new Set(services.flatMap((service) => Object.keys(service.networks)));
  const usedVolumes = new Set(
    services.flatMap((service) => (service.volumes ?? []).map((mount) => mount.source)),
  );
  const networks = Object.entries(project.networks)
    .filter(([key]) => usedNetworks.has(key))
    .map(([key, { name, internal }]) => ({
      key,
      name: physicalName(name, settings.namePrefix),
      internal: internal ?? false,
    }));
  const declaredVolumes = Object.entries(project.volumes).map(([key, { name }]) => ({
    key,
    name: physicalName(name, settings.namePrefix),
  }));
  const volumes = declaredVolumes.filter(({ key }) => usedVolumes.has(key));
  const otherVolumes = declaredVolumes.filter(({ key }) => !usedVolumes.has(key));
  const volumeNames = Object.fromEntries(volumes.map(({ key, name }) => [key, name]));
  const networkNames = Object.fromEntries(networks.map(({ key, name }) => [key, name]));

  const servicePlans = ordered.map((name): ServicePlan => {
    const service = project.services[name] as ComposeService;
    const endpoint = endpointOf(toPorts(service, settings, name), service["x-aistack"].endpoint);
    const container = toContainerSpec(service, {
      serviceName: name,
      volumeNames,
      networkNames,
      settings,
      wiring: wireService(name, ordered, project, settings, endpoint),
    });
    const override = settings.images.overrides[name];
    return {
      name,
      image: planImage(name, override ?? service.image, settings.images.source, {
        lock: names.lock,
        // Whoever names an image wants that one.
        built: override === undefined ? names.built : {},
      }),
      container,
      dependsOn: Object.keys(service.depends_on ?? {}).filter((other) => ordered.includes(other)),
      endpoint,
      readinessUrl: `${endpoint}${service["x-aistack"].readiness}`,
      readinessSeconds: service["x-aistack"].readinessSeconds ?? READINESS_SECONDS,
      gpu: service["x-aistack"].gpu ?? false,
      variants: planVariants(name, service, settings, names),
    };
  });

  const { allowBelowFloor, overrides } = settings.images;
  const floors = checkImageFloors(
    servicePlans.flatMap(({ image, variants }) => [
      image,
      ...Object.entries(variants).map(([variant, plan]) => ({ ...plan, variant })),
    ]),
    allowBelowFloor,
    new Set(Object.keys(overrides)),
  );
  problems.addAll(floors.problems);
  problems.throwIfAny();

  return {
    profile: settings.profile,
    host: settings.host,
    ...hostLayerSettings(settings),
    networks,
    volumes,
    otherVolumes,
    services: servicePlans,
    models: planModels(settings),
    localai: planLocalai(settings),
    secrets: usedSecrets(servicePlans),
    admin: { email: settings.webui.adminEmail, name: settings.webui.adminName },
    protectData: settings.protectData,
    gpu: planGpu(services, settings),
    warnings: [...floors.warnings, ...chatWarnings(servicePlans, project, settings)],
  };
}

function chatWarnings(
  services: readonly ServicePlan[],
  project: ComposeProject,
  settings: Settings,
): string[] {
  const endpoint = services.find(({ name }) => name === CHAT_SERVICE)?.endpoint;
  const service = project.services[CHAT_SERVICE];
  if (endpoint === undefined || service === undefined) return [];
  return warnOfOrigins(service, endpoint, settings);
}

function usedSecrets(services: readonly ServicePlan[]): SecretName[] {
  const names = services.flatMap(({ container }) =>
    (container.secretEnvs ?? []).map(({ secret }) => secret),
  );
  return [...new Set(names)].sort();
}

function* namedServices(settings: Settings): Iterable<[path: Path, name: string]> {
  for (const [index, name] of settings.services.entries()) yield [["services", index], name];
  for (const name of Object.keys(settings.ports)) yield [["ports", name], name];
  for (const name of Object.keys(settings.limits)) yield [["limits", name], name];
  for (const name of Object.keys(settings.images.overrides))
    yield [["images", "overrides", name], name];
  for (const [index, name] of settings.images.allowBelowFloor.entries())
    yield [["images", "allowBelowFloor", index], name];
}

/** `services` in the settings replaces the profile's choice. A service without profiles belongs to all. */
function selectServices(project: ComposeProject, settings: Settings): string[] {
  const chosen = settings.services;
  return Object.entries(project.services)
    .filter(([name, service]) =>
      chosen.length === 0
        ? service.profiles === undefined || service.profiles.includes(settings.profile)
        : chosen.includes(name),
    )
    .map(([name]) => name);
}

function orderByDependency(
  names: readonly string[],
  services: ComposeProject["services"],
  problems: ProblemList,
): string[] {
  const ordered: string[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    if (ordered.includes(name)) return;
    if (trail.includes(name)) {
      const loop = [...trail.slice(trail.indexOf(name)), name].join(" → ");
      if (!problems.problems.some((problem) => problem.where === "depends_on")) {
        problems.add({
          what: `services wait for each other in a circle: ${loop}`,
          where: "depends_on",
        });
      }
      return;
    }
    for (const other of Object.keys(services[name]?.depends_on ?? {})) {
      if (names.includes(other)) visit(other, [...trail, name]);
    }
    if (!ordered.includes(name)) ordered.push(name);
  };
  for (const name of names) visit(name, []);
  return ordered;
}

function portClashes(names: readonly string[], project: ComposeProject, settings: Settings) {
  const problems = new ProblemList();
  const owners = new Map<string, string>();
  for (const name of names) {
    const service = project.services[name] as ComposeService;
    for (const port of toPorts(service, settings, name)) {
      const key = `${port.external}/${port.protocol}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, name);
      else {
        problems.add({
          what: `port ${port.external} is given to both "${owner}" and "${name}"`,
          where: "aistack:ports",
          fix: `Give one of them another port under aistack:ports`,
        });
      }
    }
  }
  return problems.problems;
}

function endpointOf(ports: readonly PortSpec[], internal: number): string {
  const port = ports.find((candidate) => candidate.internal === internal);
  const host = port?.ip === "0.0.0.0" ? "127.0.0.1" : port?.ip;
  return `http://${host}:${port?.external}`;
}

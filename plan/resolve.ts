import type { ContainerSpec } from "./containerSpec";
import { type Comparison, compareContainer, compareNetwork } from "./drift";
import type { HostFacts } from "./hostFacts";
import { chooseImage } from "./images";
import { type LocalaiFacts, type ResolvedLocalai, resolveLocalai } from "./localaiModels";
import type { ModelSpec } from "./models";
import { resourceNames } from "./naming";
import type { NetworkSpec, ServicePlan, StackPlan, VolumeSpec } from "./plan";
import type { SecretName, SecretValues } from "./secrets";
import type { ObjectKind, StackRecord } from "./stackRecord";
import { MODEL_SERVICE, OPENAI_SERVICE } from "./wiring";

/** A plan with every decision made that the host's facts decide. */
export interface ResolvedStack {
  readonly profile: string;
  readonly networks: readonly (NetworkSpec & Made & { readonly comparison: Comparison })[];
  readonly volumes: readonly VolumeSpec[];
  readonly services: readonly ResolvedService[];
  readonly models: readonly ResolvedModel[];
  readonly modelService: string;
  /** backends and models of LocalAI */
  readonly localai: readonly ResolvedLocalai[];
  readonly secrets: readonly SecretName[];
  readonly admin: StackPlan["admin"];
  /** when the host was looked at */
  readonly now: Date;
  readonly protectData: boolean;
  readonly host: StackPlan["host"];
  readonly gpu: StackPlan["gpu"];
  readonly gpuDecision?: StackPlan["gpuDecision"];
}

interface Made {
  /** the stack has made it before, whether it is there or not */
  readonly made: boolean;
}

export interface ResolvedService extends Made {
  readonly name: string;
  readonly image: ResolvedImage;
  readonly container: ContainerSpec;
  readonly comparison: Comparison;
  readonly dependsOn: readonly string[];
  readonly endpoint: string;
  readonly readinessUrl: string;
  readonly readinessSeconds: number;
  readonly gpu: boolean;
}

export interface ResolvedImage {
  readonly name: string;
  readonly built: boolean;
  /** undefined where the engine does not have it yet: the update pulls it */
  readonly id: string | undefined;
  /** of an image that was loaded from an archive, whose digest the engine does not know */
  readonly digest?: string;
}

export interface ResolvedModel {
  readonly resourceName: string;
  readonly name: string;
  /** `file:PATH` or `pull:REFERENCE` */
  readonly source: string;
  readonly sha256: string | undefined;
  readonly ollamaUrl: string;
  /** the container whose log tells more */
  readonly container: string;
  /** where the digest of the model is remembered, relative to the checkout */
  readonly recordFile: string;
  readonly inSync: boolean;
  /** how a model that was made before differs now */
  readonly drift: readonly string[];
  /** what was seen, with the time where it must differ from what was stored before */
  readonly observed: string;
}

/** What was remembered when a model was last made or pulled. */
export interface ModelRecord {
  /** what it was made from: a file's SHA-256 or a registry's reference */
  readonly origin: string;
  /** digest of the model's manifest in Ollama's store */
  readonly digest: string;
}

export interface ResolveInput {
  readonly plan: StackPlan;
  readonly facts: HostFacts;
  /** SHA-256 by the path of each declared model file */
  readonly fileHashes: Readonly<Record<string, string>>;
  readonly records: Readonly<Record<string, ModelRecord>>;
  readonly recordFolder: string;
  /** what LocalAI was seen to have; undefined where it was not asked or did not answer */
  readonly localaiFacts?: LocalaiFacts | undefined;
  /** what each backend and model of LocalAI's was installed from, by the name of its record */
  readonly localaiRecords?: Readonly<Record<string, string>>;
  readonly localaiRecordFolder?: string;
  /** values of the plan's secrets, for the comparison alone: nothing of them is in what comes out */
  readonly secrets: SecretValues;
  readonly now: Date;
  /** what the stack's state knows; undefined where it cannot be read */
  readonly record?: StackRecord | undefined;
}

/** Joins a plan with what was seen of the host. */
export function resolveStack(input: ResolveInput): ResolvedStack {
  const { plan, facts } = input;
  const isMade = madeBy(input);
  return {
    ...plan,
    volumes: [...plan.volumes, ...keptVolumes(input)],
    modelService: MODEL_SERVICE,
    now: input.now,
    networks: plan.networks.map((network) => ({
      ...network,
      made: isMade("network", network.name),
      comparison: compareNetwork(network, facts, input.now),
    })),
    services: plan.services.map((service) => ({
      ...resolveService(service, input),
      made: isMade("container", service.container.name),
    })),
    models: resolveModels(input),
    localai: resolveLocalaiOf(input),
  };
}

/** Where the state cannot be read, an object that is there shows that the stack was made: then all of it was. */
function madeBy({
  plan,
  facts,
  record,
}: ResolveInput): (kind: ObjectKind, name: string) => boolean {
  if (record !== undefined) {
    return (kind, name) =>
      record.objects.some((one) => one.current && one.kind === kind && one.name === name);
  }
  const isThere =
    plan.services.some(
      ({ container }) => facts.inspectedContainers[container.name] !== undefined,
    ) || plan.networks.some(({ name }) => facts.networks[name] !== undefined);
  return () => isThere;
}

/**
 * Volumes of services that the stack had and has no more. They stay in it, so that protection keeps protecting them,
 * and never stands in the way of a narrower profile: the engine refuses to forget what is protected.
 */
function keptVolumes({ plan, record }: ResolveInput): readonly VolumeSpec[] {
  if (record === undefined) return plan.protectData ? plan.otherVolumes : [];
  return plan.otherVolumes.filter(({ key }) => record.volumes.includes(key));
}

function resolveLocalaiOf(input: ResolveInput): ResolvedLocalai[] {
  const service = input.plan.services.find(({ name }) => name === OPENAI_SERVICE);
  if (service === undefined) return [];
  return resolveLocalai({
    specs: input.plan.localai,
    variant: service.variant,
    facts: input.localaiFacts,
    records: input.localaiRecords ?? {},
    url: service.endpoint,
    container: service.container.name,
    recordFolder: input.localaiRecordFolder ?? "",
    now: input.now,
  });
}

function resolveService(service: ServicePlan, input: ResolveInput): Omit<ResolvedService, "made"> {
  const { facts, now, secrets } = input;
  const { reference, digest, loadedName } = service.image;
  const chosen = chooseImage(service.image, facts.images);
  const id = facts.images.get(chosen.name);
  const image = {
    ...chosen,
    id,
    ...(chosen.name === loadedName && digest !== undefined ? { digest } : {}),
  };
  const identity = chosen.built
    ? { name: chosen.name, id }
    : { name: reference, id, pinned: digest !== undefined };
  return {
    ...service,
    image,
    comparison: compareContainer(service.container, identity, facts, now, secrets),
  };
}

/** Identity of what a model is made from: the same origin gives the same model. */
export function modelOrigin(
  model: ModelSpec,
  fileHashes: Readonly<Record<string, string>>,
): string {
  return model.source.kind === "file"
    ? `sha256:${fileHashes[model.source.path]}`
    : `pull:${model.source.reference}`;
}

/** File name under which a model is remembered; names of models hold slashes and colons. */
export function modelRecordName(modelName: string): string {
  return `${encodeURIComponent(modelName)}.json`;
}

function resolveModels(input: ResolveInput): ResolvedModel[] {
  const { models } = input.plan;
  const names = resourceNames(models.map(({ name }) => `model-${name}`));
  return models.map((model, index) => resolveModel(model, names[index] ?? "", input));
}

function resolveModel(model: ModelSpec, resourceName: string, input: ResolveInput): ResolvedModel {
  const { plan, facts, now } = input;
  const record = input.records[model.name];
  const seen = facts.models?.[model.name];
  const ofThisOrigin = record?.origin === modelOrigin(model, input.fileHashes);
  const inSync = record !== undefined && seen === record.digest && ofThisOrigin;
  const difference = describe(facts, seen, record);
  const host = plan.services.find((service) => service.name === MODEL_SERVICE);
  return {
    resourceName,
    name: model.name,
    source:
      model.source.kind === "file" ? `file:${model.source.path}` : `pull:${model.source.reference}`,
    sha256: model.source.kind === "file" ? input.fileHashes[model.source.path] : undefined,
    ollamaUrl: host?.endpoint ?? "",
    container: host?.container.name ?? "",
    recordFile: `${input.recordFolder}/${modelRecordName(model.name)}`,
    inSync,
    // Another origin is the user's own change.
    drift: inSync || !ofThisOrigin ? [] : [`is ${difference}`],
    observed: inSync ? "in sync" : `${difference} at ${now.toISOString()}`,
  };
}

function describe(
  facts: HostFacts,
  seen: string | undefined,
  record: ModelRecord | undefined,
): string {
  if (facts.models === undefined) return "not observable (Ollama does not answer)";
  if (seen === undefined) return "absent";
  return record === undefined ? "present, never checked" : `different (${seen.slice(0, 12)})`;
}

import type { ContainerSpec } from "./containerSpec";
import type { HostFacts } from "./hostFacts";
import { chooseImage } from "./images";
import type { ModelSpec } from "./models";
import { MODEL_SERVICE, type NetworkSpec, type StackPlan, type VolumeSpec } from "./plan";

/** A plan with every decision made that the host's facts decide. */
export interface ResolvedStack {
  readonly profile: string;
  readonly networks: readonly NetworkSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly services: readonly ResolvedService[];
  readonly models: readonly ResolvedModel[];
  readonly modelService: string;
  readonly protectData: boolean;
}

export interface ResolvedService {
  readonly name: string;
  readonly image: { readonly name: string; readonly built: boolean };
  readonly container: ContainerSpec;
  readonly dependsOn: readonly string[];
  readonly endpoint: string;
  readonly readinessUrl: string;
}

export interface ResolvedModel {
  readonly resourceName: string;
  readonly name: string;
  /** `file:PATH` or `pull:REFERENCE` */
  readonly source: string;
  readonly sha256: string | undefined;
  readonly ollamaUrl: string;
  /** where the digest of the model is remembered, relative to the checkout */
  readonly recordFile: string;
  readonly inSync: boolean;
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
  readonly now: Date;
}

/** Joins a plan with what was seen of the host. */
export function resolveStack(input: ResolveInput): ResolvedStack {
  const { plan, facts } = input;
  return {
    ...plan,
    modelService: MODEL_SERVICE,
    services: plan.services.map((service) => ({
      ...service,
      image: chooseImage(service.image, facts.images),
    })),
    models: plan.models.map((model) => resolveModel(model, input)),
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

function resolveModel(model: ModelSpec, input: ResolveInput): ResolvedModel {
  const { plan, facts, now } = input;
  const record = input.records[model.name];
  const seen = facts.models?.[model.name];
  const inSync =
    record !== undefined &&
    seen === record.digest &&
    record.origin === modelOrigin(model, input.fileHashes);
  const host = plan.services.find((service) => service.name === MODEL_SERVICE);
  return {
    resourceName: `model-${model.name.replaceAll(/[^a-zA-Z0-9.-]+/g, "-")}`,
    name: model.name,
    source:
      model.source.kind === "file" ? `file:${model.source.path}` : `pull:${model.source.reference}`,
    sha256: model.source.kind === "file" ? input.fileHashes[model.source.path] : undefined,
    ollamaUrl: host?.endpoint ?? "",
    recordFile: `${input.recordFolder}/${modelRecordName(model.name)}`,
    inSync,
    observed: inSync ? "in sync" : `${describe(facts, seen, record)} at ${now.toISOString()}`,
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

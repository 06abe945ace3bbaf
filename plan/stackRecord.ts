import { SPEC_LABEL } from "./drift";
import { isRecord } from "./yamlDocument";

/** What a stack's state says that the stack has made, as far as a host can be compared with it. */
export interface StackRecord {
  readonly objects: readonly RecordedObject[];
  /** logical names of its volumes */
  readonly volumes: readonly string[];
  /** objects whose making began, and of which nobody knows whether it ended */
  readonly interrupted: readonly InterruptedObject[];
}

export type ObjectKind = "container" | "network";

export interface RecordedObject {
  readonly kind: ObjectKind;
  readonly name: string;
  /** the engine's */
  readonly id: string;
  /** false: it was to be removed or replaced when an update ended */
  readonly current: boolean;
}

export interface InterruptedObject {
  readonly kind: ObjectKind;
  readonly name: string;
  /** value of our label that it was to have */
  readonly label: string;
}

/** Of a stack that has made nothing, or was not created yet. */
export const EMPTY_RECORD: StackRecord = { objects: [], volumes: [], interrupted: [] };

const KINDS: Readonly<Record<string, ObjectKind>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
};

const VOLUME = "docker:index/volume:Volume";

/**
 * Reads a stack's file of the file backend. Values of secrets are encrypted there, and none is looked at.
 * Source: sdk/go/common/apitype/core.go of pulumi, VersionedCheckpoint to DeploymentV3.
 * @returns undefined where it is of another form
 */
export function parseCheckpoint(file: unknown): StackRecord | undefined {
  if (!isRecord(file) || !isRecord(file.checkpoint)) return undefined;
  const { latest } = file.checkpoint;
  // A stack that was created and never updated.
  if (latest === undefined || latest === null) return EMPTY_RECORD;
  if (!isRecord(latest)) return undefined;
  const resources = listOf(latest.resources);
  return {
    objects: resources.flatMap(toObject),
    volumes: resources.filter(({ type }) => type === VOLUME).map(({ urn }) => nameOf(urn)),
    interrupted: listOf(latest.pending_operations).flatMap(({ type, resource }) =>
      type === "creating" && isRecord(resource) ? toInterrupted(resource) : [],
    ),
  };
}

function toObject(resource: Readonly<Record<string, unknown>>): RecordedObject[] {
  const kind = KINDS[String(resource.type)];
  const { id, inputs, pendingReplacement } = resource;
  if (kind === undefined || typeof id !== "string" || !isRecord(inputs)) return [];
  const current = resource.delete !== true && pendingReplacement !== true;
  return [{ kind, name: String(inputs.name), id, current }];
}

function toInterrupted(resource: Readonly<Record<string, unknown>>): InterruptedObject[] {
  const kind = KINDS[String(resource.type)];
  if (kind === undefined || !isRecord(resource.inputs)) return [];
  const { name, labels } = resource.inputs;
  const ours = listOf(labels).find(({ label }) => label === SPEC_LABEL);
  return [{ kind, name: String(name), label: String(ours?.value) }];
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** `urn:pulumi:…$docker:index/volume:Volume::ollama_data` → `ollama_data` */
function nameOf(urn: unknown): string {
  return String(urn).split("::").at(-1) ?? "";
}

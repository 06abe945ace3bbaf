import { resourceNames } from "./naming";
import type { Settings } from "./settings";

/** A model or a backend that a stack declares to LocalAI. */
export interface LocalaiSpec {
  readonly kind: "backend" | "model";
  /** as declared; LocalAI lists it without the gallery that may stand before an `@` */
  readonly name: string;
  /** address of a model that is in no gallery */
  readonly from: string | undefined;
}

/** What is sent to LocalAI to have something installed. */
export interface LocalaiRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What LocalAI was seen to have. */
export interface LocalaiFacts {
  readonly models: readonly string[];
  readonly backends: readonly string[];
}

export interface ResolvedLocalai extends LocalaiSpec {
  readonly resourceName: string;
  readonly url: string;
  /** the container whose log tells more */
  readonly container: string;
  /** where it is remembered what it was installed from, relative to the checkout */
  readonly recordFile: string;
  readonly inSync: boolean;
  /** how what was installed before differs now */
  readonly drift: readonly string[];
  /** what was seen, with the time where it must differ from what was stored before */
  readonly observed: string;
}

export interface ResolveLocalaiInput {
  readonly specs: readonly LocalaiSpec[];
  /** undefined where LocalAI does not answer */
  readonly facts: LocalaiFacts | undefined;
  /** what each was installed from, by the name of its record */
  readonly records: Readonly<Record<string, string>>;
  readonly url: string;
  readonly container: string;
  readonly recordFolder: string;
  readonly now: Date;
}

/** The declared backends, then the declared models, each in declared order. components/aiStack.ts installs them in this order too. */
export function planLocalai(settings: Settings): LocalaiSpec[] {
  const { backends, models } = settings.localai;
  return [
    ...backends.map((name): LocalaiSpec => ({ kind: "backend", name, from: undefined })),
    ...models.map(({ name, from }): LocalaiSpec => ({ kind: "model", name, from })),
  ];
}

/** Identity of what something is installed from: another one is another model under the same name. */
export function localaiOrigin({ kind, name, from }: LocalaiSpec): string {
  return from ?? `${kind} of the gallery: ${name}`;
}

/**
 * The request that installs something.
 * Source: core/http/endpoints/localai/gallery.go, backend.go and import_model.go of mudler/LocalAI: a configuration is
 * applied by its address, weights are imported, and their backend is found out.
 */
export function localaiRequest({ kind, name, from }: LocalaiSpec): LocalaiRequest {
  if (kind === "backend") return { path: "/backends/apply", body: { id: name } };
  if (from === undefined) return { path: "/models/apply", body: { id: name } };
  if (/\.ya?ml$/.test(from)) return { path: "/models/apply", body: { url: from, name } };
  return { path: "/models/import-uri", body: { uri: from, preferences: { name } } };
}

/** Whether LocalAI was seen to have it. */
export function isInstalled({ kind, name }: LocalaiSpec, facts: LocalaiFacts): boolean {
  const listed = kind === "backend" ? facts.backends : facts.models;
  // A backend that stands for a build of its gallery keeps the gallery in its name, others do not.
  return listed.includes(name) || listed.includes(name.slice(name.lastIndexOf("@") + 1));
}

/** File name under which it is remembered what something was installed from. */
export function localaiRecordName({ kind, name }: LocalaiSpec): string {
  return `${kind}-${encodeURIComponent(name)}.json`;
}

/** Joins what is declared to LocalAI with what was seen of it. */
export function resolveLocalai(input: ResolveLocalaiInput): ResolvedLocalai[] {
  const names = resourceNames(input.specs.map(({ kind, name }) => `localai-${kind}-${name}`));
  return input.specs.map((spec, index) => {
    const { facts, records, url, container, recordFolder, now } = input;
    const inSync = facts !== undefined && isInstalled(spec, facts);
    const seen = facts === undefined ? "not observable (LocalAI does not answer)" : "absent";
    const installedBefore = records[localaiRecordName(spec)] === localaiOrigin(spec);
    return {
      ...spec,
      resourceName: names[index] ?? "",
      url,
      container,
      recordFile: `${recordFolder}/${localaiRecordName(spec)}`,
      inSync,
      // What was never installed from here is new, and another origin is the user's own change.
      drift: inSync || !installedBefore ? [] : [`is ${seen}`],
      observed: inSync ? "in sync" : `${seen} at ${now.toISOString()}`,
    };
  });
}

/** Names out of the answers of `/v1/models` and `/backends`; undefined where they are of another shape. */
export function readLocalaiFacts(models: unknown, backends: unknown): LocalaiFacts | undefined {
  const modelNames = namesOf((models as { data?: unknown } | null)?.data, "id");
  // Fields without a JSON name of their own keep the capital letter that they have in Go.
  const backendNames = namesOf(backends, "Name");
  if (modelNames === undefined || backendNames === undefined) return undefined;
  return { models: modelNames, backends: backendNames };
}

function namesOf(list: unknown, key: string): string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const names = list.map((entry: unknown) => (entry as Record<string, unknown> | null)?.[key]);
  return names.every((name) => typeof name === "string") ? names : undefined;
}

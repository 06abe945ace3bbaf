import { resourceNames } from "./naming";
import type { Settings } from "./settings";

/** A model or a backend that a stack declares to LocalAI. */
export interface LocalaiSpec {
  readonly kind: "backend" | "model";
  /** as declared; LocalAI lists it without the gallery that may stand before an `@` */
  readonly name: string;
  /** address of a model that is in no gallery */
  readonly from: string | undefined;
  /** what LocalAI chooses a backend's build by, as the plan names it; undefined: the CPU, and for models, which serve any */
  readonly variant?: string | undefined;
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
  /** of the backends that stand for a build, the build's name: `cpu-llama-cpp` of `llama-cpp` */
  readonly builds: Readonly<Record<string, string>>;
}

export interface ResolvedLocalai extends LocalaiSpec {
  readonly resourceName: string;
  readonly url: string;
  /** the container whose log tells more */
  readonly container: string;
  /** where it is remembered what it was installed from, relative to the checkout */
  readonly recordFile: string;
  readonly inSync: boolean;
  /** for or from what it is to be installed in the place of what is there; undefined where nothing else is there */
  readonly replacement: string | undefined;
  /** how what was installed before differs now */
  readonly drift: readonly string[];
  /** what was seen, with the time where it must differ from what was stored before */
  readonly observed: string;
}

export interface ResolveLocalaiInput {
  readonly specs: readonly LocalaiSpec[];
  /** of the service's image, which backends must fit */
  readonly variant?: string | undefined;
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
export function localaiOrigin({ kind, name, from, variant }: LocalaiSpec): string {
  // On the CPU it is as in records of earlier versions, which knew no variants: nothing is installed anew for them.
  return (
    from ?? `${kind} of the gallery: ${name}${variant === undefined ? "" : `, for ${variant}`}`
  );
}

/**
 * The request that installs something.
 * @param present a backend of that name is there, which LocalAI would leave as it is
 * Source: core/http/endpoints/localai/gallery.go, backend.go and import_model.go of mudler/LocalAI: a configuration is
 * applied by its address, weights are imported, and their backend is found out.
 */
export function localaiRequest({ kind, name, from }: LocalaiSpec, present = false): LocalaiRequest {
  if (kind === "backend")
    return { path: "/backends/apply", body: { id: name, ...(present ? { force: true } : {}) } };
  if (from === undefined) return { path: "/models/apply", body: { id: name } };
  if (/\.ya?ml$/.test(from)) return { path: "/models/apply", body: { url: from, name } };
  return { path: "/models/import-uri", body: { uri: from, preferences: { name } } };
}

/** Whether LocalAI was seen to have it. */
export function isInstalled(spec: LocalaiSpec, facts: LocalaiFacts): boolean {
  const listed = spec.kind === "backend" ? facts.backends : facts.models;
  return listedNames(spec).some((name) => listed.includes(name));
}

/** A backend that stands for a build of its gallery keeps the gallery in its name, others do not. */
function listedNames({ name }: LocalaiSpec): string[] {
  return [name, name.slice(name.lastIndexOf("@") + 1)];
}

/**
 * Whether something was installed for or from something else than what is declared.
 * @param recorded what is remembered of it. Without it (a new checkout, an older volume, a backend that a model brought
 *   along) it is taken as it is, since the network may be gone; a build for the CPU tells by its name that it is one.
 */
export function isOfOtherOrigin(
  spec: LocalaiSpec,
  facts: LocalaiFacts | undefined,
  recorded: string | undefined,
): boolean {
  if (recorded !== undefined) return recorded !== localaiOrigin(spec);
  const build = listedNames(spec).map((name) => facts?.builds[name]);
  return spec.variant !== undefined && build.some((name) => name?.startsWith("cpu-"));
}

/** File name under which it is remembered what something was installed from. */
export function localaiRecordName({ kind, name }: LocalaiSpec): string {
  return `${kind}-${encodeURIComponent(name)}.json`;
}

/** Joins what is declared to LocalAI with what was seen of it. */
export function resolveLocalai(input: ResolveLocalaiInput): ResolvedLocalai[] {
  const names = resourceNames(input.specs.map(({ kind, name }) => `localai-${kind}-${name}`));
  return input.specs.map((declared, index) => {
    const { facts, records, url, container, recordFolder, now, variant } = input;
    const spec = declared.kind === "backend" ? { ...declared, variant } : declared;
    const isThere = facts && isInstalled(spec, facts);
    const recorded = records[localaiRecordName(spec)];
    const isOther = isOfOtherOrigin(spec, facts, recorded);
    const inSync = isThere === true && !isOther;
    const seen = describeSeen(isThere);
    const installedBefore = recorded !== undefined && !isOther;
    return {
      ...spec,
      resourceName: names[index] ?? "",
      url,
      container,
      recordFile: `${recordFolder}/${localaiRecordName(spec)}`,
      inSync,
      replacement: isOther && isThere !== false ? describeTarget(spec) : undefined,
      // What was never installed from here is new, and another origin is the user's own change.
      drift: inSync || !installedBefore ? [] : [`is ${seen}`],
      observed: inSync ? "in sync" : `${seen} at ${now.toISOString()}`,
    };
  });
}

function describeSeen(isThere: boolean | undefined): string {
  if (isThere === undefined) return "not observable (LocalAI does not answer)";
  return isThere ? "of another origin" : "absent";
}

function describeTarget({ kind, from, variant }: LocalaiSpec): string {
  return kind === "backend" ? `for ${variant ?? "the CPU"}` : `from ${from ?? "the gallery"}`;
}

/** Names out of the answers of `/v1/models` and `/backends`; undefined where they are of another shape. */
export function readLocalaiFacts(models: unknown, backends: unknown): LocalaiFacts | undefined {
  const modelNames = namesOf((models as { data?: unknown } | null)?.data, "id");
  // Fields without a JSON name of their own keep the capital letter that they have in Go.
  const backendNames = namesOf(backends, "Name");
  if (modelNames === undefined || backendNames === undefined) return undefined;
  return { models: modelNames, backends: backendNames, builds: buildsOf(backends) };
}

function namesOf(list: unknown, key: string): string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const names = list.map((entry: unknown) => (entry as Record<string, unknown> | null)?.[key]);
  return names.every((name) => typeof name === "string") ? names : undefined;
}

/** What metadata of another shape hides is taken as no build. */
function buildsOf(backends: unknown): Record<string, string> {
  const listed = backends as { Name: string; Metadata?: { meta_backend_for?: unknown } | null }[];
  return Object.fromEntries(
    listed.flatMap(({ Name, Metadata }) => {
      const build = Metadata?.meta_backend_for;
      return typeof build === "string" && build !== "" ? [[Name, build] as const] : [];
    }),
  );
}

import * as z from "zod";
import { CONFIG_DEFAULTS, NAMESPACE } from "./configKeys";
import { type Problem, ProblemList } from "./errors";
import { gpuSettingsProblems } from "./gpuSettings";
import { GPU_VENDORS } from "./gpuVendors";
import { idleSettingsProblems } from "./idleSettings";
import { imageReferenceFault } from "./imageReference";
import { modelNameFault, modelSourceFault, withTag } from "./models";
import { inUrl } from "./naming";
import { parseBytes } from "./quantities";
import {
  expected,
  flag,
  list,
  loopbackAddress,
  mapping,
  object,
  oneOf,
  pattern,
  text,
  toProblems,
  whole,
  words,
} from "./validation";
import { formatPath, isRecord, type Path, type YamlDocument } from "./yamlDocument";

/** Names of the profiles; a profile is a Compose profile of compose/*.yaml. */
export const PROFILES = ["minimal", "standard-gpu"] as const;

/** Where a service's image comes from; `auto`: the registry's, unless only one built here is present. */
export const IMAGE_SOURCES = ["auto", "registry", "archive", "build"] as const;

export { GPU_VENDORS } from "./gpuVendors";

/** How containers get NVIDIA GPUs: by the Container Device Interface, or by NVIDIA's runtime for older engines. */
export const GPU_MODES = ["cdi", "runtime"] as const;

const byFault = (fault: (value: string) => string | undefined) =>
  text().superRefine((value, context) => {
    const message = fault(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const model = object({
  name: byFault(modelNameFault),
  from: byFault(modelSourceFault).optional(),
  sha256: pattern(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hexadecimal digits").optional(),
});

const memory = text().refine((value) => (parseBytes(value) ?? 0) >= 64 * 1024 ** 2, {
  error: (issue) => expected("a size of at least 64m, such as 16g", issue.input),
});

const limits = object({
  memory: memory.optional(),
  cpus: z
    .number({ error: (issue) => expected("a number of CPUs", issue.input) })
    .positive({ error: "must be more than 0" })
    .optional(),
});

const NAME_OR_ADDRESS = /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/;

/** Colons are an IPv6 address's alone. */
function isHost(value: string): boolean {
  return (
    NAME_OR_ADDRESS.test(value) && (!value.includes(":") || URL.canParse(`http://${inUrl(value)}`))
  );
}

/** An origin. A path or a password is no part of one. */
const ORIGIN = /^https?:\/\/[^/\s;?#@]+$/i;

/** A host that is reached over SSH. Nothing is sent to it before its key is the declared one. */
const host = object({
  address: text().refine(isHost, {
    error: (issue) => expected("a host name or an IP address", issue.input),
  }),
  user: pattern(/^[a-z_][a-z0-9_-]{0,31}$/, "a user name").default("root"),
  port: whole(1, 65535).default(22),
  hostKey: pattern(
    /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{32,}={0,2}(?: [^\p{Cc}]*)?$/u,
    "the host's public key, such as ssh-ed25519 AAAA… (ssh-keyscan prints it)",
  ),
  /** absent: the SSH agent's keys */
  privateKeyFile: pattern(/^[^\p{Cc}]+$/u, "the path of a private key").optional(),
});

/** A model of LocalAI's: a gallery's name, or another source under a name of its own. */
const localaiModel = object({
  name: pattern(/^[A-Za-z0-9][A-Za-z0-9._@/:-]{0,199}$/, "a model's name"),
  /** absent: the gallery's model of that name */
  from: pattern(
    /^(?:https:\/\/|huggingface:\/\/|oci:\/\/|ollama:\/\/)\S+$/,
    "the address of a model",
  ).optional(),
});

const webui = object({
  /** account that is made at the first start, when there is none */
  adminEmail: pattern(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, "an e-mail address").default(
    "admin@aistack.local",
  ),
  adminName: pattern(/^[^\p{Cc}]{1,100}$/u, "a name").default("Admin"),
  /** further addresses under which browsers reach it, as behind a proxy; the first one is its own name for itself */
  urls: list(
    text().refine((value) => ORIGIN.test(value) && URL.canParse(value), {
      error: (issue) => expected("an address such as https://ai.example.org", issue.input),
    }),
  ).default([]),
});

const agent = object({
  /** install aistack-agent.service */
  enabled: flag().default(false),
  heartbeatSeconds: whole(1, 3600).default(30),
  /** address of Prometheus text; absent: none */
  metrics: loopbackAddress().optional(),
  /** member of the group docker, which equals root */
  dockerGroup: flag().default(false),
});

const idle = object({
  /** install aistack-idle.timer */
  enabled: flag().default(false),
  afterMinutes: whole(1, 10080).default(30),
  /** free the GPU by unloading models */
  unloadModels: flag().default(true),
  /** suspend the host */
  suspend: flag().default(false),
});

const settingsSchema = object({
  profile: oneOf(PROFILES).default(CONFIG_DEFAULTS.profile),
  /** empty: what the profile says */
  services: list(words()).default([]),
  /** undefined: this machine */
  host: z.preprocess(
    (value) => (isRecord(value) && Object.keys(value).length === 0 ? undefined : value),
    host.optional(),
  ),
  /** empty: none */
  namePrefix: pattern(
    /^(?:[a-z][a-z0-9]{0,15})?$/,
    "1 to 16 of a-z and 0-9, a letter first",
  ).default(""),
  bindAddress: pattern(
    /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/,
    "an IPv4 address",
  ).default(CONFIG_DEFAULTS.bindAddress),
  ports: mapping(whole(1, 65535)).default({}),
  gpu: oneOf(GPU_VENDORS).default(CONFIG_DEFAULTS.gpu),
  gpuMode: oneOf(GPU_MODES).default(CONFIG_DEFAULTS.gpuMode),
  /** empty: every GPU */
  gpuDevices: list(
    pattern(
      /^(?:GPU-[0-9a-f-]{36}|MIG-[0-9a-f-]{36}|renderD\d{3})$/,
      "a UUID such as GPU-8f0a…, a MIG UUID, or renderD128 for AMD and Intel",
    ),
  ).default([]),
  gpuRequired: flag().default(CONFIG_DEFAULTS.gpuRequired),
  minVramMiB: whole(0, 10_000_000).default(CONFIG_DEFAULTS.minVramMiB),
  images: object({
    source: oneOf(IMAGE_SOURCES).default("auto"),
    overrides: mapping(byFault(imageReferenceFault)).default({}),
    /** services that may run although their version is known to be unsafe (plan/versionFloors.json) */
    allowBelowFloor: list(words()).default([]),
  }).prefault({}),
  models: list(model).default([]),
  localai: object({
    backends: list(pattern(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/, "a backend's name")).default([]),
    models: list(localaiModel).default([]),
  }).prefault({}),
  webui: webui.prefault({}),
  limits: mapping(limits).default({}),
  logging: object({
    maxSize: pattern(/^[1-9]\d*[kmg]$/, "a size such as 10m").optional(),
    maxFile: whole(1, 100).optional(),
  }).prefault({}),
  protectData: flag().default(CONFIG_DEFAULTS.protectData),
  agent: agent.prefault({}),
  idle: idle.prefault({}),
  /** where the host's folders begin; empty: at the root */
  hostRoot: pattern(
    /^(?:\/[A-Za-z0-9._-]+)*$/,
    "an absolute path of letters, digits, dot, dash and underscore",
  ).default(CONFIG_DEFAULTS.hostRoot),
});

/** A stack's configuration, checked and with every default filled in. */
export type Settings = z.infer<typeof settingsSchema>;

/** How a host is reached over SSH. */
export type HostConnection = NonNullable<Settings["host"]>;

/**
 * Checks a stack's configuration.
 * @param config plain data, keyed without the `aistack:` namespace
 * @param document the stack file, for the places in messages
 * @throws StackError with every problem found
 */
export function readSettings(
  config: Readonly<Record<string, unknown>>,
  document: YamlDocument,
): Settings {
  const problems = new ProblemList();
  const parsed = settingsSchema.safeParse(config);
  if (!parsed.success) {
    problems.addAll(toProblems(parsed.error, (path) => placeInConfig(path, document)));
  } else {
    const { models, localai } = parsed.data;
    for (const [key, kind, names] of [
      ["models", "model", models.map(({ name }) => name)],
      ["localai.backends", "backend", localai.backends],
      ["localai.models", "model", localai.models.map(({ name }) => name)],
    ] as const) {
      // Ollama alone reads a name without a tag as one with a tag.
      const identity = key === "models" ? withTag : (name: string) => name;
      problems.addAll(findTwice(key, kind, names, identity, document));
    }
    for (const findProblems of [gpuSettingsProblems, idleSettingsProblems])
      problems.addAll(findProblems(parsed.data, (path) => placeInConfig(path, document)));
  }
  problems.throwIfAny();
  return parsed.data as Settings;
}

/** What is declared more than once in a list. */
function findTwice(
  key: string,
  kind: string,
  names: readonly string[],
  identity: (name: string) => string,
  document: YamlDocument,
): Problem[] {
  const [own = key, ...rest] = key.split(".");
  const place = `${NAMESPACE}:${key}`;
  const identities = names.map(identity);
  return names.flatMap((name, index) => {
    const first = identities.indexOf(identity(name));
    if (first === index) return [];
    const inFile = document.locate(["config", `${NAMESPACE}:${own}`, ...rest, index]);
    return [
      {
        what: `${kind} "${name}" is declared twice`,
        where: `${inFile}: ${place}[${index}]`,
        fix: `Remove one of ${place}[${first}] and ${place}[${index}]`,
      },
    ];
  });
}

/** Settings stand under `config:` with their namespace in front: `stacks/Pulumi.x.yaml:7: aistack:ports.ollama`. */
function placeInConfig(path: Path, document: YamlDocument): string {
  const [key, ...rest] = path;
  if (key === undefined) return document.locate(["config"]);
  const inFile = document.locate(["config", `${NAMESPACE}:${key}`, ...rest]);
  return `${inFile}: ${NAMESPACE}:${formatPath(path)}`;
}

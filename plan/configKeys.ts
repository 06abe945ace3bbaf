import type { Problem } from "./errors";
import { quote } from "./quote";
import { suggest } from "./suggest";
import { expected } from "./validation";
import { isRecord, type YamlDocument } from "./yamlDocument";

/**
 * The configuration keys of a stack (`aistack:KEY` in stacks/Pulumi.<stack>.yaml) with the type
 * that Pulumi.yaml declares for each; a contract test keeps the two equal.
 */
export const CONFIG_KEYS = {
  profile: "string",
  services: "array",
  host: "object",
  namePrefix: "string",
  bindAddress: "string",
  ports: "object",
  gpu: "string",
  gpuMode: "string",
  gpuDevices: "array",
  gpuRequired: "boolean",
  minVramMiB: "integer",
  images: "object",
  models: "array",
  localai: "object",
  webui: "object",
  limits: "object",
  logging: "object",
  protectData: "boolean",
  agent: "object",
  idle: "object",
  hostRoot: "string",
} as const;

export type ConfigKey = keyof typeof CONFIG_KEYS;

/** Defaults, equal to those that Pulumi.yaml declares. */
export const CONFIG_DEFAULTS = {
  profile: "minimal",
  services: [],
  host: {},
  namePrefix: "",
  bindAddress: "127.0.0.1",
  ports: {},
  gpu: "none",
  gpuMode: "cdi",
  gpuDevices: [],
  gpuRequired: true,
  minVramMiB: 0,
  images: {},
  models: [],
  localai: {},
  webui: {},
  limits: {},
  logging: {},
  protectData: false,
  agent: {},
  idle: {},
  hostRoot: "",
} as const;

export const NAMESPACE = "aistack";

/**
 * Turns what Pulumi hands to a program (every value a text, structures as JSON) into plain data.
 * A text that is not of its key's type stays a text, for the schema to name.
 */
export function decodePulumiConfig(
  config: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(
    ownEntries(config).map(([key, raw]) => [key, typeOf(key) === "string" ? raw : fromJson(raw)]),
  );
}

/** True where nothing was configured: Pulumi fills in the defaults of Pulumi.yaml. */
export function isUnconfigured(config: Readonly<Record<string, unknown>>): boolean {
  const defaults: Readonly<Record<string, unknown>> = CONFIG_DEFAULTS;
  return Object.entries(config).every(
    ([key, value]) => JSON.stringify(value) === JSON.stringify(defaults[key]),
  );
}

function typeOf(key: string): string {
  return Object.hasOwn(CONFIG_KEYS, key) ? CONFIG_KEYS[key as ConfigKey] : "string";
}

/** The entries of our namespace, without it. */
function ownEntries<Value>(config: Readonly<Record<string, Value>>): [key: string, value: Value][] {
  return Object.entries(config)
    .filter(([key]) => key.startsWith(`${NAMESPACE}:`))
    .map(([key, value]) => [key.slice(NAMESPACE.length + 1), value]);
}

function fromJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

/**
 * The same from a stack file, where a value is YAML. A flag or a number may be the text that `pulumi config
 * set` writes; a structure may not: Pulumi refuses that, before any program runs.
 */
export function decodeStackFile(
  file: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const config = isRecord(file?.config) ? file.config : {};
  return Object.fromEntries(
    ownEntries(config).map(([key, value]) => [
      key,
      ["boolean", "integer"].includes(typeOf(key)) && typeof value === "string"
        ? fromJson(value)
        : value,
    ]),
  );
}

/** What Pulumi reads of a stack file. */
const STACK_FILE_KEYS = [
  "config",
  "encryptionsalt",
  "encryptedkey",
  "secretsprovider",
  "environment",
];

/** Namespaces of configuration that somebody reads: ours, the engine's, the providers'. */
const NAMESPACES = [NAMESPACE, "pulumi", "docker", "command"];

/** Keys of a stack file that nobody would read, so that a mistyped one is not silently ignored. */
export function stackFileProblems(document: YamlDocument): Problem[] {
  const file = document.value ?? {};
  const unknown = Object.keys(file)
    .filter((key) => !STACK_FILE_KEYS.includes(key))
    .map((key) => ({
      what: `unknown key ${quote(key)}`,
      where: document.locate([key]),
      fix: suggest(key, STACK_FILE_KEYS),
    }));
  const { config } = file;
  if (config === undefined || config === null) return unknown;
  if (!isRecord(config)) {
    const where = `${document.locate(["config"])}: config`;
    return [...unknown, { what: expected("a mapping", config), where }];
  }
  const accepted = Object.keys(CONFIG_KEYS).map((key) => `${NAMESPACE}:${key}`);
  const strays = Object.keys(config)
    .filter((key) => !NAMESPACES.some((namespace) => key.startsWith(`${namespace}:`)))
    .map((key) => ({
      what: `unknown key ${quote(key)}`,
      where: `${document.locate(["config", key])}: config`,
      fix: suggest(key.includes(":") ? key : `${NAMESPACE}:${key}`, accepted),
    }));
  return [...unknown, ...strays];
}

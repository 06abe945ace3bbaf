import { isRecord } from "./yamlDocument";

/**
 * The configuration keys of a stack (`aistack:KEY` in stacks/Pulumi.<stack>.yaml) with the type
 * that Pulumi.yaml declares for each; a contract test keeps the two equal.
 */
export const CONFIG_KEYS = {
  profile: "string",
  services: "array",
  namePrefix: "string",
  bindAddress: "string",
  ports: "object",
  images: "object",
  models: "array",
  limits: "object",
  logging: "object",
  protectData: "boolean",
} as const;

export type ConfigKey = keyof typeof CONFIG_KEYS;

/** Defaults, equal to those that Pulumi.yaml declares. */
export const CONFIG_DEFAULTS = {
  profile: "minimal",
  services: [],
  namePrefix: "",
  bindAddress: "127.0.0.1",
  ports: {},
  images: {},
  models: [],
  limits: {},
  logging: {},
  protectData: false,
} as const;

export const NAMESPACE = "aistack";

/**
 * Turns what Pulumi hands to a program (every value a text, structures as JSON) into plain data.
 * A text that is not of its key's type stays a text, for the schema to name.
 */
export function decodePulumiConfig(
  config: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const [fullKey, raw] of Object.entries(config)) {
    if (!fullKey.startsWith(`${NAMESPACE}:`)) continue;
    const key = fullKey.slice(NAMESPACE.length + 1);
    const type = Object.hasOwn(CONFIG_KEYS, key) ? CONFIG_KEYS[key as ConfigKey] : "string";
    decoded[key] = type === "string" ? raw : fromJson(raw);
  }
  return decoded;
}

function fromJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

/** The same from a stack file, where a value is YAML or, as `pulumi config set` writes it, a text. */
export function decodeStackFile(
  file: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const config = isRecord(file?.config) ? file.config : {};
  const decoded: Record<string, unknown> = {};
  for (const [fullKey, value] of Object.entries(config)) {
    if (typeof value === "string") Object.assign(decoded, decodePulumiConfig({ [fullKey]: value }));
    else if (fullKey.startsWith(`${NAMESPACE}:`))
      decoded[fullKey.slice(NAMESPACE.length + 1)] = value;
  }
  return decoded;
}

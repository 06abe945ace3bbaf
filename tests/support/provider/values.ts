import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/**
 * How the engine writes what JSON has no words for: secrets, unknown values, assets and archives.
 * The markers are part of Pulumi's wire format and never change.
 */

export type Value = JavaScriptValue;
export type Properties = { [name: string]: Value };

const signature = "4dabf18193072939515e22adb298388d";
const secretMarker = "1b47061264138c4ac30d75fd1eb44270";
const assetMarker = "c44067f5952c0a294b673a41bacd8c17";
const archiveMarker = "0def7320c3a5731c473e5ecbe6d01bc7";
const outputMarker = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** A value that is not known before the deployment. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function secret(value: Value): Properties {
  return { [signature]: secretMarker, value };
}

export function fileAsset(path: string, hash: string): Properties {
  return { [signature]: assetMarker, path, hash };
}

export function textAsset(text: string, hash: string): Properties {
  return { [signature]: assetMarker, text, hash };
}

export function fileArchive(path: string, hash: string): Properties {
  return { [signature]: archiveMarker, path, hash };
}

export function assetArchive(assets: Properties, hash: string): Properties {
  return { [signature]: archiveMarker, assets, hash };
}

/** Output values say the same as secrets and unknowns in another way; the latter are easier to compare. */
export function normalise(value: Value): Value {
  if (Array.isArray(value)) {
    return value.map(normalise);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  const fields = value as Properties;
  if (fields[signature] === outputMarker) {
    const inner = "value" in fields ? normalise(fields.value ?? null) : unknown;
    return fields.secret === true ? secret(inner) : inner;
  }
  return normaliseAll(fields);
}

export function normaliseAll(fields: Properties): Properties {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, normalise(value)]),
  );
}

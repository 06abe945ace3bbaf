import { createHash } from "node:crypto";
import { isRecord } from "../../../plan/yamlDocument";
import { RegistryFault } from "./fault";

/** Source: OCI image specification (media-types.md), docker's distribution (manifest-v2-2.md). */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** An image for one platform, by its configuration, or a list of such images. */
export type Manifest =
  | { readonly kind: "image"; readonly config: string }
  | { readonly kind: "index"; readonly images: readonly IndexEntry[] };

export interface IndexEntry {
  readonly digest: string;
  /** `linux/arm64` */
  readonly platform: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is string {
  return typeof value === "string" && DIGEST.test(value);
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/**
 * Reads a manifest by its content. One that could be read as both kinds is refused: what is checked and what an engine
 * runs could differ (CVE-2021-41190).
 */
export function parseManifest(content: Buffer, host: string): Manifest {
  const manifest = parseObject(content, host);
  const { config, layers, manifests } = manifest;
  const isImage = isRecord(config) && isDigest(config.digest) && Array.isArray(layers);
  if (Array.isArray(manifests) && config === undefined && layers === undefined) {
    return { kind: "index", images: manifests.flatMap(toEntry) };
  }
  if (isImage && manifests === undefined) return { kind: "image", config: config.digest as string };
  throw noManifest(host);
}

/** What an image's configuration says that it is for: `linux/amd64`. */
export function parsePlatform(config: Buffer, host: string): string {
  const { os, architecture } = parseObject(config, host);
  if (typeof os !== "string" || typeof architecture !== "string") throw noManifest(host);
  return `${os}/${architecture}`;
}

/** Entries for an unknown platform are no images: signatures and records of builds stand there. */
function toEntry(entry: unknown): IndexEntry[] {
  if (!isRecord(entry) || !isRecord(entry.platform) || !isDigest(entry.digest)) return [];
  const { os, architecture } = entry.platform;
  return os === "unknown" || architecture === "unknown"
    ? []
    : [{ digest: entry.digest, platform: `${String(os)}/${String(architecture)}` }];
}

function parseObject(content: Buffer, host: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(content.toString("utf8"));
    if (isRecord(parsed)) return parsed;
  } catch {
    // Told below, together with JSON of another form.
  }
  throw noManifest(host);
}

function noManifest(host: string): RegistryFault {
  return new RegistryFault(
    "invalid",
    `${host} answers with what is no manifest of an image`,
    "See whether the name is that of an image",
  );
}

import { type ImageLocation, locateImage } from "../../../plan/imageLocation";
import type { RegistryClient } from "./client";
import { RegistryFault } from "./fault";
import {
  digestOf,
  type IndexEntry,
  isDigest,
  MANIFEST_TYPES,
  parseManifest,
  parsePlatform,
} from "./manifest";

/**
 * The digest that a reference has at its registry. Everything that leads from it to this host's image is read and
 * compared with its digest: a registry's word alone is not written down.
 * @param architecture as images name it: `amd64`, `arm64`
 * @throws RegistryFault where the registry does not give it, or gives what is not for this host
 */
export async function resolveDigest(
  client: RegistryClient,
  reference: string,
  architecture: string,
): Promise<string> {
  const location = locateImage(reference);
  const wanted = `linux/${architecture}`;
  const manifestPath = (target: string) => `manifests/${target}`;
  // All that follows is asked for by this digest: a tag that moves meanwhile changes nothing.
  const head = await client.read(location, "HEAD", manifestPath(location.target), MANIFEST_TYPES);
  const said = head.headers.get("docker-content-digest");
  const announced = isDigest(said) ? said : undefined;
  const top = await client.read(
    location,
    "GET",
    manifestPath(announced ?? location.target),
    MANIFEST_TYPES,
  );
  const digest = announced ?? digestOf(top.body);
  verify(top.body, digest, location);

  const manifest = parseManifest(top.body, location.host);
  if (manifest.kind === "index") {
    const entry = manifest.images.find(({ platform }) => platform === wanted);
    if (entry === undefined) throw missingPlatform(location, wanted, manifest.images);
    const image = await client.read(location, "GET", manifestPath(entry.digest), MANIFEST_TYPES);
    verify(image.body, entry.digest, location);
  } else {
    const config = await client.read(location, "GET", `blobs/${manifest.config}`, "*/*");
    verify(config.body, manifest.config, location);
    const platform = parsePlatform(config.body, location.host);
    if (platform !== wanted)
      throw missingPlatform(location, wanted, [{ digest: manifest.config, platform }]);
  }
  return digest;
}

function verify(content: Buffer, digest: string, { host, repository }: ImageLocation): void {
  const found = digestOf(content);
  if (found === digest) return;
  throw new RegistryFault(
    "invalid",
    `${host} gives for ${repository} ${digest} what has the digest ${found}: it is damaged or was tampered with`,
    "Do not run it. Tell whoever runs the registry",
  );
}

function missingPlatform(
  { host, repository, target }: ImageLocation,
  wanted: string,
  there: readonly IndexEntry[],
): RegistryFault {
  const platforms = [...new Set(there.map(({ platform }) => platform))].sort().join(", ");
  return new RegistryFault(
    "invalid",
    `${host} has ${repository} ${target} not for ${wanted}, only for ${platforms || "no platform"}`,
    "Name a version that is there for it",
  );
}

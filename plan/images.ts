import { parseImageReference } from "./imageReference";
import type { Settings } from "./settings";

/** Where a service's image may come from; which of them it is, the host's facts decide. */
export interface ImagePlan {
  readonly service: string;
  readonly source: Settings["images"]["source"];
  /** as the Compose file or the settings name it */
  readonly reference: string;
  /** what the reference is bound to: its own digest, or the lock's; undefined where there is neither */
  readonly digest: string | undefined;
  /** `repository:tag`, with `@sha256:…` once a digest is locked */
  readonly registryName: string;
  /** the name that `aistack images load` gives an image with a digest, since loading loses the digest */
  readonly loadedName: string | undefined;
  /** the name under which `images/` builds it from package registries, where there is a recipe */
  readonly builtName: string | undefined;
}

/** Names that the plan cannot know by itself. */
export interface ImageNames {
  /** digest by image reference, from images.lock.yaml */
  readonly lock: Readonly<Record<string, string>>;
  /** image name by service, of those services that can be built on the host */
  readonly built: Readonly<Record<string, string>>;
}

export function planImage(
  service: string,
  reference: string,
  source: Settings["images"]["source"],
  names: ImageNames,
): ImagePlan {
  const parsed = parseImageReference(reference);
  const digest = parsed?.digest ?? names.lock[reference];
  const registryName =
    digest === undefined || parsed?.digest !== undefined ? reference : `${reference}@${digest}`;
  return {
    service,
    source,
    reference,
    digest,
    registryName,
    loadedName: digest === undefined ? undefined : loadedImageName(reference, digest),
    builtName: names.built[service],
  };
}

/** A tag is no longer than that. */
const LONGEST_TAG = 128;

/**
 * An engine forgets the digest of an image that it loads from a file, so `name@digest` does not find it again. The
 * digest stands in the tag instead, in a repository that no registry answers for.
 */
export function loadedImageName(reference: string, digest: string): string {
  const { repository = "", tag } = parseImageReference(reference) ?? {};
  const hash = digest.slice(digest.indexOf(":") + 1);
  const version = tag === undefined ? "" : `${tag.slice(0, LONGEST_TAG - hash.length - 1)}-`;
  return `aistack.invalid/loaded/${repository.toLowerCase().replace(":", "-")}:${version}${hash}`;
}

/** Every name under which the engine may have the image. */
export function imageNames({ registryName, loadedName, builtName }: ImagePlan): string[] {
  return [registryName, loadedName, builtName].filter((name) => name !== undefined);
}

/**
 * The image to run. `auto` prefers the registry's image; only where that one is absent, as on a network without a
 * container registry, it takes the one that was loaded from an archive, then the one that was built here.
 */
export function chooseImage(
  plan: ImagePlan,
  present: { has(name: string): boolean },
): { name: string; built: boolean } {
  const { source, registryName, loadedName, builtName } = plan;
  const fromRegistry = { name: registryName, built: false };
  if (source === "build" && builtName !== undefined) return { name: builtName, built: true };
  if (source === "registry" || source === "build" || present.has(registryName)) return fromRegistry;
  if (loadedName !== undefined && present.has(loadedName))
    return { name: loadedName, built: false };
  return source === "auto" && builtName !== undefined && present.has(builtName)
    ? { name: builtName, built: true }
    : fromRegistry;
}

/** Where the image that was chosen is from. */
export function originOf(
  plan: ImagePlan,
  chosen: { readonly name: string; readonly built: boolean },
): "registry" | "archive" | "build" {
  if (chosen.built) return "build";
  return chosen.name === plan.loadedName || plan.source === "archive" ? "archive" : "registry";
}

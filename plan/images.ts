import { parseImageReference } from "./imageReference";
import type { Settings } from "./settings";

/** Where a service's image may come from; which of the two it is, the host's facts decide. */
export interface ImagePlan {
  readonly service: string;
  readonly source: Settings["images"]["source"];
  /** `repository:tag`, with `@sha256:…` once a digest is locked */
  readonly registryName: string;
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
  return { service, source, registryName, builtName: names.built[service] };
}

/**
 * The image to run. `auto` prefers the registry's image; only where that one is absent and the one
 * built here is present, as on a network without a container registry, the built one is taken.
 */
export function chooseImage(
  plan: ImagePlan,
  present: { has(name: string): boolean },
): { name: string; built: boolean } {
  const fromRegistry = { name: plan.registryName, built: false };
  if (plan.builtName === undefined) return fromRegistry;
  const built = { name: plan.builtName, built: true };
  if (plan.source === "build") return built;
  if (plan.source !== "auto" || present.has(plan.registryName)) return fromRegistry;
  return present.has(plan.builtName) ? built : fromRegistry;
}

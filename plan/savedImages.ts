import type { Problem } from "./errors";
import { imageForGpu } from "./gpuPlan";
import { GPU_VARIANTS, type GpuVariant } from "./gpuRequest";
import type { ImagePlan } from "./images";
import type { ServicePlan } from "./plan";
import { quote } from "./quote";

/** For which GPUs images are saved: kinds as `x-aistack: variants` names them, or all that the stack may run. */
export type SavedVariants = readonly string[] | "all";

/** What goes into an archive. */
export interface SavedChoice {
  /** each once */
  readonly images: readonly ImagePlan[];
  readonly problems: readonly Problem[];
}

/**
 * The images that a stack's services run on hosts with these GPUs. `all` is for a host of which nothing is known: the
 * plain images are among them.
 * @param services as configured, before a host's GPUs have decided
 */
export function chooseSavedImages(
  services: readonly ServicePlan[],
  wanted: SavedVariants,
): SavedChoice {
  const there = GPU_VARIANTS.filter((key) => services.some(({ variants }) => key in variants));
  if (wanted === "all") {
    const images = services.flatMap(({ image, variants }) => [image, ...Object.values(variants)]);
    return { images: once(images), problems: [] };
  }
  const unknown = wanted.filter((key) => !there.some((known) => known === key));
  const images = (wanted as readonly GpuVariant[]).flatMap((key) =>
    services.map((service) => imageForGpu(service, key)),
  );
  return {
    images: once(images),
    problems: unknown.map((key) => ({
      what: `the stack has no images for ${quote(key)}`,
      where: "--variant",
      fix:
        there.length === 0
          ? "Set aistack:gpu to the kind of GPU that the host has"
          : `It has: ${there.join(", ")}`,
    })),
  };
}

function once(images: readonly ImagePlan[]): ImagePlan[] {
  return [...new Map(images.map((image) => [image.registryName, image])).values()];
}

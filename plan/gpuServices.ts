import type { ComposeService } from "./composeSchema";
import type { GpuVariant } from "./gpuRequest";
import type { GpuRequirement } from "./gpuRequirement";
import { type ImageNames, type ImagePlan, planImage } from "./images";
import type { Settings } from "./settings";

/** Images for a kind of GPU, in the place of a service's plain one. */
export type VariantImages = Readonly<Partial<Record<GpuVariant, ImagePlan>>>;

/** What a stack wants of a host's GPUs; undefined where nobody wants any. */
export function planGpu(
  services: readonly ComposeService[],
  settings: Settings,
): GpuRequirement | undefined {
  const { gpu, gpuMode, gpuDevices, gpuRequired, minVramMiB } = settings;
  if (gpu === "none" || !services.some((service) => service["x-aistack"].gpu)) return undefined;
  return { gpu, gpuMode, gpuDevices, gpuRequired, minVramMiB };
}

/** A service's images for the stack's GPUs. Whoever names an image, or has it built here, wants that one whatever the GPU. */
export function planVariants(
  name: string,
  service: ComposeService,
  { gpu, images }: Settings,
  { lock }: ImageNames,
): VariantImages {
  if (images.overrides[name] !== undefined || images.source === "build") return {};
  const variants = Object.entries(service["x-aistack"].variants ?? {}).flatMap(
    ([key, reference]) =>
      reference === undefined || !key.startsWith(gpu)
        ? []
        : [[key, planImage(name, reference, images.source, { lock, built: {} })] as const],
  );
  return Object.fromEntries(variants);
}

import type * as z from "zod";
import { GPU_VARIANTS, type GpuVariant } from "./gpuRequest";
import { imageReferenceFault } from "./imageReference";
import { SECRET_NAMES } from "./secrets";
import { flag, mapping, object, oneOf, pattern, text, whole } from "./validation";

/** A reference to an image that means one version for good. */
export const image = text().superRefine((value, context) => {
  const fault = imageReferenceFault(value);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

const variantShape = Object.fromEntries(
  GPU_VARIANTS.map((variant) => [variant, image.optional()]),
) as Record<GpuVariant, z.ZodOptional<typeof image>>;

/** Facts about a service that only aistack needs, below `x-aistack`; Compose leaves x- keys alone. */
export const serviceExtension = object({
  /** HTTP path that answers 200 once the service serves; asked on the published endpoint port */
  readiness: pattern(/^\/[^$]*$/, "an HTTP path"),
  /** container port of the service's HTTP endpoint */
  endpoint: whole(1, 65535),
  /** how long it may take until it serves, its first start on a slow disk included; default 180 */
  readinessSeconds: whole(1, 86_400).optional(),
  /** variable of the environment → generated secret that it holds */
  secrets: mapping(oneOf(SECRET_NAMES)).optional(),
  /** whether it computes on the host's GPUs, where the stack has some; default false */
  gpu: flag().optional(),
  /** image by kind of GPU, where the plain one does not serve it */
  variants: object(variantShape).optional(),
});

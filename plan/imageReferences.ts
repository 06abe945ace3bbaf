import type { ComposeProject, ComposeService } from "./composeSchema";
import { parseImageReference } from "./imageReference";
import type { ServicePlan } from "./plan";
import type { Settings } from "./settings";

/** Every image that a stack of the checkout may run, whatever its profile and its GPU; sorted, each once. */
export function collectImageReferences(
  project: ComposeProject,
  stacks: readonly Settings[],
): string[] {
  const references = [
    ...Object.values(project.services).flatMap(imagesOf),
    ...stacks.flatMap(({ images }) => Object.values(images.overrides)),
  ];
  return [...new Set(references)].sort();
}

/** Every image that one stack may run, whichever its GPUs decide for; sorted, each once. */
export function collectPlanReferences(
  services: readonly Pick<ServicePlan, "image" | "variants">[],
): string[] {
  const plans = services.flatMap(({ image, variants }) => [image, ...Object.values(variants)]);
  return [...new Set(plans.map(({ reference }) => reference))].sort();
}

/** References that a lock can bind: one that has a digest of its own is bound already. */
export function lockableReferences(references: readonly string[]): string[] {
  return references.filter((reference) => parseImageReference(reference)?.digest === undefined);
}

function imagesOf(service: ComposeService): string[] {
  const { variants = {} } = service["x-aistack"] as { variants?: Record<string, string> };
  return [service.image, ...Object.values(variants)];
}

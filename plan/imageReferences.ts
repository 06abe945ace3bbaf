import type { ComposeProject, ComposeService } from "./composeSchema";
import { parseImageReference } from "./imageReference";
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

/** References that a lock can bind: one that has a digest of its own is bound already. */
export function lockableReferences(references: readonly string[]): string[] {
  return references.filter((reference) => parseImageReference(reference)?.digest === undefined);
}

function imagesOf(service: ComposeService): string[] {
  const { variants = {} } = service["x-aistack"] as { variants?: Record<string, string> };
  return [service.image, ...Object.values(variants)];
}

import type { LocalaiSpec } from "./localaiModels";
import { OPENAI_SERVICE } from "./wiring";

/** What a service must list once everything declared is there. */
export function expectedModels(
  service: string,
  declared: {
    readonly models: readonly { readonly name: string }[];
    readonly localai: readonly LocalaiSpec[];
  },
): string[] {
  if (service !== OPENAI_SERVICE) return declared.models.map(({ name }) => name);
  // A gallery that stands before an "@" is no part of the name that LocalAI lists.
  return declared.localai
    .filter(({ kind }) => kind === "model")
    .map(({ name }) => name.slice(name.lastIndexOf("@") + 1));
}

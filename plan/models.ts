import { quote } from "./quote";
import type { Settings } from "./settings";

/** A model that a stack declares. */
export interface ModelSpec {
  /** as Ollama lists it, always with its tag: `tiny:latest` */
  readonly name: string;
  readonly source:
    | { readonly kind: "file"; readonly path: string; readonly sha256?: string }
    | { readonly kind: "pull"; readonly reference: string };
}

const NAME =
  /^(?:[a-z0-9.-]+(?::\d+)?\/)?(?:[a-z0-9][a-z0-9._-]*\/){0,2}[a-z0-9][a-z0-9._-]*(?::[a-z0-9][a-z0-9._-]*)?$/i;

/** What is wrong with a model's name, or undefined. */
export function modelNameFault(name: string): string | undefined {
  if (name.length <= 200 && NAME.test(name)) return undefined;
  return `${quote(name)} is not a model name such as llama3.2:1b`;
}

/** What is wrong with a model's `from`, or undefined. */
export function modelSourceFault(from: string): string | undefined {
  if (from.startsWith("file:")) {
    const path = from.slice("file:".length);
    return path === "" || path.includes("\0")
      ? '"file:" must be followed by the path of a GGUF file'
      : undefined;
  }
  if (modelNameFault(from) === undefined) return undefined;
  return `${quote(from)} is neither file:PATH nor a model name such as llama3.2:1b`;
}

/** Ollama reads a name without a tag as `:latest`. */
export function withTag(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).includes(":") ? name : `${name}:latest`;
}

/** The declared models in declared order. A model without `from` is pulled under its own name. */
export function planModels(settings: Settings): ModelSpec[] {
  return settings.models.map(({ name, from, sha256 }) => {
    const path = from?.startsWith("file:") ? from.slice("file:".length) : undefined;
    return {
      name: withTag(name),
      source:
        path === undefined
          ? { kind: "pull", reference: withTag(from ?? name) }
          : { kind: "file", path, ...(sha256 === undefined ? {} : { sha256 }) },
    };
  });
}

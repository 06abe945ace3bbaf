/** A model that is worth a try on a host with so much memory. */
export interface ExampleModel {
  /** as Ollama's library names it */
  readonly name: string;
  /** download and weights, in GB as the library tells them */
  readonly gigabytes: number;
  /** least memory of the GPUs together, in MiB, that holds it with Ollama's default context beside it */
  readonly fromMib: number;
}

/**
 * One model for each size of memory, the larger the later. A card tells some hundred MiB less than it is sold
 * with, so the bounds are below the round numbers. Sizes of Gemma and Llama: README.md of ollama/ollama; of
 * gpt-oss: its page in the library and OpenAI's announcement (one GPU of 16 or of 80 GB), both read in
 * November 2026. Default context by memory, which the weights must leave room for: docs/context-length.mdx.
 */
export const EXAMPLE_MODELS: readonly ExampleModel[] = [
  { name: "llama3.2:1b", gigabytes: 1.3, fromMib: 0 },
  { name: "llama3.2:3b", gigabytes: 2, fromMib: 3_800 },
  { name: "gemma3:4b", gigabytes: 3.3, fromMib: 5_800 },
  { name: "gemma3:12b", gigabytes: 8.1, fromMib: 11_500 },
  { name: "gpt-oss:20b", gigabytes: 14, fromMib: 15_600 },
  { name: "gemma3:27b", gigabytes: 17, fromMib: 23_000 },
  { name: "gpt-oss:120b", gigabytes: 65, fromMib: 79_000 },
];

/** On a CPU it is the time that bounds a model, not the memory: each answer reads all of its weights once a token. */
const LARGEST_ON_CPU = "llama3.2:3b";

/** Turns documents into what a search finds, for chats over files; 0.3 GB. */
export const EMBEDDING_MODEL = "nomic-embed-text";

/**
 * The largest example that fits.
 * @param vramMib memory of the GPUs together; 0 without any
 * @param ramMib memory of the host
 */
export function exampleModel(vramMib: number, ramMib: number): ExampleModel {
  const last = EXAMPLE_MODELS.findIndex(({ name }) => name === LARGEST_ON_CPU);
  const candidates = vramMib > 0 ? EXAMPLE_MODELS : EXAMPLE_MODELS.slice(0, last + 1);
  // Half of a host's memory is for everything else.
  const memory = vramMib > 0 ? vramMib : ramMib / 2;
  return (
    candidates.findLast(({ fromMib }) => fromMib <= memory) ?? (EXAMPLE_MODELS[0] as ExampleModel)
  );
}

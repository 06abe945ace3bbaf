import { type TensorData, writeGguf } from "./ggufWriter";

const CONTEXT = 256;
const WIDTH = 32;
const HEADS = 4;
const LAYERS = 2;
const FEED_FORWARD = 64;
const EPSILON = 1e-5;

const UNKNOWN = 0;
const BEGIN = 1;
const END = 2;
const FIRST_BYTE = 3;
const VOCABULARY = FIRST_BYTE + 256;

// llama.cpp's token types.
const TYPE_UNKNOWN = 2;
const TYPE_CONTROL = 3;
const TYPE_BYTE = 6;

// Of letters; see likelihood.
const KINDS = 4;

/**
 * A language model of 156 KB with random weights, for tests and for trying out a network that cannot
 * download a real one: Ollama loads it as any other, and it answers in a few random capital letters.
 * Byte for byte the same on every machine and in every run.
 */
export function tinyModel(): Uint8Array {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  return writeGguf(
    {
      "general.architecture": { type: "string", value: "llama" },
      "general.name": { type: "string", value: "tiny" },
      "general.file_type": { type: "uint32", value: 0 },
      "llama.context_length": { type: "uint32", value: CONTEXT },
      "llama.embedding_length": { type: "uint32", value: WIDTH },
      "llama.block_count": { type: "uint32", value: LAYERS },
      "llama.feed_forward_length": { type: "uint32", value: FEED_FORWARD },
      "llama.attention.head_count": { type: "uint32", value: HEADS },
      "llama.attention.head_count_kv": { type: "uint32", value: HEADS },
      "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: EPSILON },
      "llama.rope.dimension_count": { type: "uint32", value: WIDTH / HEADS },
      "llama.vocab_size": { type: "uint32", value: VOCABULARY },
      "tokenizer.ggml.model": { type: "string", value: "llama" },
      "tokenizer.ggml.tokens": {
        type: "strings",
        value: ["<unk>", "<s>", "</s>", ...bytes.map(byteToken)],
      },
      "tokenizer.ggml.scores": { type: "float32s", value: Array(VOCABULARY).fill(0) },
      "tokenizer.ggml.token_type": {
        type: "int32s",
        value: [TYPE_UNKNOWN, TYPE_CONTROL, TYPE_CONTROL, ...bytes.map(() => TYPE_BYTE)],
      },
      "tokenizer.ggml.bos_token_id": { type: "uint32", value: BEGIN },
      "tokenizer.ggml.eos_token_id": { type: "uint32", value: END },
      "tokenizer.ggml.unknown_token_id": { type: "uint32", value: UNKNOWN },
    },
    tensors(normalNumbers(0)),
  );
}

function tensors(next: () => number): TensorData[] {
  const random = (name: string, columns: number, rows: number): TensorData => ({
    name,
    shape: [columns, rows],
    values: Float32Array.from({ length: columns * rows }, () => next() * 0.1),
  });
  const ones = (name: string): TensorData => ({
    name,
    shape: [WIDTH],
    values: new Float32Array(WIDTH).fill(1),
  });

  const embedding = random("token_embd.weight", WIDTH, VOCABULARY);
  const output = random("output.weight", WIDTH, VOCABULARY);
  for (let token = 0; token < VOCABULARY; token++) {
    for (let kind = 0; kind < KINDS; kind++) {
      embedding.values[token * WIDTH + kind] = kindOf(token) === kind ? 4 : 0;
      output.values[token * WIDTH + kind] = likelihood(token, kind);
    }
  }

  const layers = Array.from({ length: LAYERS }, (_, layer) => `blk.${layer}.`).flatMap((block) => [
    ones(`${block}attn_norm.weight`),
    ones(`${block}ffn_norm.weight`),
    ...["attn_q", "attn_k", "attn_v", "attn_output"].map((name) =>
      random(`${block}${name}.weight`, WIDTH, WIDTH),
    ),
    random(`${block}ffn_gate.weight`, WIDTH, FEED_FORWARD),
    random(`${block}ffn_up.weight`, WIDTH, FEED_FORWARD),
    random(`${block}ffn_down.weight`, FEED_FORWARD, WIDTH),
  ]);
  return [embedding, ones("output_norm.weight"), output, ...layers];
}

// An answer is a random walk through the capital letters: A to H after anything else, then I to P, then
// Q to Z, and then either the end or A to H again. So it is never empty unless the prompt ends in Q to Z,
// it is printable, it has about fifteen tokens, and it ends. The first places of a token's embedding, which
// the random layers hand on nearly as they are, say of which kind it is; the first places of an output
// row say after which kinds its token comes.
function kindOf(token: number): number {
  const letter = token - FIRST_BYTE - 0x41;
  if (letter < 0 || letter >= 26) return 0;
  return letter < 8 ? 1 : letter < 16 ? 2 : 3;
}

function likelihood(token: number, previous: number): number {
  const next = previous === 3 ? 1 : previous + 1;
  if (token === END) return previous === 3 ? 0.7 : -2;
  return kindOf(token) === next ? 1 : -2;
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/**
 * Normally distributed numbers from a seed, by adding twelve uniform ones: sums of 32-bit fractions are
 * exact, while the logarithm and cosine of the usual method may differ between engines in the last bit.
 */
function normalNumbers(seed: number): () => number {
  let state = seed;
  // mulberry32
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => {
    let sum = -6;
    for (let count = 0; count < 12; count++) sum += uniform();
    return sum;
  };
}

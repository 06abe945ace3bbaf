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

// llama.cpp's kinds of tokens.
const KIND_UNKNOWN = 2;
const KIND_CONTROL = 3;
const KIND_BYTE = 6;

/**
 * A language model of 156 KB with random weights, for tests and for trying out a network that cannot
 * download a real one: Ollama loads it as any other and answers in nonsense of printable characters.
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
        value: [KIND_UNKNOWN, KIND_CONTROL, KIND_CONTROL, ...bytes.map(() => KIND_BYTE)],
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
    // Every token carries the same large number in its first place, which the layers hand on, so the
    // first place of an output row says how likely its token is, whatever came before.
    embedding.values[token * WIDTH] = 1;
    output.values[token * WIDTH] = likelihood(token);
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

// The end is likely enough for an answer of some dozens of tokens. Bytes that are not printable ASCII
// would give text that is no UTF-8.
function likelihood(token: number): number {
  if (token === END) return 1.6;
  const byte = token - FIRST_BYTE;
  return byte >= 0x20 && byte <= 0x7e ? 1 : -3;
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

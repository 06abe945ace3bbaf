import {
  GGUF_DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  tensorBytes,
  ValueType,
  valueSize,
} from "./ggufFormat";

export type GgufProblemCode =
  | "missing"
  | "notAFile"
  | "unreadable"
  | "empty"
  | "wrongMagic"
  | "unsupportedVersion"
  | "truncated"
  | "damaged"
  | "noWeights"
  | "wrongHash";

/** What is wrong with a model file, and how to mend it. */
export interface GgufProblem {
  readonly code: GgufProblemCode;
  readonly message: string;
}

/** What one look at the beginning of a file tells. */
export type HeaderVerdict =
  | { readonly kind: "sound" }
  | { readonly kind: "problem"; readonly problem: GgufProblem }
  /** nothing can be said before this many bytes from the beginning are there */
  | { readonly kind: "needs"; readonly bytes: number };

const GET_AGAIN = "Get the file again and compare its size with the source's.";

const MAX_DIMENSIONS = 4; // ggml's own limit
const MAX_COUNT = 10_000_000;
const MAX_NAME = 1 << 16;
// The largest headers known, those with 256 thousand tokens and as many merges, take about 16 MB.
const MAX_HEADER = 1 << 26;
const MIN_KEY_BYTES = 8 + 4 + 1;
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

/**
 * Reads a GGUF header as far as is needed to know that the file holds all it announces. Whatever the
 * bytes are, it neither throws nor allocates more than a few names, and every count is held against the
 * size of the file before it is believed.
 * @param prefix the beginning of the file
 * @param fileSize bytes in the whole file
 */
export function inspectHeader(prefix: Uint8Array, fileSize: number): HeaderVerdict {
  try {
    readHeader(new Reader(prefix, fileSize), fileSize);
    return { kind: "sound" };
  } catch (thrown) {
    if (thrown instanceof Verdict) return thrown.verdict;
    throw thrown;
  }
}

function readHeader(reader: Reader, fileSize: number): void {
  if (fileSize === 0) fail("empty", `The file is empty. ${GET_AGAIN}`);
  readMagic(reader, fileSize);
  readVersion(reader);
  const tensors = reader.count("tensors", MIN_TENSOR_BYTES);
  const keys = reader.count("metadata entries", MIN_KEY_BYTES);

  let alignment = GGUF_DEFAULT_ALIGNMENT;
  for (let index = 0; index < keys; index++) {
    const key = reader.text("a metadata key");
    const type = reader.uint32();
    if (key === "general.alignment" && type === ValueType.uint32) {
      alignment = reader.uint32();
      if (alignment === 0 || (alignment & (alignment - 1)) !== 0)
        damaged(`its alignment is ${alignment}, which is no power of two`);
    } else if (key === "split.count" && type === ValueType.uint16) {
      const parts = reader.uint16();
      if (parts > 1)
        damaged(
          `it is one of ${parts} parts, and a model has to be one file`,
          "Join the parts with llama-gguf-split --merge.",
        );
    } else {
      reader.skipValue(type, key);
    }
  }

  let end = 0;
  let last = "";
  for (let index = 0; index < tensors; index++) {
    const { name, end: tensorEnd } = readTensor(reader);
    if (tensorEnd < end) continue;
    end = tensorEnd;
    last = name;
  }
  if (tensors === 0)
    fail(
      "noWeights",
      "The file is a GGUF file without weights, such as a vocabulary. Use the model's own file.",
    );

  const needed = Math.ceil(reader.position / alignment) * alignment + end;
  if (fileSize < needed)
    fail(
      "truncated",
      `The file ends too early: it has ${fileSize} bytes, but tensor ${JSON.stringify(last)} reaches to byte ${needed}. ${GET_AGAIN}`,
    );
}

function readMagic(reader: Reader, fileSize: number): void {
  const magic = reader.latin1(Math.min(4, fileSize));
  if (magic === GGUF_MAGIC) return;
  // A file that was cut within its first bytes.
  if (magic.length < 4 && GGUF_MAGIC.startsWith(magic)) reader.endsEarly();
  if (magic === "vers")
    fail(
      "wrongMagic",
      "The file is a Git LFS pointer, not the model itself. Fetch it with: git lfs pull",
    );
  if (/^(?:\s*<|\s*[{[])/.test(magic))
    fail(
      "wrongMagic",
      "The file is a web page or an error message, not a model. Download it again, signed in where the site asks for it.",
    );
  fail(
    "wrongMagic",
    `The file is no GGUF file: it begins with ${JSON.stringify(magic)} instead of "GGUF". Convert the model to GGUF first, for example with llama.cpp's convert_hf_to_gguf.py.`,
  );
}

function readVersion(reader: Reader): void {
  const version = reader.uint32();
  if (version === 2 || version === 3) return;
  const swapped = (version << 24) | (version >>> 24);
  if ((version & 0xffff) === 0 && (swapped === 2 || swapped === 3))
    fail(
      "unsupportedVersion",
      "The file is a GGUF file for big-endian machines. Get the little-endian one.",
    );
  fail(
    "unsupportedVersion",
    `The file is of GGUF version ${version}; 2 and 3 can be used. ${
      version < 2 ? "Convert the model anew." : "Get a file of version 3."
    }`,
  );
}

function readTensor(reader: Reader): { name: string; end: number } {
  const name = reader.text("a tensor's name");
  const dimensions = reader.uint32();
  if (dimensions > MAX_DIMENSIONS)
    damaged(`tensor ${JSON.stringify(name)} has ${dimensions} dimensions`);
  let weights = 1;
  for (let index = 0; index < dimensions; index++) weights *= reader.uint64();
  const type = reader.uint32();
  const offset = reader.uint64();
  // Of a type that is younger than this program only the beginning is known.
  const end = offset + (tensorBytes(type, weights) ?? 0);
  if (!Number.isSafeInteger(end)) damaged(`tensor ${JSON.stringify(name)} is larger than any file`);
  return { name, end };
}

/** Walks through the header; its numbers are inexact above 2^53, where no file is large enough anyway. */
class Reader {
  position = 0;
  private readonly view: DataView;

  constructor(
    private readonly prefix: Uint8Array,
    private readonly fileSize: number,
  ) {
    this.view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  /** A number of things that take at least so many bytes each. */
  count(what: string, minimalBytes: number): number {
    const count = this.uint64();
    if (count > MAX_COUNT) damaged(`it announces ${count} ${what}`);
    if (this.position + count * minimalBytes > this.fileSize) this.endsEarly();
    return count;
  }

  text(what: string): string {
    const length = this.uint64();
    if (length > MAX_NAME) damaged(`${what} is ${length} bytes long`);
    return this.latin1(length);
  }

  /** Names are compared and shown only, so that bytes which are no UTF-8 need no care. */
  latin1(length: number): string {
    const at = this.take(length);
    return Buffer.from(this.prefix.subarray(at, at + length)).toString("latin1");
  }

  skipValue(type: number, key: string): void {
    const size = valueSize(type);
    if (size !== undefined) this.skip(size);
    else if (type === ValueType.string) this.skip(this.uint64());
    else if (type === ValueType.array) this.skipArray(key);
    else damaged(`${JSON.stringify(key)} is of the unknown type ${type}`);
  }

  endsEarly(): never {
    return fail(
      "truncated",
      `The file ends within its header, after ${this.fileSize} bytes. ${GET_AGAIN}`,
    );
  }

  private skipArray(key: string): void {
    const type = this.uint32();
    const size = valueSize(type) ?? (type === ValueType.string ? 8 : undefined);
    if (size === undefined) damaged(`${JSON.stringify(key)} is a list of the unknown type ${type}`);
    const count = this.count(`values in ${JSON.stringify(key)}`, size);
    if (type === ValueType.string)
      for (let index = 0; index < count; index++) this.skip(this.uint64());
    else this.skip(count * size);
  }

  private skip(bytes: number): void {
    this.take(bytes);
  }

  private take(bytes: number): number {
    const at = this.position;
    const end = at + bytes;
    if (end > this.fileSize) this.endsEarly();
    if (end > MAX_HEADER) damaged(`its header is larger than ${MAX_HEADER} bytes`);
    if (end > this.prefix.length) throw new Verdict({ kind: "needs", bytes: end });
    this.position = end;
    return at;
  }
}

// Thrown within this file only: the readers would otherwise hand a verdict through every call.
class Verdict {
  constructor(readonly verdict: HeaderVerdict) {}
}

function fail(code: GgufProblemCode, message: string): never {
  throw new Verdict({ kind: "problem", problem: { code, message } });
}

function damaged(what: string, remedy = GET_AGAIN): never {
  return fail("damaged", `The file cannot be used: ${what}. ${remedy}`);
}

import { GGUF_DEFAULT_ALIGNMENT, GGUF_MAGIC, TENSOR_F32, ValueType } from "./ggufFormat";

export type MetadataValue =
  | { readonly type: "uint32" | "float32"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "int32s" | "float32s"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] };

export interface TensorData {
  readonly name: string;
  /** ggml's order: the length of a row comes first */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Writes a GGUF file of version 3 with 32-bit weights. The same input gives the same bytes. */
export function writeGguf(
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly TensorData[],
): Uint8Array {
  const header = new Bytes();
  const keys = Object.entries(metadata);
  header.raw(new TextEncoder().encode(GGUF_MAGIC));
  header.uint32(3);
  header.uint64(tensors.length);
  header.uint64(keys.length);
  for (const [key, value] of keys) {
    header.string(key);
    writeValue(header, value);
  }

  let offset = 0;
  for (const { name, shape, values } of tensors) {
    header.string(name);
    header.uint32(shape.length);
    for (const length of shape) header.uint64(length);
    header.uint32(TENSOR_F32);
    header.uint64(offset);
    offset = aligned(offset + values.byteLength);
  }

  for (const { values } of tensors) {
    header.pad();
    header.float32s(values);
  }
  header.pad();
  return header.toUint8Array();
}

function writeValue(out: Bytes, { type, value }: MetadataValue): void {
  switch (type) {
    case "string":
      out.uint32(ValueType.string);
      out.string(value);
      return;
    case "uint32":
      out.uint32(ValueType.uint32);
      out.uint32(value);
      return;
    case "float32":
      out.uint32(ValueType.float32);
      out.float32s([value]);
      return;
    case "strings":
      out.arrayOf(ValueType.string, value.length);
      for (const text of value) out.string(text);
      return;
    case "float32s":
      out.arrayOf(ValueType.float32, value.length);
      out.float32s(value);
      return;
    case "int32s":
      out.arrayOf(ValueType.int32, value.length);
      for (const number of value) out.uint32(number >>> 0);
      return;
  }
}

function aligned(offset: number): number {
  return Math.ceil(offset / GGUF_DEFAULT_ALIGNMENT) * GGUF_DEFAULT_ALIGNMENT;
}

/** Little-endian on every machine, unlike the typed arrays. */
class Bytes {
  private bytes = new Uint8Array(1 << 16);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  uint32(value: number): void {
    const at = this.grow(4);
    this.view.setUint32(at, value, true);
  }

  uint64(value: number): void {
    const at = this.grow(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }

  float32s(values: Iterable<number>): void {
    for (const value of values) {
      const at = this.grow(4);
      this.view.setFloat32(at, value, true);
    }
  }

  string(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.uint64(encoded.length);
    this.raw(encoded);
  }

  arrayOf(type: number, length: number): void {
    this.uint32(ValueType.array);
    this.uint32(type);
    this.uint64(length);
  }

  raw(values: Uint8Array): void {
    const at = this.grow(values.length);
    this.bytes.set(values, at);
  }

  pad(): void {
    this.grow(aligned(this.length) - this.length);
  }

  toUint8Array(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private grow(by: number): number {
    const at = this.length;
    this.length += by;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }
}

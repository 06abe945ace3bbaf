import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspectHeader } from "../../cli/models/ggufHeader";
import { tinyModel } from "../../cli/models/tinyModel";

const AGAIN = "Get the file again and compare its size with the source's.";
const model = tinyModel();
// Where the tiny model's header ends and its weights begin.
const HEADER_END = 7744;

function problem(code: string, message: string) {
  return { kind: "problem", problem: { code, message } };
}

function inspect(bytes: Uint8Array) {
  return inspectHeader(bytes, bytes.length);
}

function isTruncated(bytes: Uint8Array): boolean {
  const verdict = inspect(bytes);
  return verdict.kind === "problem" && verdict.problem.code === "truncated";
}

function u32(value: number): number[] {
  return [...new Uint8Array(Uint32Array.of(value).buffer)];
}

function u64(value: number | bigint): number[] {
  return [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];
}

function text(value: string): number[] {
  return [...u64(value.length), ...Buffer.from(value, "latin1")];
}

/** A header of hand-made parts, in a file that is large enough for its counts. */
function header({ version = 3, tensors = 0, keys = 0, rest = [] as number[], size = 4096 }) {
  const bytes = new Uint8Array(size);
  bytes.set([...Buffer.from("GGUF"), ...u32(version), ...u64(tensors), ...u64(keys), ...rest]);
  return bytes;
}

function tensor({ name = "t", shape = [32] as (number | bigint)[], type = 0, offset = 0 }) {
  return [...text(name), ...u32(shape.length), ...shape.flatMap(u64), ...u32(type), ...u64(offset)];
}

describe("a file that is no GGUF file", () => {
  test.each([
    [
      "PK\u0003\u0004 a zip archive",
      'The file is no GGUF file: it begins with "PK\\u0003\\u0004" instead of "GGUF". Convert the model to GGUF first, for example with llama.cpp\'s convert_hf_to_gguf.py.',
    ],
    [
      "version https://git-lfs.github.com/spec/v1",
      "The file is a Git LFS pointer, not the model itself. Fetch it with: git lfs pull",
    ],
    [
      "<!DOCTYPE html>",
      "The file is a web page or an error message, not a model. Download it again, signed in where the site asks for it.",
    ],
    [
      '{"error":"not found"}',
      "The file is a web page or an error message, not a model. Download it again, signed in where the site asks for it.",
    ],
  ])("%j", (content, message) => {
    expect(inspect(Buffer.from(content, "latin1"))).toEqual(problem("wrongMagic", message));
  });

  test("an empty one", () => {
    expect(inspect(new Uint8Array(0))).toEqual(problem("empty", `The file is empty. ${AGAIN}`));
  });
});

describe("a version that cannot be used", () => {
  test.each([
    [1, "The file is of GGUF version 1; 2 and 3 can be used. Convert the model anew."],
    [4, "The file is of GGUF version 4; 2 and 3 can be used. Get a file of version 3."],
    [0x03000000, "The file is a GGUF file for big-endian machines. Get the little-endian one."],
  ])("%i", (version, message) => {
    expect(inspect(header({ version }))).toEqual(problem("unsupportedVersion", message));
  });
});

describe("a file that was cut", () => {
  test("within its header", () => {
    expect(inspect(model.subarray(0, 1000))).toEqual(
      problem("truncated", `The file ends within its header, after 1000 bytes. ${AGAIN}`),
    );
  });

  test("within its magic", () => {
    expect(inspect(model.subarray(0, 2))).toEqual(
      problem("truncated", `The file ends within its header, after 2 bytes. ${AGAIN}`),
    );
  });

  test("by its last byte", () => {
    expect(inspect(model.subarray(0, -1))).toEqual(
      problem(
        "truncated",
        `The file ends too early: it has 156607 bytes, but tensor "blk.1.ffn_down.weight" reaches to byte 156608. ${AGAIN}`,
      ),
    );
  });

  test("anywhere", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: model.length - 1 }), (length) =>
        isTruncated(model.subarray(0, length)),
      ),
      { numRuns: 1000 },
    );
  });

  test("at every place of its header", () => {
    const lengths = Array.from({ length: HEADER_END }, (_, index) => index + 1);
    expect(lengths.filter((length) => !isTruncated(model.subarray(0, length)))).toEqual([]);
  });
});

describe("hostile bytes", () => {
  test("a count that no model has", () => {
    expect(inspect(header({ tensors: 10_000_001 }))).toEqual(
      problem("damaged", `The file cannot be used: it announces 10000001 tensors. ${AGAIN}`),
    );
  });

  test("more entries than the file has bytes", () => {
    expect(inspect(header({ keys: 4096 }))).toEqual(
      problem("truncated", `The file ends within its header, after 4096 bytes. ${AGAIN}`),
    );
  });

  test("a name that is longer than any", () => {
    const rest = u64(70_000);
    expect(inspect(header({ keys: 1, rest, size: 100_000 }))).toEqual(
      problem("damaged", `The file cannot be used: a metadata key is 70000 bytes long. ${AGAIN}`),
    );
  });

  test("a header that is larger than any", () => {
    const rest = [...text("k"), ...u32(8), ...u64(1 << 27)];
    expect(inspectHeader(header({ keys: 1, rest }), 2 ** 36)).toEqual(
      problem(
        "damaged",
        `The file cannot be used: its header is larger than 67108864 bytes. ${AGAIN}`,
      ),
    );
  });

  test.each([
    [[...text("k"), ...u32(13)], '"k" is of the unknown type 13'],
    [[...text("k"), ...u32(9), ...u32(9), ...u64(1)], '"k" is a list of the unknown type 9'],
    [
      [...text("general.alignment"), ...u32(4), ...u32(0)],
      "its alignment is 0, which is no power of two",
    ],
    [
      [...text("general.alignment"), ...u32(4), ...u32(24)],
      "its alignment is 24, which is no power of two",
    ],
  ])("metadata %#", (rest, what) => {
    expect(inspect(header({ keys: 1, rest }))).toEqual(
      problem("damaged", `The file cannot be used: ${what}. ${AGAIN}`),
    );
  });

  test.each([
    [{ shape: [1, 1, 1, 1, 1] }, 'tensor "t" has 5 dimensions'],
    [{ shape: [2n ** 60n, 2n ** 60n] }, 'tensor "t" is larger than any file'],
    [{ offset: 2 ** 53 }, 'tensor "t" is larger than any file'],
  ])("a tensor %#", (parts, what) => {
    expect(inspect(header({ tensors: 1, rest: tensor(parts) }))).toEqual(
      problem("damaged", `The file cannot be used: ${what}. ${AGAIN}`),
    );
  });

  test("random bytes never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), fc.nat(), (bytes, more) => {
        inspectHeader(bytes, bytes.length + more);
      }),
    );
  });

  test("random bytes behind a right beginning never throw", () => {
    fc.assert(
      fc.property(
        fc.nat(300),
        fc.nat(300),
        fc.uint8Array({ maxLength: 4000 }),
        (tensors, keys, rest) => {
          return inspect(header({ tensors, keys, rest: [...rest] })).kind !== "needs";
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("a right header with some bytes changed never throws", () => {
    const change = fc.tuple(fc.nat(HEADER_END - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = model.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return inspect(bytes).kind !== "needs";
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is accepted and what is not", () => {
  test("version 2, every kind of metadata, a younger tensor type", () => {
    const rest = [
      ...[0, 1, 7].flatMap((type) => [...text("k"), ...u32(type), 1]),
      ...[2, 3].flatMap((type) => [...text("k"), ...u32(type), 1, 1]),
      ...[4, 5, 6].flatMap((type) => [...text("k"), ...u32(type), ...u32(1)]),
      ...[10, 11, 12].flatMap((type) => [...text("k"), ...u32(type), ...u64(1)]),
      ...[...text("k"), ...u32(8), ...text("value")],
      ...[...text("k"), ...u32(9), ...u32(8), ...u64(2), ...text("a"), ...text("b")],
      ...[...text("k"), ...u32(9), ...u32(3), ...u64(2), 1, 1, 1, 1],
      ...tensor({ type: 99 }),
    ];
    expect(inspect(header({ version: 2, tensors: 1, keys: 14, rest }))).toEqual({ kind: "sound" });
  });

  test("weights are counted in the blocks of their type, from the aligned end of the header", () => {
    // 512 weights of Q4_K are 2 blocks of 144 bytes; the header of 57 bytes ends at 64, aligned to 32.
    const rest = tensor({ shape: [256, 2], type: 12, offset: 32 });
    const end = 96 + 32 + 288;
    expect(inspect(header({ tensors: 1, rest, size: end }))).toEqual({ kind: "sound" });
    expect(inspect(header({ tensors: 1, rest, size: end - 1 }))).toEqual(
      problem(
        "truncated",
        `The file ends too early: it has ${end - 1} bytes, but tensor "t" reaches to byte ${end}. ${AGAIN}`,
      ),
    );
  });

  test("the alignment that the file names", () => {
    const rest = [...text("general.alignment"), ...u32(4), ...u32(1024), ...tensor({ shape: [1] })];
    expect(inspect(header({ tensors: 1, keys: 1, rest, size: 1028 }))).toEqual({ kind: "sound" });
    expect(inspect(header({ tensors: 1, keys: 1, rest, size: 1027 }))).toMatchObject({
      problem: { code: "truncated" },
    });
  });

  test("a file without weights", () => {
    expect(inspect(header({}))).toEqual(
      problem(
        "noWeights",
        "The file is a GGUF file without weights, such as a vocabulary. Use the model's own file.",
      ),
    );
  });

  test("one part of several", () => {
    const rest = [...text("split.count"), ...u32(2), 3, 0];
    expect(inspect(header({ keys: 1, rest }))).toEqual(
      problem(
        "damaged",
        "The file cannot be used: it is one of 3 parts, and a model has to be one file. Join the parts with llama-gguf-split --merge.",
      ),
    );
  });

  test("asks for more of the file where the header goes on", () => {
    expect(inspectHeader(model.subarray(0, 20), model.length)).toEqual({
      kind: "needs",
      bytes: 24,
    });
  });
});

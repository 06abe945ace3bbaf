import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { inspectHeader } from "../../cli/models/ggufHeader";
import { writeGguf } from "../../cli/models/ggufWriter";
import { tinyModel } from "../../cli/models/tinyModel";

describe("tinyModel", () => {
  const model = tinyModel();

  test("is the same on every machine and in every run", () => {
    expect(model.length).toBe(156_608);
    expect(createHash("sha256").update(model).digest("hex")).toBe(
      "8ca6b9dbcf0ba12b5ca7413877bc6adb39ab247aa3d359724e0ae1fc7346a4e9",
    );
    expect(tinyModel()).toEqual(model);
  });

  test("begins as a GGUF file of version 3 with 21 tensors and 19 metadata entries", () => {
    const view = new DataView(model.buffer);
    expect(new TextDecoder().decode(model.subarray(0, 4))).toBe("GGUF");
    expect(view.getUint32(4, true)).toBe(3);
    expect(view.getBigUint64(8, true)).toBe(21n);
    expect(view.getBigUint64(16, true)).toBe(19n);
  });

  test("passes the check", () => {
    expect(inspectHeader(model, model.length)).toEqual({ kind: "sound" });
  });
});

describe("writeGguf", () => {
  test("writes metadata, tensor infos and aligned data", () => {
    const bytes = writeGguf({ "a.b": { type: "string", value: "é" } }, [
      { name: "t", shape: [1, 2], values: Float32Array.of(1, -2) },
    ]);
    expect(Buffer.from(bytes).toString("hex")).toBe(
      [
        "47475546", // magic
        "03000000", // version
        "0100000000000000", // tensors
        "0100000000000000", // metadata entries
        "0300000000000000612e62", // "a.b"
        "08000000", // a string
        "0200000000000000c3a9", // "é"
        "010000000000000074", // "t"
        "02000000", // dimensions
        "0100000000000000",
        "0200000000000000",
        "00000000", // F32
        "0000000000000000", // offset
        "00".repeat(6), // up to the next 32 bytes
        "0000803f", // 1
        "000000c0", // -2
        "00".repeat(24),
      ].join(""),
    );
  });

  test("writes lists and numbers", () => {
    const bytes = writeGguf(
      {
        i: { type: "int32s", value: [-1] },
        f: { type: "float32s", value: [0.5] },
        s: { type: "strings", value: ["x"] },
        u: { type: "uint32", value: 7 },
        r: { type: "float32", value: 2 },
      },
      [],
    );
    expect(Buffer.from(bytes.subarray(24)).toString("hex")).toBe(
      [
        "010000000000000069",
        "09000000050000000100000000000000ffffffff",
        "010000000000000066",
        "090000000600000001000000000000000000003f",
        "010000000000000073",
        "09000000080000000100000000000000010000000000000078",
        "010000000000000075",
        "0400000007000000",
        "010000000000000072",
        "0600000000000040",
        "00".repeat(10), // up to the next 32 bytes
      ].join(""),
    );
  });
});

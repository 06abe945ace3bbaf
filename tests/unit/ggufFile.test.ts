import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { checkGguf } from "../../cli/models/ggufFile";
import { writeGguf } from "../../cli/models/ggufWriter";
import { tinyModel } from "../../cli/models/tinyModel";

const folder = mkdtempSync(join(tmpdir(), "aistack-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const model = tinyModel();
const sha256 = createHash("sha256").update(model).digest("hex");

describe("checkGguf", () => {
  test("finds nothing wrong with a good file", async () => {
    expect(await checkGguf(file("good.gguf", model))).toBeUndefined();
  });

  test("reads on where the header is larger than the first read", async () => {
    const tokens = Array.from({ length: 150_000 }, (_, index) => `token ${index}`);
    const bytes = writeGguf({ tokens: { type: "strings", value: tokens } }, [
      { name: "t", shape: [32], values: new Float32Array(32) },
    ]);
    expect(bytes.length).toBeGreaterThan(2_500_000);
    expect(await checkGguf(file("large.gguf", bytes))).toBeUndefined();
    expect(await checkGguf(file("large-cut.gguf", bytes.subarray(0, 2_000_000)))).toEqual({
      code: "truncated",
      message:
        "The file ends within its header, after 2000000 bytes. Get the file again and compare its size with the source's.",
    });
  });

  test("reads the header only, whatever the size", async () => {
    const path = file("sparse.gguf", model);
    truncateSync(path, 40 * 2 ** 30);
    const start = performance.now();
    expect(await checkGguf(path)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("any truncation is found", async () => {
    const path = file("cut.gguf", model);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: model.length - 1 }), async (length) => {
        writeFileSync(path, model.subarray(0, length));
        expect((await checkGguf(path))?.code).toBe(length === 0 ? "empty" : "truncated");
      }),
    );
  });

  test("random content never throws", async () => {
    const path = join(folder, "random.gguf");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        writeFileSync(path, bytes);
        expect(await checkGguf(path)).toBeDefined();
      }),
    );
  });

  test("a hash that is expected", async () => {
    const path = file("hash.gguf", model);
    expect(await checkGguf(path, { sha256: sha256.toUpperCase() })).toBeUndefined();
    expect(await checkGguf(path, { sha256: "0".repeat(64) })).toEqual({
      code: "wrongHash",
      message: `The file's SHA-256 is ${sha256}, but ${"0".repeat(64)} is expected. Get the file again, or correct the expected value.`,
    });
  });

  test("what is no readable file", async () => {
    expect(await checkGguf(join(folder, "none.gguf"))).toEqual({
      code: "missing",
      message: "The file does not exist. Check the path.",
    });
    expect(await checkGguf(join(file("plain", model), "below.gguf"))).toMatchObject({
      code: "missing",
    });
    expect(await checkGguf(folder)).toEqual({
      code: "notAFile",
      message: "The path is a folder. Name the GGUF file itself.",
    });
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(await checkGguf(pipe)).toEqual({
      code: "notAFile",
      message: "The path is no regular file. Name the GGUF file itself.",
    });
  });

  test("a file that the system refuses to open", async () => {
    const path = join(folder, "loop.gguf");
    symlinkSync(path, path);
    expect(await checkGguf(path)).toEqual({
      code: "unreadable",
      message: "The file cannot be read (ELOOP). Check its permissions and those of its folder.",
    });
  });
});

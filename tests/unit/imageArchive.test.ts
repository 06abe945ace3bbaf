import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ArchiveContents,
  finalName,
  labelOf,
  parseContents,
  type SavedImage,
} from "../../cli/images/archive/contents";
import { isSameImage, readInspection } from "../../cli/images/archive/hostImages";
import { imagesOffset, readFrame, writeFrame } from "../../cli/images/archive/layout";
import { readHeader, writeHeader } from "../../cli/images/archive/tarHeader";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;

const IMAGE: SavedImage = {
  service: "ollama",
  reference: "ollama/ollama:0.34.3",
  digest: A,
  built: null,
  label: "aistack.invalid/archive:bbbbbbbbbbbbbbbb",
  id: B,
  layers: [A],
  configuration: "c".repeat(64),
};

const contents = (images: Buffer): ArchiveContents => ({
  format: "aistack-images",
  version: 1,
  stack: "minimal",
  architecture: "amd64",
  images: [IMAGE],
  archive: {
    bytes: images.length,
    sha256: createHash("sha256").update(images).digest("hex"),
  },
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-archive-"));
  path = join(folder, "x.aistack");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function write(images: Buffer): Promise<ArchiveContents> {
  const all = contents(images);
  const file = await open(path, "w");
  try {
    await file.write(images, 0, null, imagesOffset(all));
    await writeFrame(file, all);
  } finally {
    await file.close();
  }
  return all;
}

describe("an archive", () => {
  test.each([1, 511, 512, 513, 5000])("with %i bytes of images is a tar file", async (bytes) => {
    const images = Buffer.alloc(bytes, "ä");
    const all = await write(images);
    expect(await readFrame(path)).toEqual({ contents: all, offset: imagesOffset(all) });
    const { stdout } = await execa("tar", ["-tf", path]);
    expect(stdout).toBe("aistack-images.json\nimages.tar");
    const listed = await execa("tar", ["-xOf", path, "aistack-images.json"]);
    expect(JSON.parse(listed.stdout)).toEqual(all);
    const stored = await execa("tar", ["-xOf", path, "images.tar"], { encoding: "buffer" });
    expect(Buffer.from(stored.stdout).equals(images)).toBe(true);
  });

  const faultOf = async () => {
    const outcome = await readFrame(path).catch((error: Error) => error);
    return outcome instanceof Error ? outcome.message.replaceAll(path, "FILE") : outcome;
  };

  test("that ends too early is told with its sizes", async () => {
    await write(Buffer.alloc(3_000_000));
    truncateSync(path, 1_500_000);
    expect(await faultOf()).toBe(
      "FILE: the archive ends after 1.4 MiB of 2.9 MiB: it was not copied to its end. Copy it again",
    );
    truncateSync(path, 1_000);
    expect(await faultOf()).toBe(
      "FILE: it is no archive of images, or of a newer aistack. Make one with: ./aistack images save FILE",
    );
  });

  test("whose second header is damaged", async () => {
    const all = await write(Buffer.alloc(2000));
    const file = await open(path, "r+");
    await file.write("x", imagesOffset(all) - 500);
    await file.close();
    expect(await faultOf()).toBe("FILE: the archive is damaged. Copy it again");
  });

  test.each([
    ["nothing", ""],
    ["text", "hello ".repeat(500)],
  ])("that is %s", async (_what, text) => {
    writeFileSync(path, text);
    expect(await faultOf()).toMatch(/^FILE: it is no archive of images/);
  });

  test("that is another tar file", async () => {
    writeFileSync(join(folder, "member"), "x");
    await execa("tar", ["-cf", path, "-C", folder, "member"]);
    expect(await faultOf()).toMatch(/^FILE: it is no archive of images/);
  });

  test("that is not there", async () => {
    expect(await faultOf()).toBe("FILE: the file is not there. Name another file");
  });
});

describe("a header", () => {
  test("is read back, whatever the size", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (size) => {
        expect(readHeader(writeHeader("images.tar", size))).toEqual({ name: "images.tar", size });
      }),
    );
  });

  test("of more than 8 GiB is one that tar reads", async () => {
    writeFileSync(path, writeHeader("images.tar", 20 * 1024 ** 3));
    const { stdout } = await execa("tar", ["-tvf", path], { reject: false });
    expect(stdout).toMatch(/ 21474836480 .*images\.tar$/);
  });

  test("with a changed byte is none", () => {
    const header = writeHeader("images.tar", 5);
    header[130] = 0x31;
    expect(readHeader(header)).toBeUndefined();
    expect(readHeader(header.subarray(0, 100))).toBeUndefined();
  });
});

describe("what an archive says of itself", () => {
  const text = (changes: object, image: object = {}) =>
    JSON.stringify({ ...contents(Buffer.alloc(1)), images: [{ ...IMAGE, ...image }], ...changes });

  test("is read", () => {
    expect(parseContents(text({}))).toEqual(contents(Buffer.alloc(1)));
  });

  test.each([
    ["no JSON", "{"],
    ["another format", text({ format: "x" })],
    ["a later version", text({ version: 2 })],
    ["no images", text({ images: [] })],
    ["more than is known", text({ more: 1 })],
    ["a reference that is none", text({}, { reference: "--help" })],
    ["a label beyond aistack's own names", text({}, { label: "debian:12" })],
    ["a built name beyond aistack's own names", text({}, { built: "debian:12" })],
    ["a digest that is none", text({}, { digest: "sha256:abc" })],
  ])("with %s is not", (_what, given) => {
    expect(parseContents(given)).toBeUndefined();
  });

  test.each<[string, Partial<SavedImage>, string]>([
    ["with a digest", {}, `aistack.invalid/loaded/ollama/ollama:0.34.3-${"a".repeat(64)}`],
    ["without one", { digest: null }, "ollama/ollama:0.34.3"],
    ["built here", { digest: null, built: "aistack.invalid/ollama:0" }, "aistack.invalid/ollama:0"],
  ])("an image %s gets the name that a plan looks for", (_what, image, name) => {
    expect(finalName({ ...IMAGE, ...image })).toBe(name);
    expect(labelOf(IMAGE.id)).toBe(IMAGE.label);
  });
});

describe("an image", () => {
  const inspected = {
    Id: A,
    Os: "linux",
    Architecture: "amd64",
    Size: 5,
    RootFS: { Layers: [A, B] },
    Config: { Cmd: ["a"], Env: null, Labels: {}, Healthcheck: { Test: ["CMD"], Retries: 3 } },
  };
  const image = readInspection(inspected);

  test("is read from the engine's answer", () => {
    expect(image).toMatchObject({ id: A, layers: [A, B], bytes: 5, architecture: "amd64" });
    expect(image.configuration).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is the same in another kind of store, where it has another id and empty values are left out", () => {
    const Config = { Healthcheck: { Retries: 3, Test: ["CMD"] }, Cmd: ["a"], Domainname: "x" };
    const other = readInspection({ ...inspected, Id: B, Config });
    expect(isSameImage(image, other)).toBe(true);
  });

  test.each([
    ["another command", { Config: { ...inspected.Config, Cmd: ["b"] } }],
    ["another layer", { RootFS: { Layers: [A, A] } }],
    ["another architecture", { Architecture: "arm64" }],
    ["no layers to compare", { RootFS: {} }],
  ])("with another id and %s is another", (_what, changes) => {
    expect(isSameImage(image, readInspection({ ...inspected, Id: B, ...changes }))).toBe(false);
  });
});

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tinyModel } from "../../cli/models/tinyModel";
import { gatherModelFacts, modelRecordFolder, readModelRecord } from "../../host/modelFacts";
import { formatProblem } from "../../plan/errors";
import { hostFacts, line } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

const TINY = tinyModel();
const HASH = createHash("sha256").update(TINY).digest("hex");

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-models-"));
  write("models/tiny.gguf", TINY);
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

const FILE = { name: "tiny", from: "file:models/tiny.gguf" };

const gather = (models: readonly unknown[], ...lines: readonly string[]) =>
  gatherModelFacts(root, "x", planMinimal({ models }), hostFacts(...lines));

const onHost = (name: string) => line("models", { models: [{ name, digest: "d1" }] });

test("a sound new file", async () => {
  expect(await gather([FILE])).toEqual({
    problems: [],
    fileHashes: { "models/tiny.gguf": HASH },
    records: {},
    newFiles: [{ path: "models/tiny.gguf", bytes: TINY.byteLength }],
  });
});

test("a model that the host has needs no space", async () => {
  expect((await gather([FILE], onHost("tiny:latest"))).newFiles).toEqual([]);
  expect((await gather([FILE], onHost("other:latest"))).newFiles).toHaveLength(1);
});

test("a model that is pulled has no file", async () => {
  expect(await gather([{ name: "llama3.2:1b" }])).toEqual({
    problems: [],
    fileHashes: {},
    records: {},
    newFiles: [],
  });
});

test("a declared hash that is right", async () => {
  const facts = await gather([{ ...FILE, sha256: HASH }]);
  expect(facts.problems).toEqual([]);
  expect(facts.fileHashes).toEqual({ "models/tiny.gguf": HASH });
});

test("a declared hash that is wrong", async () => {
  const { problems } = await gather([{ ...FILE, sha256: "0".repeat(64) }]);
  expect(problems).toHaveLength(1);
  const [told = ""] = problems.map(formatProblem);
  expect(told).toMatch(/^aistack:models: tiny:latest: models\/tiny\.gguf: /);
  expect(told).toContain(HASH);
  expect(told).toContain("0".repeat(64));
});

test("every faulty file is told, and nothing is hashed then", async () => {
  write("models/cut.gguf", TINY.slice(0, 1000));
  const { problems, fileHashes } = await gather([
    FILE,
    { name: "gone", from: "file:models/gone.gguf" },
    { name: "cut", from: "file:models/cut.gguf" },
    { name: "folder", from: "file:models" },
  ]);
  expect(problems.map(({ where }) => where)).toEqual([
    "aistack:models: gone:latest: models/gone.gguf",
    "aistack:models: cut:latest: models/cut.gguf",
    "aistack:models: folder:latest: models",
  ]);
  expect(problems.map(({ what }) => what)).not.toContain("");
  expect(fileHashes).toEqual({});
});

const freeKib = (kib: number) => `info\t{"DockerRootDir":"/data"}\ndisk\t/dev/sda1 9 9 ${kib} 1% /`;

test("a file that would not fit is not read in full", async () => {
  expect((await gather([FILE], freeKib(1))).fileHashes).toEqual({});
  expect((await gather([FILE], freeKib(100_000))).fileHashes).toEqual({
    "models/tiny.gguf": HASH,
  });
});

test("an absolute path is taken as it is", async () => {
  const path = join(root, "models/tiny.gguf");
  const { fileHashes } = await gatherModelFacts(
    "/nonexistent-root",
    "x",
    planMinimal({ models: [{ name: "tiny", from: `file:${path}` }] }),
    hostFacts(freeKib(1)),
  );
  expect(fileHashes).toEqual({});
  const { newFiles } = await gather([{ name: "tiny", from: `file:${path}` }]);
  expect(newFiles).toEqual([{ path, bytes: TINY.byteLength }]);
});

describe("what is remembered of a model", () => {
  const RECORD = { origin: `sha256:${HASH}`, digest: "d1" };

  test("is read by stack and name", async () => {
    expect(modelRecordFolder("lab")).toBe(".state/models/lab");
    write(".state/models/x/tiny%3Alatest.json", JSON.stringify(RECORD));
    write(".state/models/lab/tiny%3Alatest.json", JSON.stringify({ ...RECORD, digest: "other" }));
    expect((await gather([FILE])).records).toEqual({ "tiny:latest": RECORD });
  });

  test.each([
    ["is lost", undefined],
    ["is empty", ""],
    ["is no JSON", "{"],
    ["is no mapping", "[]"],
    ["is null", "null"],
    ["lacks its origin", '{"digest":"d"}'],
    ["lacks its digest", '{"origin":"o"}'],
    ["has a digest of another kind", '{"origin":"o","digest":5}'],
  ])("%s: as if there were nothing", (_what, content) => {
    const file = join(root, "record.json");
    if (content !== undefined) writeFileSync(file, content);
    expect(readModelRecord(file)).toBeUndefined();
  });

  test("more than is needed is left out", () => {
    write("record.json", JSON.stringify({ ...RECORD, more: true }));
    expect(readModelRecord(join(root, "record.json"))).toEqual(RECORD);
  });
});

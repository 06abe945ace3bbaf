import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EnsureModelInput, ensureModel } from "../../cli/models/ensureModel";
import { StandInOllama } from "../support/ollama/standInOllama";

const SHA256 = "a".repeat(64);

let ollama: StandInOllama;
let folder: string;
let log: string[];
let input: EnsureModelInput;

beforeEach(async () => {
  ollama = new StandInOllama();
  folder = mkdtempSync(join(tmpdir(), "ensure-model-"));
  log = [];
  input = {
    ollama: {
      url: await ollama.listen(),
      hostUrl: "http://127.0.0.1:11434",
      container: "lab-ollama",
    },
    name: "llama3.2:1b",
    source: "pull:llama3.2:1b",
    sha256: undefined,
    recordFile: join(folder, "records", "model.json"),
    log: (line) => log.push(line),
  };
});
afterEach(() => {
  ollama.close();
  rmSync(folder, { recursive: true });
});

const record = () => JSON.parse(readFileSync(input.recordFile, "utf8"));

describe("a model to pull", () => {
  it("is pulled where it is absent, with its progress, and remembered by its digest", async () => {
    ollama.stream = [
      { status: "pulling manifest" },
      { status: "pulling aaa", total: 1024 ** 3, completed: 0 },
      { status: "pulling aaa", total: 1024 ** 3, completed: 1 },
      { status: "pulling aaa", total: 1024 ** 3, completed: 1024 ** 3 / 2 },
      { status: "success" },
    ];
    expect(await ensureModel(input)).toBe("new-digest");
    expect(ollama.requests).toEqual(['POST /api/pull {"model":"llama3.2:1b"}']);
    expect(log).toEqual([
      "llama3.2:1b: pulling manifest",
      "llama3.2:1b: pulling aaa: 0 % of 1.0 GiB",
      "llama3.2:1b: pulling aaa: 50 % of 1.0 GiB",
      "llama3.2:1b: success",
    ]);
    expect(record()).toEqual({ origin: "pull:llama3.2:1b", digest: "new-digest" });
    expect(statSync(input.recordFile).mode & 0o777).toBe(0o600);
  });

  it("is left alone where it is there as remembered", async () => {
    await ensureModel(input);
    ollama.requests.length = 0;
    expect(await ensureModel(input)).toBe("new-digest");
    expect(ollama.requests).toEqual([]);
    expect(log.at(-1)).toBe("llama3.2:1b is there already");
  });

  it("is pulled again where it was changed behind our back", async () => {
    await ensureModel(input);
    ollama.models.set("llama3.2:1b", "somebody's");
    ollama.requests.length = 0;
    expect(await ensureModel(input)).toBe("new-digest");
    expect(ollama.requests).toEqual(['POST /api/pull {"model":"llama3.2:1b"}']);
  });

  it("is taken as it is where the record is lost: the network may be gone, too", async () => {
    ollama.models.set("llama3.2:1b", "old-digest");
    expect(await ensureModel(input)).toBe("old-digest");
    expect(ollama.requests).toEqual([]);
    expect(record()).toEqual({ origin: "pull:llama3.2:1b", digest: "old-digest" });
  });

  it("is copied to its declared name where that is another", async () => {
    expect(await ensureModel({ ...input, name: "mine:latest" })).toBe("new-digest");
    expect(ollama.requests).toEqual([
      'POST /api/pull {"model":"llama3.2:1b"}',
      'POST /api/copy {"source":"llama3.2:1b","destination":"mine:latest"}',
    ]);
  });

  it.each([
    [
      "an error in the stream",
      [{ status: "pulling manifest" }, { error: "file does not exist" }],
      false,
      "file does not exist",
    ],
    [
      "a stream that ends before success",
      [{ status: "pulling aaa" }],
      false,
      'it broke off after "pulling aaa"',
    ],
    [
      "a connection that breaks",
      [{ status: "pulling aaa" }],
      true,
      'it broke off after "pulling aaa"',
    ],
    ["an empty stream", [], false, 'it broke off after "nothing"'],
  ])("fails on %s, and remembers nothing", async (_what, stream, cutOff, message) => {
    Object.assign(ollama, { stream, cutOff });
    await expect(ensureModel(input)).rejects.toThrow(
      `Ollama refused: ${message}. See its log with: docker logs lab-ollama`,
    );
    expect(record).toThrow("ENOENT");
  });

  it("fails where Ollama does not answer", async () => {
    ollama.close();
    await expect(ensureModel(input)).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:\d+: Ollama does not answer: /,
    );
  });
});

describe("a model from a file", () => {
  beforeEach(() => {
    const path = join(folder, "weights.gguf");
    writeFileSync(path, "weights");
    input = { ...input, name: "mine:latest", source: `file:${path}`, sha256: SHA256 };
  });

  it("is uploaded and created where it is absent", async () => {
    expect(await ensureModel(input)).toBe("new-digest");
    expect(ollama.requests).toEqual([
      `HEAD /api/blobs/sha256:${SHA256}`,
      `POST /api/blobs/sha256:${SHA256} weights`,
      `POST /api/create {"model":"mine:latest","files":{"weights.gguf":"sha256:${SHA256}"}}`,
    ]);
    expect(record()).toEqual({ origin: `sha256:${SHA256}`, digest: "new-digest" });
  });

  it("is left alone where it has these weights, also without a record", async () => {
    ollama.models.set("mine:latest", "old-digest");
    ollama.modelfile = `FROM /root/.ollama/models/blobs/sha256-${SHA256}\n`;
    expect(await ensureModel(input)).toBe("old-digest");
    expect(ollama.requests).toEqual(['POST /api/show {"model":"mine:latest"}']);
  });

  it("tells an Ollama that does not answer by its address on the host, not by a tunnel's end", async () => {
    ollama.close();
    await expect(ensureModel(input)).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:11434: Ollama does not answer: connect ECONNREFUSED/,
    );
  });

  it("is created anew where it has other weights", async () => {
    ollama.models.set("mine:latest", "old-digest");
    ollama.modelfile = `FROM /root/.ollama/models/blobs/sha256-${"b".repeat(64)}\n`;
    expect(await ensureModel(input)).toBe("new-digest");
  });
});

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EnsureLocalaiInput, ensureLocalai } from "../../cli/models/ensureLocalai";
import { gatherLocalaiFacts, readLocalaiRecords } from "../../host/localaiFacts";
import type { LocalaiSpec } from "../../plan/localaiModels";
import { StandInService } from "../support/gates/standInService";
import { StandInLocalai } from "../support/localai/standInLocalai";

const localai = new StandInLocalai();
let log: string[];

beforeAll(() => localai.start());
afterAll(() => localai.remove());
beforeEach(() => {
  log = [];
});

const model = (name: string, from?: string): LocalaiSpec => ({ kind: "model", name, from });
const backend = (name: string): LocalaiSpec => ({ kind: "backend", name, from: undefined });

const recordOf = ({ kind, name }: LocalaiSpec) => join(localai.folder, `${kind}-${name}.json`);

const ensure = (spec: LocalaiSpec, given: Partial<EnsureLocalaiInput> = {}) =>
  ensureLocalai({
    spec,
    url: localai.url,
    hostUrl: "http://127.0.0.1:8080",
    apiKey: localai.apiKey,
    container: "aistack-localai",
    recordFile: recordOf(spec),
    log: (line) => log.push(line),
    pollMs: 2,
    ...given,
  });

/** The whole message, from the first character to the last. */
const told = (message: string) => expect.objectContaining({ name: "OperationError", message });

const facts = () => gatherLocalaiFacts(localai.url, localai.apiKey);

describe("what is declared", () => {
  test("a backend is installed where it is absent, and remembered", async () => {
    expect(await ensure(backend("whisper"))).toBe("backend of the gallery: whisper");
    expect(await facts()).toEqual({
      models: [],
      backends: ["cpu-whisper", "whisper"],
      builds: { whisper: "cpu-whisper" },
    });
    expect(log.at(-1)).toBe("whisper: completed");
    const record = recordOf(backend("whisper"));
    expect(readFileSync(record, "utf8")).toBe('{"origin":"backend of the gallery: whisper"}\n');
    expect(statSync(record).mode & 0o777).toBe(0o600);
  });

  test("it is left alone where it is there", async () => {
    expect(await ensure(backend("whisper"))).toBe("backend of the gallery: whisper");
    expect(log).toEqual(["whisper is there already"]);
  });

  test("a model of the gallery is installed with the backend it needs", async () => {
    await ensure(model("stand-in-chat"));
    expect(await facts()).toEqual({
      models: ["stand-in-chat"],
      backends: ["cpu-llama-cpp", "cpu-whisper", "llama-cpp", "whisper"],
      builds: { "llama-cpp": "cpu-llama-cpp", whisper: "cpu-whisper" },
    });
  });

  test("what lost its record is taken as it is: the network may be gone, too", async () => {
    const spec = model("stand-in-chat");
    writeFileSync(recordOf(spec), "damaged");
    await ensure(spec);
    expect(log).toEqual(["stand-in-chat is there already"]);
    expect(readFileSync(recordOf(spec), "utf8")).toBe(
      '{"origin":"model of the gallery: stand-in-chat"}\n',
    );
  });

  test.each([
    ["weights", "huggingface://owner/repository/weights.gguf"],
    ["a configuration", "https://example.org/own.yaml"],
  ])("%s from elsewhere are listed under the declared name", async (what, from) => {
    const spec = model(`own-${what.length}`, from);
    expect(await ensure(spec)).toBe(from);
    expect((await facts())?.models).toContain(spec.name);
  });

  test("another address is another model under the same name", async () => {
    await ensure(model("mine", "oci://registry.example.org/mine:1"));
    log.length = 0;
    await ensure(model("mine", "oci://registry.example.org/mine:2"));
    expect(log.at(-1)).toBe("mine: completed");
    const file = join(localai.folder, "models", "mine.yaml");
    expect(readFileSync(file, "utf8")).toContain("oci://registry.example.org/mine:2");
  });

  test("records are read back by their names", async () => {
    expect(readLocalaiRecords(localai.folder, "none", [backend("whisper")])).toEqual({});
    const recordFile = join(localai.folder, ".state/localai/test/backend-whisper.json");
    await ensure(backend("whisper"), { recordFile });
    expect(readLocalaiRecords(localai.folder, "test", [backend("whisper")])).toEqual({
      "backend-whisper.json": "backend of the gallery: whisper",
    });
  });
});

describe("what fails is told in LocalAI's words, and nothing is remembered", () => {
  test.each([
    [
      model("nothing"),
      'aistack:localai.models: LocalAI could not install model nothing: no model found with name "nothing". ' +
        "Check its name against LocalAI's gallery, and that the host reaches it",
    ],
    [
      backend("nothing"),
      'aistack:localai.backends: LocalAI could not install backend nothing: no backend found with name "nothing". ' +
        "Check its name against LocalAI's gallery, and that the host reaches it",
    ],
    [
      model("far", "https://unreachable.invalid/far.gguf"),
      'aistack:localai.models: LocalAI could not install model far: failed to download url "https://unreachable.invalid/far.gguf": no such host. ' +
        "Check the address, and that the host reaches it",
    ],
  ])("%o", async (spec, message) => {
    await expect(ensure(spec)).rejects.toEqual(told(message));
    expect(() => readFileSync(recordOf(spec))).toThrow("ENOENT");
  });

  test("an address of no known kind", async () => {
    await expect(ensure(model("page", "https://example.org/page"))).rejects.toEqual(
      told(
        `http://127.0.0.1:8080: LocalAI refused: failed to discover model config: no importer matched for https://example.org/page. ` +
          "See its log with: docker logs aistack-localai",
      ),
    );
  });

  test("another key, which no message names", async () => {
    await expect(ensure(backend("whisper"), { apiKey: "secret-of-mine" })).rejects.toEqual(
      told(
        `http://127.0.0.1:8080: LocalAI refuses its key: it was started with another one. See its log with: docker logs aistack-localai`,
      ),
    );
    expect(await gatherLocalaiFacts(localai.url, "secret-of-mine")).toBeUndefined();
  });

  test("nobody there", async () => {
    const gone = new StandInService();
    await gone.listen();
    await gone.close();
    await expect(ensure(backend("whisper"), { url: gone.url })).rejects.toThrow(
      /^http:\/\/127.0.0.1:8080: LocalAI does not answer: connect ECONNREFUSED /,
    );
    expect(await gatherLocalaiFacts(gone.url, localai.apiKey)).toBeUndefined();
  });
});

describe("answers that are chosen", () => {
  const service = new StandInService();
  const none = {
    "GET /v1/models": () => ({ body: { data: [] } }),
    "GET /backends": () => ({ body: [] }),
  };
  beforeAll(() => service.listen());
  afterAll(() => service.close());

  const ensureOwn = (answers: StandInService["answers"]) => {
    service.answers = { ...none, ...answers };
    return ensure(model("own", "oci://own"), { url: service.url });
  };
  const LOG = "See its log with: docker logs aistack-localai";

  test("progress is told once a step and a tenth of a file", async () => {
    const job = { processed: false, cancelled: false, message: "", progress: 0, file_name: "" };
    const file = { file_name: "own.gguf", file_size: "4.1 GiB" };
    const script = [
      { ...job, message: "queued" },
      { ...job, message: "queued" },
      { ...job, message: "processing model: own" },
      { ...job, ...file, progress: 3.1 },
      { ...job, ...file, progress: 9.9 },
      { ...job, ...file, progress: 57 },
      { ...job, message: "completed", progress: 100, processed: true },
    ];
    let models: object[] = [];
    await ensureOwn({
      "GET /v1/models": () => ({ body: { data: models } }),
      "POST /models/import-uri": ({ body, authorization }) => {
        expect(body).toEqual({ uri: "oci://own", preferences: { name: "own" } });
        expect(authorization).toBe(`Bearer ${localai.apiKey}`);
        return { body: { uuid: "1" } };
      },
      "GET /models/jobs/1": () => {
        if (script.length === 1) models = [{ id: "own" }];
        return { body: script.shift() };
      },
    });
    expect(log).toEqual([
      "own: queued",
      "own: processing model: own",
      "own: own.gguf: 0 % of 4.1 GiB",
      "own: own.gguf: 50 % of 4.1 GiB",
      "own: completed",
    ]);
  });

  test("an import that could be of several kinds says which", async () => {
    const body = {
      error: "ambiguous import",
      detail: "importer: ambiguous (modality=tts)",
      hint: "Pass preferences.backend to pick one of the candidates.",
    };
    await expect(
      ensureOwn({ "POST /models/import-uri": () => ({ status: 400, body }) }),
    ).rejects.toThrow(`LocalAI refused: ${body.detail}. ${body.hint}. ${LOG}`);
  });

  test("a restart forgets its jobs", async () => {
    await expect(
      ensureOwn({
        "POST /models/import-uri": () => ({ body: { uuid: "1" } }),
        "GET /models/jobs/1": () => ({
          status: 500,
          body: { error: { message: "could not find any status for ID" } },
        }),
      }),
    ).rejects.toThrow(`LocalAI refused: could not find any status for ID. ${LOG}`);
  });

  test("a job that somebody cancelled", async () => {
    await expect(
      ensureOwn({
        "POST /models/import-uri": () => ({ body: { uuid: "1" } }),
        "GET /models/jobs/1": () => ({
          body: { processed: true, cancelled: true, message: "cancelled", file_name: "" },
        }),
      }),
    ).rejects.toThrow("LocalAI could not install model own: it was cancelled. ");
  });

  test("a model that is listed under another name", async () => {
    await expect(
      ensureOwn({
        "POST /models/import-uri": () => ({ body: { uuid: "1" } }),
        "GET /models/jobs/1": () => ({
          body: { processed: true, cancelled: false, message: "completed", file_name: "" },
        }),
      }),
    ).rejects.toThrow(
      "aistack:localai.models: LocalAI installed model own, but does not list it under that name; it lists none. " +
        "Declare it by the name that is listed",
    );
  });

  test.each([
    [
      "no job",
      { "POST /models/import-uri": () => ({ body: {} }) },
      "/models/import-uri names no job",
    ],
    [
      "no JSON",
      { "GET /backends": () => ({ body: "<html>" }) },
      "/backends answers with what is no JSON",
    ],
    [
      "lists of another shape",
      { "GET /backends": () => ({ body: {} }) },
      "its lists of models and backends are of no known form",
    ],
    ["an error without words", { "GET /backends": () => ({ status: 502 }) }, "/backends: HTTP 502"],
  ])("%s", async (_what, answers, message) => {
    await expect(ensureOwn(answers)).rejects.toThrow(`LocalAI refused: ${message}. ${LOG}`);
  });
});

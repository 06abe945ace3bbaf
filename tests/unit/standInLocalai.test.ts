// The stand-in for LocalAI answers as the real one does; shapes from core/http and core/services/galleryop of mudler/LocalAI.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StandInLocalai } from "../support/localai/standInLocalai";

const localai = new StandInLocalai();

beforeAll(() => localai.start());
afterAll(() => localai.remove());

const json = async (path: string, body?: unknown) => (await localai.ask(path, body)).json();

/** Asks for a job until it has ended. */
async function ended(path: string): Promise<Record<string, unknown>> {
  for (;;) {
    const status = (await json(path)) as Record<string, unknown>;
    if (status.processed === true) return status;
    await sleep(10);
  }
}

const JOB = {
  deletion: false,
  file_name: "",
  processed: true,
  message: "completed",
  progress: 100,
  file_size: "",
  downloaded_size: "",
  cancelled: false,
  cancellable: false,
};
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test("it is called a stand-in in its log, in every answer and in its version", async () => {
  const port = new URL(localai.url).port;
  expect(localai.log).toContain(
    `stand-in for LocalAI: listening on 127.0.0.1:${port}; no model behind it`,
  );
  const response = await localai.ask("/version");
  expect(response.headers.get("x-stand-in")).toBe("LocalAI");
  expect(response.headers.get("server")).toBe("localai-stand-in");
  expect(await response.json()).toEqual({ version: "stand-in (no commit)" });
});

describe("the key", () => {
  const refused = {
    error: {
      code: 401,
      message: "An authentication key is required",
      type: "invalid_request_error",
    },
  };

  test.each([
    ["/v1/models", undefined],
    ["/backends", undefined],
    ["/version", undefined],
    ["/models/apply", {}],
    ["/not/there", undefined],
  ])("is asked for at %s", async (path, body) => {
    for (const headers of [{}, { authorization: "Bearer wrong" }]) {
      const response = await localai.ask(path, body, headers);
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(await response.json()).toEqual(refused);
    }
  });

  test.each([
    { authorization: `Bearer ${localai.apiKey}` },
    { authorization: localai.apiKey },
    { "x-api-key": localai.apiKey },
    { "xi-api-key": localai.apiKey },
  ])("is taken from %o", async (headers) => {
    expect((await localai.ask("/v1/models", undefined, headers)).status).toBe(200);
  });

  test.each(["/healthz", "/readyz"])(
    "is not asked for at %s, whose body is empty",
    async (path) => {
      const response = await localai.ask(path, undefined, {});
      expect([response.status, await response.text()]).toEqual([200, ""]);
    },
  );
});

test("what is not there is 404 in OpenAI's form", async () => {
  const response = await localai.ask("/not/there");
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error: { code: 404, message: "Resource not found", type: "" },
  });
});

describe("installing", () => {
  test("a backend: its answer, its job, and what is listed then", async () => {
    const applied = (await json("/backends/apply", { id: "llama-cpp" })) as Record<string, string>;
    expect(applied).toEqual({
      id: expect.stringMatching(UUID),
      status_url: `${localai.url}/backends/jobs/${applied.id}`,
    });
    expect(await ended(`/backends/jobs/${applied.id}`)).toEqual({
      ...JOB,
      gallery_element_name: "llama-cpp",
    });
    expect(await json("/backends")).toEqual([
      {
        Name: "cpu-llama-cpp",
        RunFile: `${localai.folder}/backends/cpu-llama-cpp/run.sh`,
        IsMeta: false,
        IsSystem: false,
        Metadata: { name: "cpu-llama-cpp" },
      },
      {
        Name: "llama-cpp",
        RunFile: `${localai.folder}/backends/cpu-llama-cpp/run.sh`,
        IsMeta: true,
        IsSystem: false,
        Metadata: { name: "llama-cpp", meta_backend_for: "cpu-llama-cpp" },
      },
    ]);
  });

  test("a model: its answer, its job, and what is listed then", async () => {
    const applied = (await json("/models/apply", { id: "localai@stand-in-chat" })) as {
      uuid: string;
    };
    expect(applied).toEqual({
      uuid: expect.stringMatching(UUID),
      status: `${localai.url}/models/jobs/${applied.uuid}`,
    });
    expect(await ended(`/models/jobs/${applied.uuid}`)).toEqual({
      ...JOB,
      gallery_element_name: "localai@stand-in-chat",
    });
    expect(await json("/v1/models")).toEqual({
      object: "list",
      data: [{ id: "stand-in-chat", object: "model" }],
    });
  });

  test.each([
    ["/models/apply", { id: "nothing" }, 'no model found with name "nothing"'],
    ["/backends/apply", { id: "nothing" }, 'no backend found with name "nothing"'],
    [
      "/models/import-uri",
      { uri: "https://unreachable.invalid/a.gguf" },
      'failed to download url "https://unreachable.invalid/a.gguf": no such host',
    ],
  ])("what fails says so in its job: %s %o", async (path, body, error) => {
    const { uuid, id = uuid } = (await json(path, body)) as { uuid?: string; id?: string };
    expect(await ended(`/${path.split("/")[1]}/jobs/${id}`)).toEqual({
      ...JOB,
      message: `error: ${error}`,
      error,
      progress: 0,
      gallery_element_name: "",
    });
  });

  test("what cannot be imported is refused at once", async () => {
    const response = await localai.ask("/models/import-uri", { uri: "https://example.org/page" });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: {
        code: 500,
        message:
          "failed to discover model config: no importer matched for https://example.org/page",
        type: "",
      },
    });
  });

  test("a job that is not known is 500", async () => {
    const response = await localai.ask("/models/jobs/none");
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: { code: 500, message: "could not find any status for ID", type: "" },
    });
  });
});

describe("answering", () => {
  const chat = { model: "stand-in-chat", messages: [{ role: "user", content: "hello there" }] };
  const text = "This is the stand-in for LocalAI.";

  test("a completion", async () => {
    expect(await json("/v1/chat/completions", chat)).toEqual({
      created: expect.any(Number),
      object: "chat.completion",
      id: expect.stringMatching(UUID),
      model: "stand-in-chat",
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: text } }],
      usage: { prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 },
    });
  });

  test("a streamed completion, with its usage last", async () => {
    const response = await localai.ask("/v1/chat/completions", {
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = (await response.text()).split("\n\n").filter(Boolean);
    expect(events.at(-1)).toBe("data: [DONE]");
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length)));
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(["chat.completion.chunk"]));
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.map(({ delta }) => delta.content ?? "").join("")).toBe(text);
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual([
      ...Array(7).fill(null),
      "stop",
    ]);
    expect(chunks.at(-1).usage).toEqual({
      prompt_tokens: 2,
      completion_tokens: 6,
      total_tokens: 8,
    });
  });

  test("embeddings, one for each text and the same for the same", async () => {
    const answer = (await json("/v1/embeddings", {
      model: "stand-in-chat",
      input: ["a", "b", "a"],
    })) as { data: { embedding: number[]; index: number; object: string }[] };
    expect(answer.data.map(({ index, object }) => [index, object])).toEqual([
      [0, "embedding"],
      [1, "embedding"],
      [2, "embedding"],
    ]);
    const [first, second, third] = answer.data.map(({ embedding }) => embedding);
    expect(first).toHaveLength(8);
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
  });

  test("a model that is not there is 404", async () => {
    const response = await localai.ask("/v1/chat/completions", { ...chat, model: "none" });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        code: 404,
        message: 'model "none" not found. To see available models, call GET /v1/models',
        type: "invalid_request_error",
      },
    });
  });
});

describe("starting", () => {
  const other = new StandInLocalai();
  afterAll(() => other.remove());

  test("it is alive but not ready until what is declared is preloaded", async () => {
    const preload = [{ url: "https://example.org/own.yaml", name: "own" }];
    await other.start({
      LOCALAI_PRELOAD_MODELS: JSON.stringify(preload),
      STAND_IN_PRELOAD_SECONDS: "0.5",
    });
    expect((await other.ask("/healthz")).status).toBe(200);
    const early = await other.ask("/readyz");
    expect(early.status).toBe(503);
    expect(await early.json()).toEqual({
      status: "starting",
      reason: "startup preload in progress",
    });
    while ((await other.ask("/readyz")).status !== 200) await sleep(20);
    const listed = { object: "list", data: [{ id: "own", object: "model" }] };
    expect(await (await other.ask("/v1/models")).json()).toEqual(listed);

    await other.stop();
    await other.start();
    expect(await (await other.ask("/v1/models")).json()).toEqual(listed);
  });

  test("an installation tells how far it is, and the next one waits for it", async () => {
    await other.stop();
    await other.start({ STAND_IN_INSTALL_SECONDS: "8" });
    const apply = async (id: string) =>
      `/backends/jobs/${((await (await other.ask("/backends/apply", { id })).json()) as { id: string }).id}`;
    const paths = [await apply("piper"), await apply("whisper")];
    const statuses = async () =>
      Promise.all(paths.map(async (path) => (await other.ask(path)).json() as Promise<typeof JOB>));
    while ((await statuses())[0]?.file_name === "") await sleep(50);
    const [running, queued] = await statuses();
    expect(running).toEqual({
      ...JOB,
      processed: false,
      cancellable: true,
      gallery_element_name: "piper",
      file_name: "piper",
      message: "processing file: piper. Total: 4.0 KiB. Current: 1.0 KiB",
      progress: 25,
      current_bytes: 1024,
      total_bytes: 4096,
      file_size: "4.0 KiB",
      downloaded_size: "1.0 KiB",
    });
    expect(queued).toEqual({
      ...JOB,
      processed: false,
      cancellable: true,
      gallery_element_name: "whisper",
      message: "queued",
      phase: "queued",
      progress: 0,
    });
  });

  test("without a key nobody is asked for one", async () => {
    await other.stop();
    await other.start({ LOCALAI_API_KEY: "" });
    expect((await other.ask("/v1/models", undefined, {})).status).toBe(200);
  });
});

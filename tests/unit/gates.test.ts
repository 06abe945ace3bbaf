import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { proveAnswers } from "../../cli/gates/answers";
import { waitUntilReady } from "../../cli/gates/readiness";
import { StandInService } from "../support/gates/standInService";

/** A docker command that knows one container: its state is in a variable, how often it restarted in a file, its log two lines. */
const FAKE_DOCKER = `#!/bin/sh
[ "$1 $2" = "--host unix:///run/t.sock" ] || exit 64
case $3 in
  inspect) [ "$STATE" = missing ] && exit 1; . "$RESTARTS"; echo "$STATE/$restarts" ;;
  logs) echo "first line"; echo "last line" >&2 ;;
esac
`;

const LOG =
  "\nIts last log lines:\nfirst line\nlast line\nSee all of its log with: docker logs t-one";

let service: StandInService;
let folder: string;
let logged: string[];

const restarts = (count: number) => writeFileSync(join(folder, "restarts"), `restarts=${count}\n`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-gates-"));
  writeFileSync(join(folder, "docker"), FAKE_DOCKER);
  chmodSync(join(folder, "docker"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  vi.stubEnv("STATE", "running");
  vi.stubEnv("RESTARTS", join(folder, "restarts"));
  restarts(0);
  logged = [];
  service = new StandInService();
  await service.listen();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  await service.close();
});

/** The one message of a gate that refuses. */
async function refusal(gate: Promise<unknown>): Promise<string> {
  return gate.then(
    () => "passed",
    (error: Error) => error.message,
  );
}

describe("readiness", () => {
  const wait = (secondsAllowed: number, progressMs?: number) =>
    waitUntilReady({
      container: "t-one",
      dockerHost: "unix:///run/t.sock",
      ssh: undefined,
      url: `${service.url}/ready`,
      hostUrl: "http://127.0.0.1:11434/ready",
      secondsAllowed,
      log: (line) => logged.push(line),
      ...(progressMs === undefined ? {} : { progressMs }),
    });

  test("passes with the first 200", async () => {
    let asked = 0;
    service.answers = {
      "GET /ready": () => {
        asked += 1;
        return { status: asked < 3 ? 503 : 200 };
      },
    };
    await wait(30);
    expect(asked).toBe(3);
    expect(logged).toEqual([]);
  });

  test("a service that is never ready fails after the time allowed, with its log", async () => {
    service.answers = { "GET /ready": () => ({ status: 503 }) };
    expect(await refusal(wait(1))).toBe(
      "t-one: it does not answer at http://127.0.0.1:11434/ready within 1 s (container running). " +
        `Mend what its log says and run it again. ${LOG}`,
    );
  });

  test("what is waited for is said now and then", async () => {
    service.answers = { "GET /ready": () => ({ status: 503 }) };
    await refusal(wait(1, 700));
    expect(logged).toEqual(["not ready after 1 s (container running)"]);
  });

  test.each(["exited", "dead", "missing"])(
    "a container that is %s fails at once",
    async (state) => {
      vi.stubEnv("STATE", state);
      const started = Date.now();
      expect(await refusal(wait(60))).toBe(
        `t-one: it does not answer at http://127.0.0.1:11434/ready at all (container ${state}). ` +
          `Mend what its log says and run it again. ${LOG}`,
      );
      expect(Date.now() - started).toBeLessThan(20_000);
    },
  );

  test.each([
    ["paused", "Let it go on with: docker unpause t-one"],
    ["created", "It was never started. Start it with: docker start t-one"],
  ])("a container that is %s is told with what starts it", async (state, remedy) => {
    vi.stubEnv("STATE", state);
    expect(await refusal(wait(60))).toBe(
      `t-one: it does not answer at http://127.0.0.1:11434/ready at all (container ${state}). ${remedy}. ${LOG}`,
    );
  });

  test("a service that ends again and again is not waited for, whatever it did before", async () => {
    restarts(40);
    vi.stubEnv("STATE", "restarting");
    let asked = 0;
    service.answers = {
      "GET /ready": () => {
        asked += 1;
        if (asked === 2) restarts(43);
        return { status: 503 };
      },
    };
    expect(await refusal(wait(60))).toBe(
      "t-one: it ends and is started again, 3 times by now. " +
        `Mend what its log says and run it again. ${LOG}`,
    );
  });

  test("one that started again twice may still come up", async () => {
    let asked = 0;
    service.answers = {
      "GET /ready": () => {
        asked += 1;
        if (asked === 2) restarts(2);
        return { status: asked < 13 ? 503 : 200 };
      },
    };
    await wait(60);
    expect(asked).toBe(13);
  });
});

const input = (name: string) => ({
  service: name,
  container: "t-one",
  dockerHost: "unix:///run/t.sock",
  ssh: undefined,
  url: service.url,
  hostUrl: service.url,
  models: ["tiny:latest"],
  provider: undefined,
  providerModels: [],
  adminEmail: "me@example.org",
  adminPassword: "canary-password",
  apiKey: "canary-key",
});

describe("Ollama", () => {
  const listed = { body: { models: [{ name: "tiny:latest" }, { name: "other:latest" }] } };

  test("lists the declared models and generates with the first", async () => {
    const asked: unknown[] = [];
    service.answers = {
      "GET /api/tags": () => listed,
      "POST /api/generate": ({ body }) => {
        asked.push(body);
        return { body: { eval_count: 7 } };
      },
    };
    expect(await proveAnswers(input("ollama"))).toMatch(
      /^tiny:latest answered with 7 tokens in \d+\.\d s$/,
    );
    expect(asked).toEqual([
      { model: "tiny:latest", prompt: "hello", stream: false, options: { num_predict: 16 } },
    ]);
  });

  test("is not asked by fetch, which gives up after five minutes whatever it is allowed", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("fetch was called")));
    service.answers = {
      "GET /api/tags": () => listed,
      "POST /api/generate": () => ({ body: { eval_count: 7 } }),
    };
    expect(await proveAnswers(input("ollama"))).toMatch(/^tiny:latest answered with 7 tokens/);
  });

  test("without declared models, its list is enough", async () => {
    service.answers = { "GET /api/tags": () => listed };
    expect(await proveAnswers({ ...input("ollama"), models: [] })).toBe("lists its models");
  });

  test.each<[string, object, string]>([
    ["a model that is not listed", { models: [] }, "it does not list tiny:latest; it lists none"],
    [
      "another model",
      { models: [{ name: "other:latest" }] },
      "it does not list tiny:latest; it lists other:latest",
    ],
  ])("%s is told", async (_what, body, message) => {
    service.answers = { "GET /api/tags": () => ({ body }) };
    expect(await refusal(proveAnswers(input("ollama")))).toBe(`t-one: ${message}. ${LOG}`);
  });

  test("a completion without a token is none", async () => {
    service.answers = {
      "GET /api/tags": () => listed,
      "POST /api/generate": () => ({ body: { eval_count: 0 } }),
    };
    expect(await refusal(proveAnswers(input("ollama")))).toBe(
      `t-one: tiny:latest generated nothing. ${LOG}`,
    );
  });

  const embedder = { status: 400, body: { error: '"embedder:latest" does not support generate' } };
  const both = { body: { models: [{ name: "embedder:latest" }, { name: "tiny:latest" }] } };

  test("a model that only embeds leaves the completion to the next one", async () => {
    service.answers = {
      "GET /api/tags": () => both,
      "POST /api/generate": ({ body }) =>
        (body as { model: string }).model === "tiny:latest"
          ? { body: { eval_count: 7 } }
          : embedder,
    };
    const models = ["embedder:latest", "tiny:latest"];
    expect(await proveAnswers({ ...input("ollama"), models })).toMatch(
      /^tiny:latest answered with 7 tokens in \d+\.\d s$/,
    );
  });

  test("where all models only embed, the first one does", async () => {
    const asked: unknown[] = [];
    service.answers = {
      "GET /api/tags": () => both,
      "POST /api/generate": () => embedder,
      "POST /api/embed": ({ body }) => {
        asked.push(body);
        return { body: { embeddings: [[0.5, 0.25, 0.125]] } };
      },
    };
    expect(await proveAnswers({ ...input("ollama"), models: ["embedder:latest"] })).toMatch(
      /^embedder:latest answered with an embedding of 3 numbers in \d+\.\d s$/,
    );
    expect(asked).toEqual([{ model: "embedder:latest", input: "hello" }]);
  });

  test("an embedding without numbers is none", async () => {
    service.answers = {
      "GET /api/tags": () => both,
      "POST /api/generate": () => embedder,
      "POST /api/embed": () => ({ body: { embeddings: [] } }),
    };
    const gate = proveAnswers({ ...input("ollama"), models: ["embedder:latest"] });
    expect(await refusal(gate)).toBe(`t-one: embedder:latest embedded nothing. ${LOG}`);
  });

  test("a request that is refused for another reason is a fault", async () => {
    service.answers = {
      "GET /api/tags": () => listed,
      "POST /api/generate": () => ({ status: 400, body: { error: "unsupported option" } }),
    };
    expect(await refusal(proveAnswers(input("ollama")))).toBe(
      `t-one: /api/generate answers with HTTP 400: {"error":"unsupported option"}. ${LOG}`,
    );
  });

  test("an error of its own is told with its text", async () => {
    service.answers = {
      "GET /api/tags": () => listed,
      "POST /api/generate": () => ({ status: 500, body: { error: "out of memory" } }),
    };
    expect(await refusal(proveAnswers(input("ollama")))).toBe(
      `t-one: /api/generate answers with HTTP 500: {"error":"out of memory"}. ${LOG}`,
    );
  });
});

describe("Open WebUI", () => {
  const signedIn = { body: { token: "session" } };
  const models = { body: { data: [{ id: "tiny:latest" }] } };

  test("signs the administrator in, lists the models and completes", async () => {
    const seen: unknown[] = [];
    service.answers = {
      "POST /api/v1/auths/signin": ({ body }) => {
        seen.push(body);
        return signedIn;
      },
      "GET /api/models": ({ authorization }) => {
        seen.push(authorization);
        return models;
      },
      "POST /api/chat/completions": ({ authorization, body }) => {
        seen.push(authorization, body);
        return { body: { usage: { completion_tokens: 5 } } };
      },
    };
    expect(await proveAnswers(input("openwebui"))).toMatch(
      /^tiny:latest answered with 5 tokens in \d+\.\d s$/,
    );
    expect(seen).toEqual([
      { email: "me@example.org", password: "canary-password" },
      "Bearer session",
      "Bearer session",
      {
        model: "tiny:latest",
        messages: [{ role: "user", content: "hello" }],
        stream: false,
        max_tokens: 16,
      },
    ]);
  });

  test("models that only embed are listed, and the first of the others completes", async () => {
    const ids = [{ id: "embedder:latest" }, { id: "tiny:latest" }];
    service.answers = {
      "POST /api/v1/auths/signin": () => signedIn,
      "GET /api/models": () => ({ body: { data: ids } }),
      "POST /api/chat/completions": ({ body }) =>
        (body as { model: string }).model === "tiny:latest"
          ? { body: { usage: { completion_tokens: 5 } } }
          : { status: 400, body: { detail: '"embedder:latest" does not support chat' } },
    };
    const declared = (models: string[]) => proveAnswers({ ...input("openwebui"), models });
    expect(await declared(["embedder:latest", "tiny:latest"])).toMatch(
      /^tiny:latest answered with 5 tokens in \d+\.\d s$/,
    );
    expect(await declared(["embedder:latest"])).toBe(
      "signs its administrator in and lists the models, none of which completes",
    );
    expect(await declared([])).toBe("signs its administrator in");
  });

  test.each([400, 401])(
    "a password that was changed in the browser is no fault (%i)",
    async (status) => {
      service.answers = {
        "POST /api/v1/auths/signin": () => ({ status, body: "no" }),
        "GET /api/config": () => ({ body: { status: true, name: "Open WebUI" } }),
      };
      expect(await proveAnswers(input("openwebui"))).toBe(
        "is ready; not asked for a completion, since the password or the address of me@example.org is not that of its first start",
      );
    },
  );

  test("one without any account is refused: its administrator was never made", async () => {
    service.answers = {
      "POST /api/v1/auths/signin": () => ({ status: 400, body: "no" }),
      "GET /api/config": () => ({ body: { onboarding: true } }),
    };
    expect(await refusal(proveAnswers(input("openwebui")))).toBe(
      "t-one: it has no accounts: that of me@example.org was not made at its start. " +
        `Whoever opens its pages first would become its administrator. Its log says why WEBUI_ADMIN_EMAIL did not. ${LOG}`,
    );
  });

  test("a list without the model means that it does not reach Ollama", async () => {
    service.answers = {
      "POST /api/v1/auths/signin": () => signedIn,
      "GET /api/models": () => ({ body: { data: [] } }),
    };
    expect(await refusal(proveAnswers(input("openwebui")))).toBe(
      "t-one: it does not list tiny:latest; it lists none. " +
        `It does not reach Ollama where OLLAMA_BASE_URLS says, or not in time. ${LOG}`,
    );
  });

  describe("with LocalAI as its provider", () => {
    const withLocalai = () =>
      proveAnswers({ ...input("openwebui"), provider: 1, providerModels: ["phi-4"] });
    const usable = {
      "POST /api/v1/auths/signin": () => signedIn,
      "GET /openai/models/1": () => ({ body: { data: [] } }),
      "GET /api/models": () => ({ body: { data: [{ id: "tiny:latest" }, { id: "phi-4" }] } }),
      "POST /api/chat/completions": () => ({ body: { usage: { completion_tokens: 5 } } }),
    };

    test("lists its models, too", async () => {
      service.answers = usable;
      expect(await withLocalai()).toMatch(/^tiny:latest answered with 5 tokens/);
      expect(service.requests).toEqual(Object.keys(usable));
    });

    test("a key that LocalAI refuses is told", async () => {
      service.answers = {
        ...usable,
        "GET /openai/models/1": () => ({
          status: 500,
          body: { detail: "Unexpected error: HTTP Error: 401" },
        }),
      };
      expect(await refusal(withLocalai())).toBe(
        "t-one: it cannot use LocalAI: /openai/models/1 answers with HTTP 500: " +
          '{"detail":"Unexpected error: HTTP Error: 401"}. ' +
          `Compare OPENAI_API_BASE_URLS and OPENAI_API_KEYS with LocalAI's address and key. ${LOG}`,
      );
    });

    test("a declared model of LocalAI's that it does not list is told", async () => {
      service.answers = { ...usable, "GET /api/models": () => models };
      expect(await refusal(withLocalai())).toBe(
        "t-one: it does not list phi-4; it lists tiny:latest. " +
          `It does not list all that LocalAI does. ${LOG}`,
      );
    });
  });

  test("no message holds the password", async () => {
    service.answers = {
      "POST /api/v1/auths/signin": () => ({ status: 500, body: "broken" }),
    };
    const message = await refusal(proveAnswers(input("openwebui")));
    expect(message).toContain("/api/v1/auths/signin answers with HTTP 500: broken");
    expect(message).not.toContain("canary");
  });
});

describe("LocalAI", () => {
  const guarded = (authorization: string | undefined) =>
    authorization === "Bearer canary-key"
      ? { body: { data: [{ id: "tiny:latest" }, { id: "other" }] } }
      : { status: 401, body: "no key" };

  test("answers with its key alone", async () => {
    service.answers = { "GET /v1/models": ({ authorization }) => guarded(authorization) };
    expect(await proveAnswers(input("localai"))).toBe("lists 2 models");
  });

  test("a declared model that it does not list is told", async () => {
    service.answers = { "GET /v1/models": ({ authorization }) => guarded(authorization) };
    const gate = proveAnswers({ ...input("localai"), models: ["absent"] });
    expect(await refusal(gate)).toBe(
      `t-one: it does not list absent; it lists tiny:latest, other. ${LOG}`,
    );
  });

  test("one that answers everybody is refused", async () => {
    service.answers = { "GET /v1/models": () => ({ body: { data: [] } }) };
    expect(await refusal(proveAnswers(input("localai")))).toBe(
      "t-one: it answers without a key (HTTP 200 instead of 401). " +
        `See whether the image takes LOCALAI_API_KEY. ${LOG}`,
    );
  });

  test("another key is told, without the key", async () => {
    service.answers = { "GET /v1/models": () => ({ status: 401, body: "no key" }) };
    const message = await refusal(proveAnswers(input("localai")));
    expect(message).toBe(`t-one: /v1/models answers with HTTP 401: no key. ${LOG}`);
  });
});

test("a service that nobody knows has nothing to prove beyond its readiness", async () => {
  expect(await proveAnswers(input("other"))).toBe("ready");
  expect(service.requests).toEqual([]);
});

test("a service that does not answer is told", async () => {
  await service.close();
  const message = await refusal(proveAnswers(input("ollama")));
  expect(message).toMatch(/^t-one: \/api\/tags does not answer: .*ECONNREFUSED/);
  await service.listen();
});

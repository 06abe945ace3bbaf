import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { proveAnswers } from "../../cli/gates/answers";
import { waitUntilReady } from "../../cli/gates/readiness";
import { StandInService } from "../support/gates/standInService";

/** A docker command that knows one container: its state is in a variable, its log two lines. */
const FAKE_DOCKER = `#!/bin/sh
[ "$1 $2" = "--host unix:///run/t.sock" ] || exit 64
case $3 in
  inspect) [ "$STATE" = missing ] && exit 1; echo "$STATE" ;;
  logs) echo "first line"; echo "last line" >&2 ;;
esac
`;

const LOG =
  "\nIts last log lines:\nfirst line\nlast line\nSee all of its log with: docker logs t-one";

let service: StandInService;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-gates-"));
  writeFileSync(join(folder, "docker"), FAKE_DOCKER);
  chmodSync(join(folder, "docker"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  vi.stubEnv("STATE", "running");
  service = new StandInService();
  await service.listen();
});
afterEach(async () => {
  vi.unstubAllEnvs();
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
  const wait = (secondsAllowed: number) =>
    waitUntilReady({
      container: "t-one",
      dockerHost: "unix:///run/t.sock",
      ssh: undefined,
      url: `${service.url}/ready`,
      secondsAllowed,
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
  });

  test("a service that is never ready fails after the time allowed, with its log", async () => {
    service.answers = { "GET /ready": () => ({ status: 503 }) };
    expect(await refusal(wait(1))).toBe(
      `t-one: it does not answer at ${service.url}/ready within 1 s (container running). ` +
        `Mend what its log says and run it again. ${LOG}`,
    );
  });

  test.each(["exited", "dead", "missing"])(
    "a container that is %s fails at once",
    async (state) => {
      vi.stubEnv("STATE", state);
      const started = Date.now();
      expect(await refusal(wait(60))).toBe(
        `t-one: it does not answer at ${service.url}/ready at all (container ${state}). ` +
          `Mend what its log says and run it again. ${LOG}`,
      );
      expect(Date.now() - started).toBeLessThan(20_000);
    },
  );
});

const input = (name: string) => ({
  service: name,
  container: "t-one",
  dockerHost: "unix:///run/t.sock",
  ssh: undefined,
  url: service.url,
  models: ["tiny:latest"],
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

  test("a password that was changed in the browser is no fault", async () => {
    service.answers = { "POST /api/v1/auths/signin": () => ({ status: 400, body: "no" }) };
    expect(await proveAnswers(input("openwebui"))).toBe(
      "is ready; not asked for a completion, since me@example.org no longer signs in with the generated password",
    );
  });

  test("a list without the model means that it does not reach Ollama", async () => {
    service.answers = {
      "POST /api/v1/auths/signin": () => signedIn,
      "GET /api/models": () => ({ body: { data: [] } }),
    };
    expect(await refusal(proveAnswers(input("openwebui")))).toBe(
      `t-one: it does not list tiny:latest; it lists none. ${LOG}`,
    );
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

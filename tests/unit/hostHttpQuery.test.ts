import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { queryHttp } from "../../host/httpQuery";
import { readLoadedModels, unloadModel } from "../../host/loadedModels";
import { checkService } from "../../host/serviceHealth";
import { SmallServer } from "../support/agent/smallServer";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer?: Parameters<typeof SmallServer.start>[0]): Promise<SmallServer> {
  const server = await SmallServer.start(answer);
  closers.push(() => server.close());
  return server;
}

const respond = (status: number, body = "") =>
  serve((_, response) => {
    response.writeHead(status).end(body);
  });

/** Takes connections and never says a word. */
async function silentServer(): Promise<string> {
  const server: Server = createServer(() => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address at which nothing listens. */
async function freeAddress(): Promise<string> {
  const server = await SmallServer.start();
  const { url } = server;
  server.close();
  return url;
}

describe("a query", () => {
  const limits = { limitMs: 5000, mostBytes: 10 };

  test("brings status and body", async () => {
    const { url } = await respond(418, "short");
    expect(await queryHttp(url, limits)).toEqual({ status: 418, body: "short" });
  });

  test("ends at its limit, whatever the server does", async () => {
    await expect(
      queryHttp(await silentServer(), { ...limits, limitMs: 100 }),
    ).rejects.toMatchObject({ code: "ETIMEDOUT", message: "no answer within 0.1 s" });
  });

  test("ends at its limit, also in the middle of an answer", async () => {
    const { url } = await serve((_, response) => void response.write("1"));
    await expect(queryHttp(url, { ...limits, limitMs: 100 })).rejects.toMatchObject({
      code: "ETIMEDOUT",
    });
  });

  test("does not take more than it asked for", async () => {
    const { url } = await respond(200, "01234567890");
    await expect(queryHttp(url, limits)).rejects.toMatchObject({
      code: "EFBIG",
      message: "the answer is longer than 10 bytes",
    });
  });

  test("ends when the caller gives up", async () => {
    const giveUp = new AbortController();
    const query = queryHttp(await silentServer(), { ...limits, signal: giveUp.signal });
    giveUp.abort(new Error("stopping"));
    await expect(query).rejects.toThrow("stopping");
  });
});

describe("a service's health", () => {
  const check = (url: string) =>
    checkService({ name: "web", url, kind: "interface" }, new AbortController().signal);
  const tookMs = expect.any(Number) as number;

  test.each([
    [200, true],
    [204, true],
    [301, false],
    [404, false],
    [503, false],
  ])("HTTP %i: healthy is %j", async (status, healthy) => {
    const { url } = await respond(status);
    expect(await check(`${url}/health`)).toEqual({
      name: "web",
      healthy,
      status,
      error: null,
      tookMs,
    });
  });

  test("nothing listens", async () => {
    expect(await check(await freeAddress())).toEqual({
      name: "web",
      healthy: false,
      status: null,
      error: "ECONNREFUSED",
      tookMs,
    });
  });

  test("a service that hangs is given up after three seconds", async () => {
    const health = await check(await silentServer());
    expect(health).toMatchObject({ healthy: false, status: null, error: "no answer within 3 s" });
    expect(health.tookMs).toBeGreaterThanOrEqual(2990);
  });
});

describe("models that Ollama has loaded", () => {
  test("name and expiry of each", async () => {
    const models = [
      { name: "llama3:8b", model: "llama3:8b", size: 1, expires_at: "2026-11-25T12:05:00Z" },
    ];
    const server = await respond(200, JSON.stringify({ models }));
    expect(await readLoadedModels(server.url)).toEqual({
      state: "answers",
      models: [{ name: "llama3:8b", expiresAt: "2026-11-25T12:05:00Z" }],
    });
    expect(server.requests).toEqual(["GET /api/ps"]);
  });

  test("without Ollama in the stack nothing is asked", async () => {
    expect(await readLoadedModels(null)).toEqual({ state: "none" });
  });

  test("a stopped Ollama", async () => {
    expect(await readLoadedModels(await freeAddress())).toEqual({ state: "stopped" });
  });

  test.each([
    [500, "", "HTTP 500"],
    [200, "<html>", "its answer has another form"],
    [200, "{}", "its answer has another form"],
    [200, '{"models": [{"name": "x"}]}', "its answer has another form"],
  ])("HTTP %i %j: silent, %s", async (status, body, error) => {
    const { url } = await respond(status, body);
    expect(await readLoadedModels(url)).toEqual({ state: "silent", error });
  });

  test("are unloaded by an empty request that keeps them for no time", async () => {
    const server = await respond(200, '{"done_reason": "unload"}');
    await unloadModel(server.url, "llama3:8b");
    expect(server.requests).toEqual([
      'POST /api/generate {"model":"llama3:8b","keep_alive":0,"stream":false}',
    ]);
  });

  test("a refusal is told in Ollama's words", async () => {
    const { url } = await respond(404, '{"error":"model not found"}');
    await expect(unloadModel(url, "x")).rejects.toThrow('HTTP 404: {"error":"model not found"}');
  });
});

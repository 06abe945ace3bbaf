// The stack's own services are asked directly, whatever proxy the environment names: keys and chats would go to it.
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseHostFacts } from "../../plan/hostFacts";
import { StandInService } from "../support/gates/standInService";

const ROOT = resolve(import.meta.dirname, "../..");

let folder: string;
let service: StandInService;
let proxy: Server;
/** requests that came to the proxy */
let seen: string[];
let environment: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "without-proxy-"));
  proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end("{}");
  });
  proxy.on("connect", (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  environment = {
    NODE_USE_ENV_PROXY: "1",
    HTTP_PROXY: address,
    http_proxy: address,
    HTTPS_PROXY: address,
    https_proxy: address,
    NO_PROXY: "",
    no_proxy: "",
  };
  service = new StandInService();
  await service.listen();
  service.answers = {
    "GET /ready": () => ({ body: "ok" }),
    "GET /v1/models": ({ authorization }) =>
      authorization === "Bearer sk-key" ? { body: { data: [] } } : { status: 401 },
    "GET /backends": () => ({ body: [] }),
    "GET /api/tags": () => ({ body: { models: [{ name: "tiny:latest", digest: "d" }] } }),
    "GET /api/ps": () => ({ body: { models: [{ name: "tiny", size: 1, size_vram: 1 }] } }),
  };
});
afterAll(async () => {
  proxy.close();
  await service.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  seen = [];
});

describe("in a process that Node has told to use the environment's proxy", () => {
  const driver = () => join(folder, "driver.mjs");
  beforeAll(() =>
    build({
      stdin: {
        resolveDir: import.meta.dirname,
        loader: "ts",
        contents: `
          import { proveAnswers } from "../../cli/gates/answers";
          import { confirmGpuUse } from "../../cli/gates/gpuUse";
          import { waitUntilReady } from "../../cli/gates/readiness";
          import { LocalaiClient } from "../../cli/models/localaiClient";
          import { listModels } from "../../cli/models/modelList";
          const [what, url] = process.argv.slice(2);
          const target = { container: "t-one", dockerHost: "unix:///nonexistent", ssh: undefined, url, hostUrl: url };
          const acts = {
            fetch: () => fetch(url + "/ready").catch(({ name }) => name),
            readiness: () => waitUntilReady({ ...target, url: url + "/ready", secondsAllowed: 20 }),
            answers: () => proveAnswers({
              ...target, service: "localai", models: [], provider: undefined, providerModels: [], adminEmail: "", adminPassword: "", apiKey: "sk-key",
            }),
            "gpu-use": () => confirmGpuUse({ ...target, model: "tiny", required: true, log: () => {} }),
            models: async () => (await listModels({ models: [] }, url)).map(({ name }) => name),
            localai: () => new LocalaiClient(target, "sk-key").facts(),
          };
          console.log(JSON.stringify(await acts[what]()));`,
      },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: driver(),
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    }),
  );
  const run = async (what: string) =>
    (await execa(process.execPath, [driver(), what, service.url], { env: environment })).stdout;

  test("the proxy of this test works: fetch uses it", async () => {
    expect(await run("fetch")).toBe('"TypeError"');
    expect(seen).toEqual([`CONNECT ${new URL(service.url).host}`]);
  });

  test.each([
    ["answers", '"lists 0 models"'],
    ["models", '["tiny:latest"]'],
    ["readiness", "undefined"],
    ["localai", '{"models":[],"backends":[],"builds":{}}'],
    ["gpu-use", expect.stringContaining("GPU")],
  ])("%s does not", async (what, answer) => {
    expect(await run(what)).toEqual(answer);
    expect(seen).toEqual([]);
  });
});

test("the probe of a host asks Ollama directly", async () => {
  const nothing = { IMAGES: "", CONTAINERS: "", NETWORKS: "", DOCKER_SOCKET: "/nonexistent" };
  const { stdout } = await execa("sh", [join(ROOT, "assets/shell/probe.sh")], {
    env: { ...environment, ...nothing, OLLAMA_URL: service.url },
  });
  expect(parseHostFacts(stdout).models).toEqual({ "tiny:latest": "d" });
  expect(seen).toEqual([]);
});

describe("the launcher keeps this machine out of the proxy's hands", () => {
  beforeAll(() => {
    mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
    copyFileSync(join(ROOT, "aistack"), join(folder, "aistack"));
    const node = join(folder, "node_modules", ".bin", "node");
    writeFileSync(node, '#!/bin/sh\necho "$NODE_USE_ENV_PROXY $NO_PROXY $no_proxy"\n');
    chmodSync(node, 0o755);
  });
  const own = "127.0.0.1,localhost,::1";
  test.each([
    [{}, own],
    [{ NO_PROXY: "lab.example" }, `${own},lab.example`],
    [{ no_proxy: "lab.example" }, `${own},lab.example`],
    [{ NO_PROXY: "a.example", no_proxy: "b.example" }, `${own},a.example,b.example`],
  ])("with %j", async (variables, hosts) => {
    const options = { env: { PATH: process.env.PATH, ...variables }, extendEnv: false };
    const { stdout } = await execa(join(folder, "aistack"), options);
    expect(stdout).toBe(`1 ${hosts} ${hosts}`);
  });
});

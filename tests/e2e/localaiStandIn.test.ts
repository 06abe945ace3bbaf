import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, ROOT } from "../support/e2e/workspace";
import { freePort } from "../support/freePort";
import { buildLocalaiStandIn } from "../support/localai/standInImage";

/*
 * The image that stands in for LocalAI's, as compose/localai.yaml runs it: what the other tests rest on.
 */

const prefix = `t${randomBytes(3).toString("hex")}`;
const container = `${prefix}-localai`;
const network = `${prefix}-net`;
const volumes = ["models", "backends"].map((name) => ({
  name: `${prefix}-${name}`,
  to: `/${name}`,
}));
let image: string;
let url: string;

async function start(): Promise<void> {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await docker(
    ...["run", "--detach", "--name", container, "--network", network, "--init"],
    ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"],
    ...["--publish", `127.0.0.1:${port}:8080`, "--env", "LOCALAI_API_KEY=key"],
    ...volumes.flatMap(({ name, to }) => ["--volume", `${name}:${to}`]),
    image,
  );
  await expect.poll(() => statusOf("/readyz"), { timeout: 60_000, interval: 200 }).toBe(200);
}

const statusOf = async (path: string) =>
  fetch(`${url}${path}`).then(
    ({ status }) => status,
    () => "no answer",
  );

const ask = async (path: string, body?: unknown) =>
  (
    await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: "Bearer key" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  ).json();

beforeAll(async () => {
  image = await buildLocalaiStandIn(ROOT);
  await docker("network", "create", network);
});
afterAll(async () => {
  await docker("rm", "--force", container);
  await docker("volume", "rm", ...volumes.map(({ name }) => name));
  await docker("network", "rm", network);
});

test("its name and its label tell that it is a stand-in", async () => {
  expect(image).toMatch(/^aistack\.invalid\/localai-stand-in:[0-9a-f]{16}$/);
  const label = '{{index .Config.Labels "dev.aistack.stand-in"}}';
  expect(await docker("image", "inspect", "--format", label, image)).toBe("LocalAI");
});

test("it is made once", async () => {
  const id = await docker("image", "inspect", "--format", "{{.Id}}", image);
  expect(await buildLocalaiStandIn(ROOT)).toBe(image);
  expect(await docker("image", "inspect", "--format", "{{.Id}}", image)).toBe(id);
});

test("a recreated container keeps models and backends, and asks for its key", async () => {
  await start();
  expect(await statusOf("/v1/models")).toBe(401);
  await ask("/models/apply", { id: "stand-in-chat" });
  const listed = { object: "list", data: [{ id: "stand-in-chat", object: "model" }] };
  await expect.poll(() => ask("/v1/models"), { timeout: 30_000 }).toEqual(listed);
  await expect.poll(() => ask("/backends"), { timeout: 30_000 }).toHaveLength(2);

  await docker("rm", "--force", container);
  await start();
  expect(await ask("/v1/models")).toEqual(listed);
  expect(await ask("/backends")).toHaveLength(2);
});

test("its health check finds curl", async () => {
  await docker("exec", container, "curl", "--silent", "--fail", "http://127.0.0.1:8080/healthz");
});

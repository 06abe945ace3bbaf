import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeLeftovers } from "../../host/leftovers";
import { planMinimal } from "../support/plan/stack";

const CHECKOUT = resolve(import.meta.dirname, "../..");

let folder: string;
let engine: Server;
let asked: string[];
/** What the stand-in for the engine answers to a removal. */
let answer: { status: number; message?: string };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "aistack-leftovers-"));
  asked = [];
  answer = { status: 204 };
  engine = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.statusCode = method === "DELETE" ? answer.status : 304;
    response.end(answer.message === undefined ? "" : JSON.stringify({ message: answer.message }));
  });
  await new Promise<void>((done) => engine.listen(join(folder, "d.sock"), done));
});
afterEach(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

const remove = (kind: "container" | "network") =>
  removeLeftovers(
    CHECKOUT,
    { dockerHost: `unix://${folder}/d.sock`, ssh: undefined, sshOptions: undefined },
    planMinimal(),
    [{ kind, name: "aistack-ollama", id: "c1" }],
  );

test("a container is given its time to end, and removed by its id", async () => {
  await remove("container");
  expect(asked).toEqual(["POST /containers/c1/stop?t=30", "DELETE /containers/c1?force=true"]);
});

test("a network is removed by its id", async () => {
  await remove("network");
  expect(asked).toEqual(["DELETE /networks/c1"]);
});

test("one that is gone is as good as removed", async () => {
  answer = { status: 404, message: "no such container" };
  await remove("container");
});

test("a refusal is told in the engine's words", async () => {
  answer = { status: 403, message: "network aistack-ollama has active endpoints" };
  await expect(remove("network")).rejects.toThrow(
    "docker: network aistack-ollama, which an interrupted update has left, cannot be removed: " +
      '{"message":"network aistack-ollama has active endpoints"}. Remove it with: docker network rm aistack-ollama',
  );
});

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { joinModels, listModels } from "../../cli/models/modelList";
import { planMinimal } from "../support/plan/stack";

const PLAN = planMinimal({
  models: [{ name: "tiny", from: "file:models/tiny.gguf" }, { name: "llama3.2:1b" }],
});
const NOTHING = { digest: null, sizeBytes: null, memoryBytes: null, vramBytes: null };

test("declared models first, then those that Ollama has besides", () => {
  const present = [
    { name: "zoo:1", digest: "d3", size: 3 },
    { name: "tiny:latest", digest: "d1", size: 156_000 },
    { name: "ape:1", digest: "d2", size: 2 },
  ];
  const loaded = [{ name: "tiny:latest", size: 200_000, size_vram: 100_000 }];
  expect(joinModels(PLAN, present, loaded)).toEqual([
    {
      name: "tiny:latest",
      declared: true,
      source: "file:models/tiny.gguf",
      present: true,
      digest: "d1",
      sizeBytes: 156_000,
      loaded: true,
      memoryBytes: 200_000,
      vramBytes: 100_000,
    },
    {
      ...NOTHING,
      name: "llama3.2:1b",
      declared: true,
      source: "pull:llama3.2:1b",
      present: false,
      loaded: false,
    },
    {
      ...NOTHING,
      name: "ape:1",
      declared: false,
      source: null,
      present: true,
      digest: "d2",
      sizeBytes: 2,
      loaded: false,
    },
    {
      ...NOTHING,
      name: "zoo:1",
      declared: false,
      source: null,
      present: true,
      digest: "d3",
      sizeBytes: 3,
      loaded: false,
    },
  ]);
});

test("an Ollama that does not answer, or answers something else, has no list", async () => {
  const server = createServer((_request, response) => void response.end("<html>"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await listModels(PLAN, url)).toBeUndefined();
  server.close();
  server.closeAllConnections();
  expect(await listModels(PLAN, url)).toBeUndefined();
});

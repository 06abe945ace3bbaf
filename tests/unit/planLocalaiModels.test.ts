import { describe, expect, test } from "vitest";
import {
  isInstalled,
  type LocalaiSpec,
  localaiOrigin,
  localaiRecordName,
  localaiRequest,
  planLocalai,
  readLocalaiFacts,
  resolveLocalai,
} from "../../plan/localaiModels";
import { settings } from "../support/plan/settings";

const NOW = new Date("2026-11-25T12:00:00.000Z");

const model = (name: string, from?: string): LocalaiSpec => ({ kind: "model", name, from });
const backend = (name: string): LocalaiSpec => ({ kind: "backend", name, from: undefined });

test("backends come before the models that need them, each in declared order", () => {
  const declared = settings({
    localai: {
      backends: ["whisper", "llama-cpp"],
      models: [{ name: "bert" }, { name: "mine", from: "oci://registry.example.org/mine:1" }],
    },
  });
  expect(planLocalai(declared)).toEqual([
    backend("whisper"),
    backend("llama-cpp"),
    model("bert"),
    model("mine", "oci://registry.example.org/mine:1"),
  ]);
  expect(planLocalai(settings({}))).toEqual([]);
});

test.each([
  [backend("llama-cpp"), { path: "/backends/apply", body: { id: "llama-cpp" } }],
  [model("localai@bert"), { path: "/models/apply", body: { id: "localai@bert" } }],
  [
    model("mine", "https://example.org/mine.yaml"),
    { path: "/models/apply", body: { url: "https://example.org/mine.yaml", name: "mine" } },
  ],
  [
    model("mine", "huggingface://owner/repository/weights.gguf"),
    {
      path: "/models/import-uri",
      body: {
        uri: "huggingface://owner/repository/weights.gguf",
        preferences: { name: "mine" },
      },
    },
  ],
])("what is sent to install %o", (spec, request) => {
  expect(localaiRequest(spec)).toEqual(request);
});

test("an origin tells galleries, kinds and addresses apart", () => {
  expect([backend("a"), model("a"), model("a", "oci://a")].map(localaiOrigin)).toEqual([
    "backend of the gallery: a",
    "model of the gallery: a",
    "oci://a",
  ]);
});

test("a record's name is a file name, and of its kind", () => {
  expect([backend("a"), model("own/a:1")].map(localaiRecordName)).toEqual([
    "backend-a.json",
    "model-own%2Fa%3A1.json",
  ]);
});

test.each([
  [model("bert"), true],
  [model("localai@bert"), true],
  [model("llama-cpp"), false],
  [backend("llama-cpp"), true],
  [backend("localai@llama-cpp"), true],
  [backend("other@vllm"), true],
  [backend("vllm"), false],
  [backend("bert"), false],
])("whether %o is installed: %s", (spec, expected) => {
  const facts = { models: ["bert"], backends: ["cpu-llama-cpp", "llama-cpp", "other@vllm"] };
  expect(isInstalled(spec, facts)).toBe(expected);
});

test("facts are the names of both lists, or nothing where one is of another shape", () => {
  const models = { object: "list", data: [{ id: "bert", object: "model" }] };
  const backends = [{ Name: "llama-cpp", IsMeta: true }];
  expect(readLocalaiFacts(models, backends)).toEqual({ models: ["bert"], backends: ["llama-cpp"] });
  for (const other of [null, "text", {}, { data: [{ name: "bert" }] }, { data: [null] }])
    expect(readLocalaiFacts(other, backends)).toBeUndefined();
  for (const other of [null, {}, [{ name: "llama-cpp" }], [null]])
    expect(readLocalaiFacts(models, other)).toBeUndefined();
});

describe("joined with what was seen", () => {
  const resolve = (
    spec: LocalaiSpec,
    models: readonly string[] | undefined,
    records: Record<string, string> = {},
  ) =>
    resolveLocalai({
      specs: [spec],
      facts: models === undefined ? undefined : { models, backends: [] },
      records,
      url: "http://127.0.0.1:8080",
      container: "aistack-localai",
      recordFolder: ".state/localai/test",
      now: NOW,
    })[0];
  const own = model("own/bert", "oci://bert");
  const record = { "model-own%2Fbert.json": "oci://bert" };

  test("what is there is in sync, with or without a record", () => {
    const expected = {
      ...own,
      resourceName: "localai-model-own/bert",
      url: "http://127.0.0.1:8080",
      container: "aistack-localai",
      recordFile: ".state/localai/test/model-own%2Fbert.json",
      inSync: true,
      drift: [],
      observed: "in sync",
    };
    expect(resolve(own, ["own/bert"], record)).toEqual(expected);
    expect(resolve(own, ["own/bert"])).toEqual(expected);
  });

  test("what was removed has drifted", () => {
    expect(resolve(own, ["other"], record)).toMatchObject({
      inSync: false,
      drift: ["is absent"],
      observed: "absent at 2026-11-25T12:00:00.000Z",
    });
  });

  test("what was never installed, or from somewhere else, is the user's own change", () => {
    for (const records of [{}, { "model-own%2Fbert.json": "oci://other" }])
      expect(resolve(own, [], records)).toMatchObject({ inSync: false, drift: [] });
  });

  test("nothing is known where LocalAI does not answer", () => {
    expect(resolve(own, undefined, record)).toMatchObject({
      inSync: false,
      drift: ["is not observable (LocalAI does not answer)"],
      observed: "not observable (LocalAI does not answer) at 2026-11-25T12:00:00.000Z",
    });
  });

  test("resources of both kinds have names of their own, also where two differ in a sign alone", () => {
    const specs = [backend("a:b@c"), backend("a-b-c"), model("a:b@c"), model("a-b@c")];
    const resolved = resolveLocalai({
      specs,
      facts: undefined,
      records: {},
      url: "http://127.0.0.1:8080",
      container: "aistack-localai",
      recordFolder: ".state/localai/test",
      now: NOW,
    });
    expect(resolved.map(({ resourceName }) => resourceName)).toEqual([
      "localai-backend-a-b-c",
      "localai-backend-a-b-c-45bde484",
      "localai-model-a-b-c",
      "localai-model-a-b-c-57f722ad",
    ]);
  });
});

import { describe, expect, test } from "vitest";
import {
  isInstalled,
  isOfOtherOrigin,
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
const backend = (name: string, variant?: string): LocalaiSpec => ({
  kind: "backend",
  name,
  from: undefined,
  ...(variant === undefined ? {} : { variant }),
});

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

test("a backend that is there already is installed anew only where that is forced", () => {
  expect(localaiRequest(backend("llama-cpp"), true)).toEqual({
    path: "/backends/apply",
    body: { id: "llama-cpp", force: true },
  });
  expect(localaiRequest(model("bert"), true)).toEqual(localaiRequest(model("bert")));
});

test("an origin tells galleries, kinds, GPUs and addresses apart", () => {
  const specs = [backend("a"), backend("a", "amd"), model("a"), model("a", "oci://a")];
  expect(specs.map(localaiOrigin)).toEqual([
    "backend of the gallery: a",
    "backend of the gallery: a, for amd",
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
  const backends = ["cpu-llama-cpp", "llama-cpp", "other@vllm"];
  const facts = { models: ["bert"], backends, builds: {} };
  expect(isInstalled(spec, facts)).toBe(expected);
});

describe("whether a backend was installed for something else", () => {
  const RECORD = "backend of the gallery: llama-cpp";
  const facts = (build: string) => ({
    models: [],
    backends: ["llama-cpp", build],
    builds: { "llama-cpp": build },
  });
  test.each([
    ["recorded for the CPU, declared for it", undefined, "cpu-llama-cpp", RECORD, false],
    ["recorded for the CPU, declared for a GPU", "amd", "cpu-llama-cpp", RECORD, true],
    [
      "recorded for a GPU that has no build of its own",
      "amd",
      "cpu-llama-cpp",
      `${RECORD}, for amd`,
      false,
    ],
    [
      "recorded for a GPU, declared for the CPU",
      undefined,
      "rocm-llama-cpp",
      `${RECORD}, for amd`,
      true,
    ],
    ["recorded for another GPU", "intel", "rocm-llama-cpp", `${RECORD}, for amd`, true],
    ["without a record, seen to be for the CPU", "amd", "cpu-llama-cpp", undefined, true],
    ["without a record, on the CPU", undefined, "cpu-llama-cpp", undefined, false],
    ["without a record, seen to be for a GPU", "amd", "rocm-llama-cpp", undefined, false],
  ])("%s", (_what, variant, build, recorded, expected) => {
    for (const name of ["llama-cpp", "localai@llama-cpp"]) {
      const record = recorded?.replace("llama-cpp", name);
      expect(isOfOtherOrigin(backend(name, variant), facts(build), record)).toBe(expected);
    }
  });

  test("nothing is known of one that nobody has seen", () => {
    expect(isOfOtherOrigin(backend("llama-cpp", "amd"), undefined, undefined)).toBe(false);
  });
});

test("facts are the names of both lists, or nothing where one is of another shape", () => {
  const models = { object: "list", data: [{ id: "bert", object: "model" }] };
  const backends = [
    { Name: "llama-cpp", IsMeta: true, Metadata: { meta_backend_for: "cpu-llama-cpp" } },
    { Name: "cpu-llama-cpp", Metadata: { name: "cpu-llama-cpp" } },
    { Name: "piper", Metadata: { meta_backend_for: "" } },
    { Name: "system", Metadata: null },
    { Name: "old" },
  ];
  expect(readLocalaiFacts(models, backends)).toEqual({
    models: ["bert"],
    backends: ["llama-cpp", "cpu-llama-cpp", "piper", "system", "old"],
    builds: { "llama-cpp": "cpu-llama-cpp" },
  });
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
    variant?: string,
  ) =>
    resolveLocalai({
      specs: [spec],
      variant,
      facts: models === undefined ? undefined : { models, backends: ["llama-cpp"], builds: {} },
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

  test("what is there from elsewhere is the user's own change, and to be replaced", () => {
    expect(resolve(own, ["own/bert"], { "model-own%2Fbert.json": "oci://other" })).toMatchObject({
      inSync: false,
      replacement: "from oci://bert",
      drift: [],
      observed: "of another origin at 2026-11-25T12:00:00.000Z",
    });
  });

  describe("a backend", () => {
    const CPU = { "backend-llama-cpp.json": "backend of the gallery: llama-cpp" };
    const NVIDIA = {
      "backend-llama-cpp.json": "backend of the gallery: llama-cpp, for nvidia-cuda-12",
    };
    test.each([
      ["of a record that knows no GPU is in sync on the CPU", CPU, undefined],
      ["is in sync on the GPU that it was installed for", NVIDIA, "nvidia-cuda-12"],
    ])("%s", (_what, records, variant) => {
      expect(resolve(backend("llama-cpp"), [], records, variant)).toMatchObject({
        inSync: true,
        replacement: undefined,
        observed: "in sync",
      });
    });

    test.each([
      [CPU, "nvidia-cuda-12", "for nvidia-cuda-12"],
      [NVIDIA, "nvidia-cuda-13", "for nvidia-cuda-13"],
      [NVIDIA, undefined, "for the CPU"],
    ])("of %o is to be replaced on %s", (records, variant, replacement) => {
      const expected = { inSync: false, replacement, drift: [] };
      expect(resolve(backend("llama-cpp"), [], records, variant)).toMatchObject(expected);
      expect(resolve(backend("llama-cpp"), undefined, records, variant)).toMatchObject(expected);
    });

    test("that is not there is no replacement", () => {
      expect(
        resolve(backend("whisper"), [], { "backend-whisper.json": "other" }, "amd"),
      ).toMatchObject({ inSync: false, replacement: undefined, drift: [] });
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

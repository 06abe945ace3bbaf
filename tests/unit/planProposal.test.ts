import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import type { GpuFacts, GpuProblem } from "../../plan/gpuFacts";
import { EXAMPLE_MODELS, exampleModel } from "../../plan/modelCatalogue";
import { modelNameFault } from "../../plan/models";
import { propose } from "../../plan/proposal";
import { readSettings } from "../../plan/settings";
import { editStackFile, printSettings } from "../../plan/stackFileEdit";
import { parseYaml } from "../../plan/yamlDocument";
import {
  amdHost,
  GPU_A,
  GPU_B,
  gpuHost,
  MIG_1,
  MIG_2,
  nvidiaHost,
  type ReportedGpu,
  renderNode,
  reportedGpu,
} from "../support/plan/hostGpus";

const ALL = ["ollama", "openwebui", "localai"];
const GIB = 1024;

const settingsOf = (facts: GpuFacts, services: readonly string[] = ALL) =>
  propose(facts, services).settings;

const memory = (memoryTotalMib: number | null) => ({ host: { ...gpuHost().host, memoryTotalMib } });

describe("whose GPUs", () => {
  const toolkit = (cdi: boolean, runtime: boolean, engineReadsCdi: boolean) =>
    nvidiaHost(
      { toolkit: { installed: true, version: "1.20.0", runtime, cdi } },
      { toolkit: { ...nvidiaHost().toolkit, runtime, cdiSpec: cdi, engineReadsCdi } },
    );

  test.each<[string, GpuFacts, object]>([
    ["NVIDIA's, by CDI where the engine has it", nvidiaHost(), { gpu: "nvidia", gpuMode: "cdi" }],
    [
      "NVIDIA's, by the runtime where there is no CDI",
      toolkit(false, true, true),
      { gpu: "nvidia", gpuMode: "runtime" },
    ],
    [
      "NVIDIA's without either: CDI, where the engine could read it",
      toolkit(false, false, true),
      { gpu: "nvidia", gpuMode: "cdi" },
    ],
    [
      "NVIDIA's without either, with an older engine",
      toolkit(false, false, false),
      { gpu: "nvidia", gpuMode: "runtime" },
    ],
    [
      "NVIDIA's before AMD's",
      nvidiaHost({}, { renderNodes: amdHost().renderNodes, kfd: amdHost().kfd }),
      { gpu: "nvidia" },
    ],
    ["AMD's", amdHost(), { gpu: "amd" }],
    ["not AMD's without its compute device", amdHost({ kfd: undefined }), { gpu: "none" }],
    [
      "Intel's card",
      gpuHost({ renderNodes: [renderNode("renderD128", "intel", { pciId: "8086:56a0" })] }),
      { gpu: "intel" },
    ],
    [
      "not the graphics of Intel's processors",
      gpuHost({ renderNodes: [renderNode("renderD128", "intel", { pciId: "8086:a780" })] }),
      { gpu: "none" },
    ],
    ["none", gpuHost(), { gpu: "none" }],
  ])("%s", (_what, facts, expected) => {
    expect(settingsOf(facts)).toMatchObject(expected);
  });

  test("a mode is NVIDIA's alone", () => {
    expect(settingsOf(amdHost())).not.toHaveProperty("gpuMode");
    expect(settingsOf(gpuHost())).not.toHaveProperty("gpuMode");
  });
});

describe("what is wrong", () => {
  const fault = (severity: GpuProblem["severity"]): GpuProblem => ({
    severity,
    what: "it is odd",
    where: "NVIDIA driver",
    fix: "Mend it",
  });

  test("with GPUs that are proposed is what preflight would say", () => {
    const facts = nvidiaHost({
      toolkit: { installed: true, version: "1.20.0", runtime: true, cdi: false },
    });
    // By the runtime nothing is wrong.
    expect(propose(facts, ALL).problems).toEqual([]);
    expect(propose(nvidiaHost({}, { problems: [fault("warning")] }), ALL).problems).toEqual([
      fault("warning"),
    ]);
  });

  test("with GPUs that are not: why not", () => {
    const facts = gpuHost({ problems: [fault("error"), fault("warning")] });
    const { settings, problems } = propose(facts, ALL);
    expect(settings.gpu).toBe("none");
    expect(problems.map(formatProblem)).toEqual(["NVIDIA driver: it is odd. Mend it"]);
  });
});

describe("limits", () => {
  test.each<[string, number | null, readonly string[], object]>([
    [
      "of 64 GiB: a tenth is the host's, 4 GiB Open WebUI's, two thirds Ollama's",
      64 * GIB,
      ALL,
      { ollama: { memory: "35g" }, localai: { memory: "17g" } },
    ],
    ["of 64 GiB for Ollama alone", 64 * GIB, ["ollama"], { ollama: { memory: "57g" } }],
    ["of 16 GiB: the host keeps 2", 16 * GIB, ["ollama"], { ollama: { memory: "14g" } }],
    [
      "of 8 GiB for all",
      8 * GIB,
      ALL,
      // 2 GiB are left: less than one for LocalAI is none at all.
      { ollama: { memory: "1g" } },
    ],
    ["of 4 GiB for all: none that would be of use", 4 * GIB, ALL, {}],
    ["of unknown memory", null, ALL, {}],
    ["without a service that holds models", 64 * GIB, ["openwebui"], {}],
  ])("%s", (_what, mebibytes, services, limits) => {
    expect(settingsOf(gpuHost(memory(mebibytes)), services).limits).toEqual(limits);
  });
});

describe("models", () => {
  const withVram = (...sizes: readonly (number | null)[]) =>
    nvidiaHost({
      gpus: sizes.map((memory_total_mib) => reportedGpu(GPU_A, { memory_total_mib })),
    });

  test.each<[string, GpuFacts, string]>([
    ["a card of 4 GB", withVram(4040), "llama3.2:3b"],
    ["a card of 8 GB", withVram(8188), "gemma3:4b"],
    ["a card of 12 GB", withVram(12282), "gemma3:12b"],
    ["a card of 16 GB", withVram(16376), "gpt-oss:20b"],
    ["a card of 24 GB", withVram(24564), "gemma3:27b"],
    ["two cards of 24 GB", withVram(24564, 24564), "gemma3:27b"],
    ["an H100", withVram(81559), "gpt-oss:120b"],
    ["a card of 24 GB of AMD's", amdHost(), "gemma3:27b"],
    ["a GPU that shares the CPU's memory, as a CPU does", withVram(null), "llama3.2:3b"],
    ["a CPU with 64 GB", gpuHost(), "llama3.2:3b"],
    ["a CPU with 4 GB", gpuHost(memory(4 * GIB)), "llama3.2:1b"],
    ["a host of unknown memory", gpuHost(memory(null)), "llama3.2:1b"],
  ])("for %s", (_what, facts, name) => {
    expect(settingsOf(facts, ["ollama"]).models).toEqual([{ name }]);
  });

  const cut = (uuid: string, ...sizes: readonly number[]) =>
    reportedGpu(uuid, {
      memory_total_mib: 81559,
      mig: {
        enabled: true,
        devices: sizes.map((memory_total_mib, index) => ({
          uuid: index === 0 ? MIG_1 : MIG_2,
          memory_total_mib,
        })),
      },
    });

  test.each<[string, readonly string[], readonly ReportedGpu[], string]>([
    ["of a partitioned one its largest instance", [], [cut(GPU_A, 4864, 20096)], "gpt-oss:20b"],
    ["of two partitioned ones one instance", [], [cut(GPU_A, 9984), cut(GPU_B, 9984)], "gemma3:4b"],
    ["whole ones before instances", [], [cut(GPU_A, 9984), reportedGpu(GPU_B)], "gemma3:27b"],
    ["one in MIG mode without instances is none", [], [cut(GPU_A)], "llama3.2:3b"],
    ["the named instance", [MIG_1], [cut(GPU_A, 4864, 20096)], "llama3.2:3b"],
    [
      "the named one",
      [GPU_B],
      [reportedGpu(GPU_A), reportedGpu(GPU_B, { memory_total_mib: 8188 })],
      "gemma3:4b",
    ],
  ])("of GPUs count: %s", (_what, gpuDevices, gpus, name) => {
    const { models } = propose(nvidiaHost({ gpus: [...gpus] }), ["ollama"], gpuDevices).settings;
    expect(models).toEqual([{ name }]);
  });

  test("of AMD's the named ones count", () => {
    const small = renderNode("renderD130", "amd", { memoryTotalMib: 8188 });
    const facts = amdHost({ renderNodes: [...amdHost().renderNodes, small] });
    const { models } = propose(facts, ["ollama"], ["renderD130"]).settings;
    expect(models).toEqual([{ name: "gemma3:4b" }]);
  });

  test("with one for documents, where people chat", () => {
    expect(settingsOf(nvidiaHost()).models).toEqual([
      { name: "gemma3:27b" },
      { name: "nomic-embed-text" },
    ]);
  });

  test("none without Ollama", () => {
    expect(settingsOf(nvidiaHost(), ["openwebui", "localai"]).models).toEqual([]);
  });

  test("of the table have names that Ollama takes, fit their memory, and grow with it", () => {
    for (const { name, gigabytes, fromMib } of EXAMPLE_MODELS) {
      expect(modelNameFault(name)).toBeUndefined();
      if (fromMib > 0) expect(gigabytes * 1e9).toBeLessThan(fromMib * 1024 ** 2);
    }
    const sorted = [...EXAMPLE_MODELS].sort((one, other) => one.fromMib - other.fromMib);
    expect(sorted).toEqual(EXAMPLE_MODELS);
    expect(exampleModel(Number.MAX_SAFE_INTEGER, 0)).toBe(EXAMPLE_MODELS.at(-1));
  });
});

test.each<[string, GpuFacts, string]>([
  [
    "NVIDIA's cards",
    nvidiaHost(),
    "NVIDIA GeForce RTX 4090 (24564 MiB), NVIDIA GeForce RTX 4090 (24564 MiB), driver 580.95.05, CUDA 13.0, 65536 MiB of memory",
  ],
  [
    "others' nodes",
    amdHost(),
    "renderD128 of amd (24560 MiB), renderD129 of intel, 65536 MiB of memory",
  ],
  ["none", gpuHost(memory(null)), "no GPU"],
])("what was seen is told on one line: %s", (_what, facts, seen) => {
  expect(propose(facts, ALL).seen).toBe(seen);
});

describe("the stack file", () => {
  const SETTINGS = settingsOf(nvidiaHost());

  test("to paste", () => {
    expect(printSettings(SETTINGS)).toBe(`config:
  aistack:gpu: nvidia
  aistack:gpuMode: cdi
  aistack:limits:
    ollama: { memory: 35g }
    localai: { memory: 17g }
  aistack:models:
    - name: gemma3:27b
    - name: nomic-embed-text
`);
  });

  test("keeps its comments and other keys, and what its user decided", () => {
    const before = `# The box in the attic.
config:
  aistack:profile: standard-gpu # all of it

  # None until the card is here.
  aistack:gpu: none
  aistack:models:
    # made by the build
    - name: tiny
      from: file:models/tiny.gguf
  docker:host: unix:///a/very/long/path/that/a/writer/of/yaml/would/fold/at/eighty/columns/if/it/were/allowed/to.sock
encryptionsalt: v1:abc=:v1:def=
`;
    const { text, kept } = editStackFile(before, SETTINGS);
    expect(text).toBe(
      before.replace("aistack:gpu: none", "aistack:gpu: nvidia").replace(
        "encryptionsalt",
        `  aistack:gpuMode: cdi
  aistack:limits:
    ollama: { memory: 35g }
    localai: { memory: 17g }
encryptionsalt`,
      ),
    );
    expect(kept).toEqual(["aistack:models"]);
  });

  test("is the same when it is written again, and limits stay then", () => {
    const once = editStackFile("", SETTINGS).text;
    expect(editStackFile(once, SETTINGS)).toEqual({
      text: once,
      kept: ["aistack:limits", "aistack:models"],
    });
  });

  test.each([
    ["nothing", ""],
    ["a comment alone", "# mine\n"],
    ["an empty configuration", "config:\n"],
    ["an empty mapping", "config: {}\n"],
  ])("may hold %s", (_what, before) => {
    const { text } = editStackFile(before, { gpu: "amd", limits: {}, models: [] });
    const { value } = parseYaml("s.yaml", text);
    expect(value).toEqual({ config: { "aistack:gpu": "amd" } });
    if (before.startsWith("#")) expect(text).toContain("# mine");
  });

  test("says what settings accept", () => {
    const { value } = parseYaml("s.yaml", printSettings(SETTINGS));
    const config = value?.config as Record<string, unknown>;
    const read = readSettings(
      Object.fromEntries(Object.entries(config).map(([key, one]) => [key.slice(8), one])),
      parseYaml("s.yaml", ""),
    );
    expect(read).toMatchObject(SETTINGS);
  });
});

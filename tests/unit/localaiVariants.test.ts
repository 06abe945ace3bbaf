// LocalAI chooses a backend's build when it installs it, so another kind of GPU needs another installation.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ensureLocalai } from "../../cli/models/ensureLocalai";
import { gatherLocalaiFacts } from "../../host/localaiFacts";
import { describeChanges, describeDrift, describeReplacements } from "../../plan/differences";
import type { GpuFacts } from "../../plan/gpuFacts";
import { applyGpu } from "../../plan/gpuPlan";
import type { LocalaiSpec } from "../../plan/localaiModels";
import { resolveStack } from "../../plan/resolve";
import { StandInService } from "../support/gates/standInService";
import { StandInLocalai } from "../support/localai/standInLocalai";
import { amdHost, gpuHost, nvidiaHost } from "../support/plan/hostGpus";
import { hostFacts } from "../support/plan/hostOutput";
import { planStandard } from "../support/plan/stack";

const DECLARED = { services: ["localai"], localai: { backends: ["whisper"] } };
const CPU = "backend of the gallery: whisper";
const RECORD = "backend-whisper.json";

describe("the variant that a plan chooses", () => {
  const variantOf = (config: object, facts: GpuFacts) =>
    applyGpu(planStandard({ ...DECLARED, ...config }), facts).services[0]?.variant;

  test.each([
    ["none without GPUs", {}, gpuHost(), undefined],
    ["that of the vendor", { gpu: "amd" }, amdHost(), "amd"],
    ["that of the driver's CUDA", { gpu: "nvidia" }, nvidiaHost(), "nvidia-cuda-13"],
    ["none where the GPU is away", { gpu: "nvidia", gpuRequired: false }, gpuHost(), undefined],
    [
      "the vendor where the image is the user's own",
      { gpu: "nvidia", images: { overrides: { localai: "own/localai:v4.10.0" } } },
      nvidiaHost(),
      "nvidia",
    ],
  ])("is %s", (_what, config, facts, expected) => {
    expect(variantOf(config, facts)).toBe(expected);
  });
});

describe("what an update would do to a backend that is there", () => {
  const told = (config: object, host: GpuFacts, origin: string) => {
    const facts = hostFacts();
    const resolved = resolveStack({
      plan: applyGpu(planStandard({ ...DECLARED, ...config }), host),
      facts,
      fileHashes: {},
      records: {},
      recordFolder: "",
      localaiFacts: { models: [], backends: ["whisper"], builds: {} },
      localaiRecords: { [RECORD]: origin },
      secrets: {},
      now: new Date(0),
    });
    const changes = describeChanges(resolved, facts).filter((line) => line.includes("of LocalAI"));
    expect(describeReplacements(resolved)).toEqual(changes);
    expect(describeDrift(resolved)).toEqual([]);
    return changes;
  };

  test.each([
    ["a GPU that is new", { gpu: "nvidia" }, nvidiaHost(), CPU, "for nvidia-cuda-13"],
    ["another vendor", { gpu: "amd" }, amdHost(), `${CPU}, for nvidia-cuda-13`, "for amd"],
    ["no GPU any more", {}, gpuHost(), `${CPU}, for amd`, "for the CPU"],
  ])("%s", (_what, config, host, origin, target) => {
    expect(told(config, host, origin)).toEqual([
      `backend whisper of LocalAI is to be installed anew, ${target}`,
    ]);
  });

  test("nothing on the CPU, where an earlier version installed it", () => {
    expect(told({}, gpuHost(), CPU)).toEqual([]);
  });

  test("nothing on the GPU that it was installed for", () => {
    expect(told({ gpu: "amd" }, amdHost(), `${CPU}, for amd`)).toEqual([]);
  });
});

describe("an update", () => {
  const localai = new StandInLocalai();
  let log: string[];
  beforeAll(() => localai.start());
  afterAll(() => localai.remove());
  beforeEach(() => {
    log = [];
  });

  const recordOf = (name: string) => join(localai.folder, `${name}.json`);
  const recorded = (name: string) => readFileSync(recordOf(name), "utf8");
  const ensure = (
    name: string,
    { kind = "backend", variant, url = localai.url }: Partial<LocalaiSpec & { url: string }> = {},
  ) =>
    ensureLocalai({
      spec: { kind, name, from: undefined, variant },
      url,
      hostUrl: "http://127.0.0.1:8080",
      apiKey: localai.apiKey,
      container: "aistack-localai",
      recordFile: recordOf(name),
      log: (line) => log.push(line),
      pollMs: 2,
    });
  const buildOf = async (name: string) =>
    (await gatherLocalaiFacts(localai.url, localai.apiKey))?.builds[name];

  test("installs a backend anew that is there for the CPU, and only once", async () => {
    await ensure("whisper");
    await ensure("stand-in-chat", { kind: "model" });
    await localai.stop();
    await localai.start({ STAND_IN_HARDWARE: "cuda12" });
    // As earlier versions wrote it.
    writeFileSync(recordOf("whisper"), `{"origin":"${CPU}"}\n`);
    const variant = "nvidia-cuda-12";
    expect(await ensure("whisper", { variant })).toBe(`${CPU}, for nvidia-cuda-12`);
    expect(log.at(-1)).toBe("whisper: completed");
    expect(await buildOf("whisper")).toBe("cuda12-whisper");
    expect(recorded("whisper")).toBe(`{"origin":"${CPU}, for nvidia-cuda-12"}\n`);
    log.length = 0;
    await ensure("whisper", { variant });
    expect(log).toEqual(["whisper is there already"]);
  });

  test("so it does with one that a model brought along, once it is declared", async () => {
    expect(await buildOf("llama-cpp")).toBe("cpu-llama-cpp");
    await ensure("llama-cpp", { variant: "nvidia-cuda-12" });
    expect(await buildOf("llama-cpp")).toBe("cuda12-llama-cpp");
  });

  test("and back, on the CPU", async () => {
    await localai.stop();
    await localai.start();
    await ensure("whisper");
    expect(await buildOf("whisper")).toBe("cpu-whisper");
    expect(recorded("whisper")).toBe(`{"origin":"${CPU}"}\n`);
  });

  test("forces what LocalAI would leave as it is, and nothing else", async () => {
    const service = new StandInService();
    await service.listen();
    const bodies: unknown[] = [];
    let backends: object[] = [];
    service.answers = {
      "GET /v1/models": () => ({ body: { data: [] } }),
      "GET /backends": () => ({ body: backends }),
      "POST /backends/apply": ({ body }) => {
        bodies.push(body);
        backends = [{ Name: "piper" }];
        return { body: { id: "1" } };
      },
      "GET /backends/jobs/1": () => ({
        body: { processed: true, cancelled: false, message: "completed", file_name: "" },
      }),
    };
    await ensure("piper", { url: service.url });
    await ensure("piper", { url: service.url });
    await ensure("piper", { url: service.url, variant: "amd" });
    expect(bodies).toEqual([{ id: "piper" }, { id: "piper", force: true }]);
    await service.close();
  });
});

import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import { imageForGpu } from "../../plan/gpuPlan";
import { chooseSavedImages, type SavedVariants } from "../../plan/savedImages";
import { planMinimal, planStandard } from "../support/plan/stack";

const LOCALAI = "localai/localai:v4.10.0";
const OLLAMA = "ollama/ollama:0.34.3";
const WEBUI = expect.stringMatching(/^\S+\/open-webui:/);

const chosen = (gpu: string, variants: SavedVariants) => {
  const { images, problems } = chooseSavedImages(planStandard({ gpu }).services, variants);
  expect(problems).toEqual([]);
  return images.map(({ reference }) => reference).sort();
};

describe("what is saved for a host with another GPU", () => {
  test("one kind: what each service runs there", () => {
    expect(chosen("nvidia", ["nvidia-cuda-13"])).toEqual([
      WEBUI,
      `${LOCALAI}-gpu-nvidia-cuda-13`,
      OLLAMA,
    ]);
    expect(chosen("amd", ["amd"])).toEqual([WEBUI, `${LOCALAI}-gpu-hipblas`, `${OLLAMA}-rocm`]);
  });

  test("several kinds: each image once", () => {
    expect(chosen("nvidia", ["nvidia-cuda-12", "nvidia-cuda-13"])).toEqual([
      WEBUI,
      `${LOCALAI}-gpu-nvidia-cuda-12`,
      `${LOCALAI}-gpu-nvidia-cuda-13`,
      OLLAMA,
    ]);
  });

  test("all kinds, and none", () => {
    expect(chosen("nvidia", "all")).toEqual([
      WEBUI,
      LOCALAI,
      `${LOCALAI}-gpu-nvidia-cuda-12`,
      `${LOCALAI}-gpu-nvidia-cuda-13`,
      OLLAMA,
    ]);
    expect(chosen("none", "all")).toEqual([WEBUI, LOCALAI, OLLAMA]);
  });

  test.each([
    ["nvidia", "cuda", "It has: nvidia-cuda-12, nvidia-cuda-13"],
    ["nvidia", "amd", "It has: nvidia-cuda-12, nvidia-cuda-13"],
    ["none", "amd", "Set aistack:gpu to the kind of GPU that the host has"],
  ])("with gpu: %s, %s is no kind", (gpu, kind, fix) => {
    const { problems } = chooseSavedImages(planStandard({ gpu }).services, [kind]);
    expect(problems.map(formatProblem)).toEqual([
      `--variant: the stack has no images for "${kind}". ${fix}`,
    ]);
  });
});

describe("an engine that has the image of the older CUDA alone", () => {
  const on13 = (source: string, ...present: string[]) => {
    const { services } = planStandard({ gpu: "nvidia", images: { source } });
    const localai = services.find(({ name }) => name === "localai");
    if (localai === undefined) throw new Error("no LocalAI");
    return imageForGpu(localai, "nvidia-cuda-13", new Set(present)).reference;
  };
  const [OLDER, NEWER] = [`${LOCALAI}-gpu-nvidia-cuda-12`, `${LOCALAI}-gpu-nvidia-cuda-13`];

  test.each([
    ["archive", [OLDER], OLDER],
    ["auto", [OLDER], OLDER],
    ["registry", [OLDER], NEWER],
    ["auto", [OLDER, NEWER], NEWER],
    ["auto", [], NEWER],
  ])("with source %s and %j runs %s", (source, present, expected) => {
    expect(on13(source, ...present)).toBe(expected);
  });

  test("a service without images for GPUs runs its plain one", () => {
    const [ollama] = planMinimal({ gpu: "nvidia" }).services;
    if (ollama === undefined) throw new Error("no Ollama");
    expect(imageForGpu(ollama, "nvidia-cuda-13").reference).toBe(OLLAMA);
  });
});

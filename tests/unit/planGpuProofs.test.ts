import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import { judgeInside } from "../../plan/gpuInside";
import { describeGpuUse, readGpuUse } from "../../plan/gpuUse";
import { GPU_A, GPU_B, MIG_1, MIG_2 } from "../support/plan/hostGpus";

describe("what nvidia-smi lists in a container", () => {
  const card = (index: number, uuid: string) => `GPU ${index}: NVIDIA A100 (UUID: ${uuid})`;
  const told = (wanted: readonly string[], text: string, exitCode = 0) =>
    judgeInside(wanted, { exitCode, text }, "t-one").map(formatProblem);
  const STALE =
    "The CDI specification may be older than the GPUs: systemctl restart nvidia-cdi-refresh, then run it again";

  test.each<[string, string[], string]>([
    ["all of them", [GPU_A, GPU_B], `${card(0, GPU_A)} ${card(1, GPU_B)}`],
    ["the one that was given", [GPU_B], card(0, GPU_B)],
    [
      "an instance, below the GPU that it is a part of",
      [MIG_1],
      `${card(0, GPU_A)} MIG 1g.5gb Device 0: (UUID: ${MIG_1})`,
    ],
  ])("is right: %s", (_what, wanted, text) => {
    expect(told(wanted, text)).toEqual([]);
  });

  test.each<[string, string[], string, string[]]>([
    [
      "one is missing",
      [GPU_A, GPU_B],
      card(0, GPU_A),
      [`t-one: it does not see ${GPU_B}; it sees ${GPU_A}. ${STALE}`],
    ],
    ["none is there", [GPU_A], "", [`t-one: it does not see ${GPU_A}; it sees none. ${STALE}`]],
    [
      "an instance is missing",
      [MIG_1, MIG_2],
      `${card(0, GPU_A)} MIG 1g.5gb Device 0: (UUID: ${MIG_1})`,
      [`t-one: it does not see ${MIG_2}; it sees ${GPU_A}, ${MIG_1}. ${STALE}`],
    ],
    [
      "one was not given",
      [GPU_A],
      `${card(0, GPU_A)} ${card(1, GPU_B)}`,
      [
        `t-one: it sees GPUs that it was not given: ${GPU_B}. ` +
          "See whether the engine's default runtime adds them: docker info --format '{{.DefaultRuntime}}'",
      ],
    ],
  ])("is wrong: %s", (_what, wanted, text, problems) => {
    expect(told(wanted, text)).toEqual(problems);
  });

  test.each<[number, string, string]>([
    [
      255,
      "Failed to initialize NVML: Unknown Error",
      "t-one: it cannot reach its GPUs: Failed to initialize NVML: Unknown Error. A systemctl daemon-reload takes " +
        "them away from a running container, and a restart gives them back; here it did not. " +
        "See what the host says with: nvidia-smi. aistack:gpuMode: cdi keeps them",
    ],
    [
      127,
      'exec: "nvidia-smi": executable file not found in $PATH',
      't-one: it cannot reach its GPUs: exec: "nvidia-smi": executable file not found in $PATH. nvidia-smi is not in ' +
        "the container: the container toolkit did not add the driver's tools. Update the toolkit",
    ],
    [
      9,
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
      "t-one: it cannot reach its GPUs: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA " +
        "driver. See what the host says with: nvidia-smi",
    ],
    [
      1,
      "",
      "t-one: it cannot reach its GPUs: nvidia-smi ended with 1. See what the host says with: nvidia-smi",
    ],
  ])("ended with %d: %s", (exitCode, text, problem) => {
    expect(told([GPU_A], text, exitCode)).toEqual([problem]);
  });
});

describe("where a model computes", () => {
  const answer = (size: number, size_vram: number | undefined) => ({
    models: [
      { name: "other:latest", size: 1, size_vram: 1 },
      { name: "llama3.2:1b", size, size_vram },
    ],
  });
  const GIB = 1024 ** 3;

  test.each<[number, number | undefined, string]>([
    [2 * GIB, 2 * GIB, "llama3.2:1b computes on the GPU (2.0 GiB)"],
    [
      3 * GIB,
      2 * GIB,
      "llama3.2:1b computes on the GPU for 66 % of 3.0 GiB and on the CPU for the rest, since it does not fit",
    ],
    [2 * GIB, 0, "llama3.2:1b computes on the CPU alone"],
    [2 * GIB, undefined, "llama3.2:1b computes on the CPU alone"],
  ])("of %d bytes with %s of them in VRAM", (size, vram, told) => {
    const use = readGpuUse(answer(size, vram), "llama3.2:1b");
    expect(use).toEqual({ model: "llama3.2:1b", bytes: size, vramBytes: vram ?? 0 });
    expect(use && describeGpuUse(use)).toBe(told);
  });

  test.each([[{ models: [] }], [{}], [null], ["no JSON"], [{ models: [null, 1] }]])(
    "is not told by %j",
    (given) => {
      expect(readGpuUse(given, "llama3.2:1b")).toBeUndefined();
    },
  );
});

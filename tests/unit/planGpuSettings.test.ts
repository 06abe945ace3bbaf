import { describe, expect, test } from "vitest";
import { decodeStackFile } from "../../plan/configKeys";
import { readSettings } from "../../plan/settings";
import { parseYaml } from "../../plan/yamlDocument";
import { GPU_A, GPU_B, MIG_1 } from "../support/plan/hostGpus";
import { problemsOf } from "../support/plan/problems";
import { settings } from "../support/plan/settings";

const UUID_FIX = "Name NVIDIA GPUs by their UUIDs (nvidia-smi -L lists them)";

/** What is told of a stack file with these lines under `config:`. */
function told(...lines: readonly string[]): string[] {
  const file = parseYaml(
    "s.yaml",
    `config:\n${lines.map((line) => `  aistack:${line}\n`).join("")}`,
  );
  return problemsOf(() => readSettings(decodeStackFile(file.value), file));
}

describe("accepted are", () => {
  test.each<[string, readonly string[]]>([
    ["nvidia", [GPU_A, GPU_B, MIG_1]],
    ["amd", ["renderD128", "renderD129"]],
    ["intel", ["renderD128"]],
  ])("GPUs of %s by %j", (gpu, gpuDevices) => {
    expect(settings({ gpu, gpuDevices })).toMatchObject({ gpu, gpuDevices });
  });

  test("a mode that says nothing to the vendor", () => {
    expect(settings({ gpu: "amd", gpuMode: "runtime" }).gpuMode).toBe("runtime");
  });
});

describe("refused are", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      "GPUs that nobody gets",
      ["gpuDevices: [renderD128]"],
      [
        "s.yaml:2: aistack:gpuDevices: GPUs are named, but aistack:gpu is none, so no service gets them. " +
          "Set aistack:gpu to nvidia, amd or intel, or remove aistack:gpuDevices",
      ],
    ],
    [
      "a render node for NVIDIA",
      ["gpu: nvidia", "gpuDevices: [renderD128]"],
      [
        `s.yaml:3: aistack:gpuDevices[0]: "renderD128" does not fit aistack:gpu: nvidia. ${UUID_FIX}`,
      ],
    ],
    [
      "a UUID for AMD",
      ["gpu: amd", `gpuDevices: [renderD128, ${GPU_A}]`],
      [
        `s.yaml:3: aistack:gpuDevices[1]: "${GPU_A}" does not fit aistack:gpu: amd. ` +
          "Name AMD GPUs by their render nodes (ls /dev/dri lists them)",
      ],
    ],
    [
      "an instance for Intel",
      ["gpu: intel", `gpuDevices: [${MIG_1}]`],
      [
        `s.yaml:3: aistack:gpuDevices[0]: "${MIG_1}" does not fit aistack:gpu: intel. ` +
          "Name Intel GPUs by their render nodes (ls /dev/dri lists them)",
      ],
    ],
    [
      "one GPU named twice, and one of another form: both at once",
      ["gpu: nvidia", `gpuDevices: [${GPU_A}, renderD128, ${GPU_A}]`],
      [
        `s.yaml:3: aistack:gpuDevices[1]: "renderD128" does not fit aistack:gpu: nvidia. ${UUID_FIX}`,
        `s.yaml:3: aistack:gpuDevices[2]: "${GPU_A}" is named twice. Remove one of them`,
      ],
    ],
  ])("%s", (_what, lines, problems) => {
    expect(told(...lines)).toEqual(problems);
  });
});

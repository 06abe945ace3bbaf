import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import type { GpuFacts, GpuProblem } from "../../plan/gpuFacts";
import { checkGpu, errorsOf, type GpuRequirement } from "../../plan/gpuRequirement";
import {
  amdHost,
  GPU_A,
  GPU_B,
  gpuHost,
  MIG_1,
  MIG_2,
  nvidiaHost,
  renderNode,
  reportedGpu,
} from "../support/plan/hostGpus";

const WANTED: GpuRequirement = {
  gpu: "nvidia",
  gpuMode: "cdi",
  gpuDevices: [],
  gpuRequired: true,
  minVramMiB: 0,
};

function told(wanted: Partial<GpuRequirement>, facts: GpuFacts): string[] {
  return checkGpu({ ...WANTED, ...wanted }, facts).map(formatProblem);
}

const toolkit = (cdi: boolean, runtime: boolean) => ({
  toolkit: { installed: true, version: "1.20.0", runtime, cdi },
});

/** A host on which the second GPU is cut in two. */
const MIG_HOST = nvidiaHost(
  {
    gpus: [
      reportedGpu(GPU_A),
      reportedGpu(GPU_B, {
        index: 1,
        mig: {
          enabled: true,
          devices: [
            { uuid: MIG_1, memory_total_mib: 10000 },
            { uuid: MIG_2, memory_total_mib: 5000 },
          ],
        },
      }),
    ],
  },
  {
    toolkit: {
      ...nvidiaHost().toolkit,
      cdiDevices: ["all", GPU_A, MIG_1, MIG_2].map((name) => `nvidia.com/gpu=${name}`),
    },
  },
);

const WRITE_CDI =
  "sudo mkdir -p /var/run/cdi && sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml";

describe("a host that has what is wanted", () => {
  test.each<[string, Partial<GpuRequirement>, GpuFacts]>([
    ["all of NVIDIA's", {}, nvidiaHost()],
    ["in mode runtime", { gpuMode: "runtime" }, nvidiaHost(toolkit(false, true))],
    ["one by its UUID", { gpuDevices: [GPU_B] }, nvidiaHost()],
    ["an instance", { gpuDevices: [MIG_2] }, MIG_HOST],
    ["a GPU of just the memory", { minVramMiB: 24564 }, nvidiaHost()],
    [
      "a GPU that shares the CPU's memory, whatever is asked for",
      { minVramMiB: 999_999 },
      nvidiaHost({ gpus: [reportedGpu(GPU_A, { memory_total_mib: null })] }),
    ],
    ["only named GPUs that are large enough", { gpuDevices: [MIG_1], minVramMiB: 8000 }, MIG_HOST],
    [
      "GPUs that are large enough beside one in MIG mode, which nobody gets as a whole",
      { minVramMiB: 24000 },
      nvidiaHost({
        gpus: [
          reportedGpu(GPU_A),
          reportedGpu(GPU_B, { memory_total_mib: 8000, mig: { enabled: true, devices: [] } }),
        ],
      }),
    ],
    ["AMD's", { gpu: "amd" }, amdHost()],
    ["one of AMD's", { gpu: "amd", gpuDevices: ["renderD128"], minVramMiB: 24560 }, amdHost()],
    ["Intel's, whose memory nobody tells", { gpu: "intel", minVramMiB: 1 }, amdHost()],
    [
      "one whose specification names no GPU by UUID, as an older toolkit's",
      { gpuDevices: [GPU_B] },
      nvidiaHost({}, { toolkit: { ...nvidiaHost().toolkit, cdiDevices: [] } }),
    ],
  ])("%s", (_what, wanted, facts) => {
    expect(told(wanted, facts)).toEqual([]);
  });
});

describe("a host of NVIDIA's without what is wanted", () => {
  test.each<[string, Partial<GpuRequirement>, GpuFacts, readonly string[]]>([
    [
      "no GPU at all",
      {},
      gpuHost(),
      [
        "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
      ],
    ],
    [
      "no CDI specification",
      {},
      nvidiaHost(toolkit(false, true)),
      [
        `aistack:gpuMode: there is no CDI specification of the GPUs. Write one: ${WRITE_CDI}. ` +
          "Or set aistack:gpuMode: runtime, which this host has",
      ],
    ],
    [
      "an engine before CDI",
      {},
      nvidiaHost(toolkit(false, true), {
        toolkit: { ...nvidiaHost().toolkit, engineReadsCdi: false },
      }),
      [
        "aistack:gpuMode: the engine reads no CDI specifications. " +
          "Set aistack:gpuMode: runtime, which this host has",
      ],
    ],
    [
      "no runtime",
      { gpuMode: "runtime" },
      nvidiaHost(toolkit(true, false)),
      [
        'aistack:gpuMode: the engine has no runtime "nvidia". Set aistack:gpuMode: cdi, which this host has',
      ],
    ],
    [
      "an engine that does not answer",
      {},
      nvidiaHost(toolkit(false, false), { engine: undefined }),
      [
        "aistack:gpuMode: the Docker engine does not answer, so nobody can tell whether it hands GPUs over. " +
          "Look at it with: systemctl status docker",
      ],
    ],
    [
      "two named GPUs that are elsewhere",
      { gpuDevices: [MIG_1, GPU_A, MIG_2] },
      nvidiaHost(),
      [
        `aistack:gpuDevices[0]: this host has no GPU "${MIG_1}". It has: ${GPU_A}, ${GPU_B}`,
        `aistack:gpuDevices[2]: this host has no GPU "${MIG_2}". It has: ${GPU_A}, ${GPU_B}`,
      ],
    ],
    [
      "a named GPU that the CDI specification does not know yet",
      { gpuDevices: [GPU_B] },
      nvidiaHost(
        {},
        { toolkit: { ...nvidiaHost().toolkit, cdiDevices: [`nvidia.com/gpu=${GPU_A}`] } },
      ),
      [
        `aistack:gpuDevices: the CDI specification does not name ${GPU_B}. Write it anew: ${WRITE_CDI}`,
      ],
    ],
    [
      "a GPU that is partitioned, named as a whole",
      { gpuDevices: [GPU_B] },
      MIG_HOST,
      [
        `aistack:gpuDevices: the CDI specification does not name ${GPU_B}. Write it anew: ${WRITE_CDI}`,
      ],
    ],
    [
      "enough memory: of a partitioned GPU its instances count",
      { minVramMiB: 8000 },
      MIG_HOST,
      [
        `aistack:minVramMiB: ${MIG_2} has 5000 MiB of memory, not the 8000 MiB that are wanted. ` +
          "Lower aistack:minVramMiB, or name other GPUs under aistack:gpuDevices",
      ],
    ],
    [
      "enough memory in the named one",
      { gpuDevices: [GPU_A], minVramMiB: 24565 },
      nvidiaHost(),
      [
        `aistack:minVramMiB: ${GPU_A} has 24564 MiB of memory, not the 24565 MiB that are wanted. ` +
          "Lower aistack:minVramMiB, or name other GPUs under aistack:gpuDevices",
      ],
    ],
  ])("%s", (_what, wanted, facts, problems) => {
    expect(told(wanted, facts)).toEqual(problems);
    expect(errorsOf(checkGpu({ ...WANTED, ...wanted }, facts))).toHaveLength(problems.length);
  });
});

describe("what the probe found wrong", () => {
  const fault = (severity: GpuProblem["severity"]): GpuProblem => ({
    severity,
    what: "the driver is odd",
    where: "NVIDIA driver",
    fix: "Mend it",
  });

  test("comes alone, where it keeps GPUs away: nothing else can be told then", () => {
    const facts = gpuHost({ problems: [fault("error"), fault("warning")] });
    expect(checkGpu({ ...WANTED, gpuDevices: [GPU_A] }, facts)).toEqual([
      fault("error"),
      fault("warning"),
    ]);
  });

  test("comes beside what is missing, where it does not", () => {
    const facts = nvidiaHost({}, { problems: [fault("warning")] });
    expect(told({ minVramMiB: 24565, gpuDevices: [GPU_A] }, facts)).toEqual([
      "NVIDIA driver: the driver is odd. Mend it",
      `aistack:minVramMiB: ${GPU_A} has 24564 MiB of memory, not the 24565 MiB that are wanted. ` +
        "Lower aistack:minVramMiB, or name other GPUs under aistack:gpuDevices",
    ]);
  });

  test("does not matter to another vendor's GPUs", () => {
    expect(told({ gpu: "amd" }, amdHost({ problems: [fault("error")] }))).toEqual([]);
  });
});

describe("a host of another vendor's without what is wanted", () => {
  test.each<[string, Partial<GpuRequirement>, GpuFacts, readonly string[]]>([
    [
      "none of AMD's",
      { gpu: "amd" },
      nvidiaHost(),
      [
        "GPU: there is no GPU of AMD's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
      ],
    ],
    [
      "none of Intel's",
      { gpu: "intel" },
      gpuHost({ renderNodes: [renderNode("renderD128", "amd")] }),
      [
        "GPU: there is no GPU of Intel's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
      ],
    ],
    [
      "no /dev/kfd",
      { gpu: "amd" },
      amdHost({ kfd: undefined }),
      [
        "GPU: an AMD GPU is there, but not /dev/kfd, by which it computes. " +
          "Load its driver: sudo modprobe amdgpu; sudo dmesg | grep -i kfd",
      ],
    ],
    [
      "a node of another vendor, and one that is not there",
      { gpu: "amd", gpuDevices: ["renderD129", "renderD130"] },
      amdHost(),
      [
        'aistack:gpuDevices[0]: "renderD129" is a GPU of another vendor (intel). It has: renderD128',
        'aistack:gpuDevices[1]: this host has no GPU "renderD130". It has: renderD128',
      ],
    ],
    [
      "enough memory",
      { gpu: "amd", minVramMiB: 30000 },
      amdHost(),
      [
        "aistack:minVramMiB: renderD128 has 24560 MiB of memory, not the 30000 MiB that are wanted. " +
          "Lower aistack:minVramMiB, or name other GPUs under aistack:gpuDevices",
      ],
    ],
  ])("%s", (_what, wanted, facts, problems) => {
    expect(told(wanted, facts)).toEqual(problems);
  });
});

import { describe, expect, test } from "vitest";
import type { GpuFacts } from "../../plan/gpuFacts";
import { requestGpu } from "../../plan/gpuRequest";
import {
  amdHost,
  GPU_A,
  GPU_B,
  gpuHost,
  MIG_1,
  nvidiaHost,
  renderNode,
} from "../support/plan/hostGpus";
import { settings } from "../support/plan/settings";

const request = (config: Readonly<Record<string, unknown>>, facts: GpuFacts | undefined) =>
  requestGpu(settings(config), facts);

const NOTHING = {
  deviceRequests: [],
  runtime: undefined,
  devices: [],
  groupAdds: [],
  environment: {},
  variantKey: undefined,
};

const cdi = (...names: string[]) => ({
  ...NOTHING,
  deviceRequests: [{ driver: "cdi", deviceIds: names.map((name) => `nvidia.com/gpu=${name}`) }],
  variantKey: "nvidia-cuda-13",
});

const runtime = (visible: string) => ({
  ...NOTHING,
  runtime: "nvidia",
  environment: {
    NVIDIA_VISIBLE_DEVICES: visible,
    NVIDIA_DRIVER_CAPABILITIES: "compute,utility",
  },
  variantKey: "nvidia-cuda-13",
});

const render = (vendor: "amd" | "intel", devices: string[], groupAdds: string[]) => ({
  ...NOTHING,
  devices,
  groupAdds,
  variantKey: vendor,
});

describe("every vendor, mode and subset", () => {
  test.each<[string, Record<string, unknown>, GpuFacts | undefined, object]>([
    ["none", {}, nvidiaHost(), NOTHING],
    ["none, in mode runtime", { gpuMode: "runtime" }, nvidiaHost(), NOTHING],
    ["nvidia by CDI, all", { gpu: "nvidia" }, nvidiaHost(), cdi("all")],
    ["nvidia by CDI, one", { gpu: "nvidia", gpuDevices: [GPU_B] }, nvidiaHost(), cdi(GPU_B)],
    [
      "nvidia by CDI, several, sorted as the provider's set is compared",
      { gpu: "nvidia", gpuDevices: [GPU_B, GPU_A] },
      nvidiaHost(),
      cdi(GPU_A, GPU_B),
    ],
    [
      "nvidia by CDI, an instance",
      { gpu: "nvidia", gpuDevices: [MIG_1] },
      nvidiaHost(),
      cdi(MIG_1),
    ],
    [
      "nvidia by the runtime, all",
      { gpu: "nvidia", gpuMode: "runtime" },
      nvidiaHost(),
      runtime("all"),
    ],
    [
      "nvidia by the runtime, several",
      { gpu: "nvidia", gpuMode: "runtime", gpuDevices: [GPU_B, GPU_A] },
      nvidiaHost(),
      runtime(`${GPU_A},${GPU_B}`),
    ],
    [
      "nvidia by the runtime, an instance",
      { gpu: "nvidia", gpuMode: "runtime", gpuDevices: [MIG_1] },
      nvidiaHost(),
      runtime(MIG_1),
    ],
    ["amd, all", { gpu: "amd" }, amdHost(), render("amd", ["/dev/kfd", "/dev/dri"], ["992"])],
    [
      "amd, whose mode says nothing",
      { gpu: "amd", gpuMode: "runtime" },
      amdHost(),
      render("amd", ["/dev/kfd", "/dev/dri"], ["992"]),
    ],
    [
      "amd, one",
      { gpu: "amd", gpuDevices: ["renderD128"] },
      amdHost(),
      render("amd", ["/dev/kfd", "/dev/dri/renderD128"], ["992"]),
    ],
    ["amd, not looked at", { gpu: "amd" }, undefined, render("amd", ["/dev/kfd", "/dev/dri"], [])],
    ["intel, all", { gpu: "intel" }, amdHost(), render("intel", ["/dev/dri"], ["992"])],
    [
      "intel, two, sorted",
      { gpu: "intel", gpuDevices: ["renderD129", "renderD128"] },
      amdHost(),
      render("intel", ["/dev/dri/renderD128", "/dev/dri/renderD129"], ["992"]),
    ],
    ["intel, not looked at", { gpu: "intel" }, undefined, render("intel", ["/dev/dri"], [])],
  ])("%s", (_what, config, facts, expected) => {
    expect(request(config, facts)).toStrictEqual(expected);
  });
});

describe("groups", () => {
  const groups = (kfd: number, ...nodes: number[]) =>
    request(
      { gpu: "amd" },
      gpuHost({
        kfd: { path: "/dev/kfd", group: kfd },
        renderNodes: nodes.map((group, index) =>
          renderNode(`renderD${128 + index}`, "amd", { group }),
        ),
      }),
    ).groupAdds;

  test("each once, in the order of their numbers", () => {
    expect(groups(1001, 992, 44, 992)).toEqual(["44", "992", "1001"]);
  });

  test("root's is not joined: its processes are in it", () => {
    expect(groups(0, 0)).toEqual([]);
  });

  test("those of another vendor's nodes are not joined", () => {
    const facts = amdHost({
      renderNodes: [
        renderNode("renderD128", "amd", { group: 992 }),
        renderNode("renderD129", "intel", { group: 500 }),
      ],
    });
    expect(request({ gpu: "amd" }, facts).groupAdds).toEqual(["992"]);
    expect(request({ gpu: "intel" }, facts).groupAdds).toEqual(["500"]);
  });

  test("of a subset only the named nodes'", () => {
    const facts = amdHost({
      kfd: undefined,
      renderNodes: [
        renderNode("renderD128", "amd", { group: 10 }),
        renderNode("renderD129", "amd", { group: 20 }),
      ],
    });
    expect(request({ gpu: "amd", gpuDevices: ["renderD129"] }, facts).groupAdds).toEqual(["20"]);
  });
});

describe("the image for NVIDIA", () => {
  test.each<[string | null, string | null, string]>([
    ["13.0", "580.95.05", "nvidia-cuda-13"],
    ["13.1", "590.10", "nvidia-cuda-13"],
    ["14.0", "610.10", "nvidia-cuda-13"],
    ["12.8", "570.86.15", "nvidia-cuda-12"],
    // The report's CUDA version counts, whatever the driver's number.
    ["12.9", "580.95.05", "nvidia-cuda-12"],
    [null, "580.65.06", "nvidia-cuda-13"],
    [null, "579.99", "nvidia-cuda-12"],
    [null, null, "nvidia-cuda-12"],
  ])("of CUDA %s and driver %s is %s", (cuda_version, driver_version, variant) => {
    const facts = nvidiaHost({ cuda_version, driver_version });
    expect(request({ gpu: "nvidia" }, facts).variantKey).toBe(variant);
  });

  test("of a host that was not looked at is the one for the older drivers", () => {
    expect(request({ gpu: "nvidia" }, undefined).variantKey).toBe("nvidia-cuda-12");
  });
});

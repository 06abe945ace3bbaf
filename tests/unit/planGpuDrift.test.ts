import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../plan/containerSpec";
import { asksGpu, asksNvidia, gpuDifferences } from "../../plan/gpuDrift";
import { hostFacts, inspected } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

const [service] = planMinimal().services;
if (service === undefined) throw new Error("the plan has no service");
const PLAIN: ContainerSpec = service.container;

const CDI: ContainerSpec = {
  ...PLAIN,
  deviceRequests: [{ driver: "cdi", deviceIds: ["nvidia.com/gpu=all"] }],
};
const RUNTIME: ContainerSpec = { ...PLAIN, runtime: "nvidia" };
const AMD: ContainerSpec = {
  ...PLAIN,
  devices: ["/dev/kfd", "/dev/dri"],
  groupAdds: ["992", "44"],
};

const asCdi = { DeviceRequests: [{ Driver: "cdi", Count: 0, DeviceIDs: ["nvidia.com/gpu=all"] }] };
const asAmd = {
  Devices: [{ PathOnHost: "/dev/dri" }, { PathOnHost: "/dev/kfd" }],
  GroupAdd: ["44", "992"],
};

function differences(spec: ContainerSpec, HostConfig: object, ...lines: string[]): string[] {
  const facts = hostFacts(
    `container\taistack-ollama\t${JSON.stringify(inspected({ HostConfig }))}`,
    ...lines,
  );
  const seen = facts.inspectedContainers["aistack-ollama"];
  if (seen === undefined) throw new Error("the container is not there");
  return gpuDifferences(spec, seen, facts);
}

describe("a container that is as declared", () => {
  test.each<[string, ContainerSpec, object]>([
    ["without GPUs", PLAIN, { Runtime: "runc" }],
    ["without GPUs, whatever the engine's own runtime is", PLAIN, { Runtime: "nvidia" }],
    ["by CDI", CDI, asCdi],
    ["by the runtime", RUNTIME, { Runtime: "nvidia" }],
    ["by device nodes, in any order", AMD, asAmd],
  ])("%s", (_what, spec, host) => {
    expect(differences(spec, host)).toEqual([]);
  });
});

describe("a container made by hand", () => {
  test.each<[string, ContainerSpec, object, string[]]>([
    ["without the request", CDI, {}, ["GPU requests are none, not cdi: nvidia.com/gpu=all"]],
    [
      "with another GPU",
      CDI,
      { DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["nvidia.com/gpu=0"] }] },
      ["GPU requests are cdi: nvidia.com/gpu=0, not cdi: nvidia.com/gpu=all"],
    ],
    [
      "with --gpus all in its place",
      CDI,
      { DeviceRequests: [{ Driver: "", Count: -1, DeviceIDs: null }] },
      ["GPU requests are any: count -1, not cdi: nvidia.com/gpu=all"],
    ],
    [
      "with a GPU that was not declared",
      PLAIN,
      asCdi,
      ["GPU requests are cdi: nvidia.com/gpu=all, not none"],
    ],
    ["with the engine's runtime", RUNTIME, { Runtime: "runc" }, ["runtime is runc, not nvidia"]],
    [
      "without the nodes and groups",
      AMD,
      { Runtime: "runc" },
      ["devices are none, not /dev/dri, /dev/kfd", "further groups are none, not 44, 992"],
    ],
    [
      "with a node that was not declared",
      PLAIN,
      { Devices: [{ PathOnHost: "/dev/sda" }] },
      ["devices are /dev/sda, not none"],
    ],
  ])("%s", (_what, spec, host, expected) => {
    expect(differences(spec, host)).toEqual(expected);
  });
});

describe("a container that lost its GPUs while it ran", () => {
  const inside = (exitCode: number, text: string) =>
    `gpu-inside\taistack-ollama\t${exitCode}\t${text}`;

  test.each([
    "Failed to initialize NVML: Unknown Error",
    "Failed to initialize NVML: Driver/library version mismatch NVML library version: 580.95",
    "No devices were found",
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that",
  ])("is seen by what its nvidia-smi says: %s", (text) => {
    const expected = [`has lost its GPUs (${text})`];
    expect(differences(CDI, asCdi, inside(255, text))).toEqual(expected);
    expect(differences(RUNTIME, { Runtime: "nvidia" }, inside(255, text))).toEqual(expected);
  });

  test.each<[string, string]>([
    ["an answer", inside(0, "GPU 0: NVIDIA A (UUID: GPU-a)")],
    ["an image without nvidia-smi", inside(127, 'exec: "nvidia-smi": executable file not found')],
    ["a container that is stopped", inside(1, "Container c1 is not running")],
    ["another container's loss", "gpu-inside\tother\t255\tNo devices were found"],
  ])("is not what %s means", (_what, line) => {
    expect(differences(CDI, asCdi, line)).toEqual([]);
  });

  test("is none that was given no NVIDIA GPUs", () => {
    expect(differences(PLAIN, {}, inside(6, "No devices were found"))).toEqual([]);
    expect(differences(AMD, asAmd, inside(6, "No devices were found"))).toEqual([]);
  });
});

test.each<[string, ContainerSpec, boolean, boolean]>([
  ["nothing", PLAIN, false, false],
  ["CDI", CDI, true, true],
  ["the runtime", RUNTIME, true, true],
  ["device nodes", AMD, true, false],
])("a container with %s", (_what, spec, gpu, nvidia) => {
  expect([asksGpu(spec), asksNvidia(spec)]).toEqual([gpu, nvidia]);
});

import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../plan/containerSpec";
import type { GpuFacts } from "../../plan/gpuFacts";
import { applyGpu, describeGpu, gpuProblems } from "../../plan/gpuPlan";
import { planStack, type StackPlan } from "../../plan/plan";
import { readProject } from "../support/plan/composeText";
import {
  amdHost,
  GPU_A,
  GPU_B,
  gpuHost,
  MIG_1,
  nvidiaHost,
  reportedGpu,
} from "../support/plan/hostGpus";
import { settings } from "../support/plan/settings";

const DIGEST = `sha256:${"d".repeat(64)}`;

/** One service that computes on GPUs and has every image, one that has no other image, and one that does not compute. */
const COMPOSE = `name: aistack
networks: {net: {name: aistack-net}}
services:
  models:
    container_name: aistack-models
    image: models:1
    networks: [net]
    ports: ["8080:80"]
    environment: {A: b, Z: z}
    x-aistack:
      readiness: /
      endpoint: 80
      gpu: true
      variants: {nvidia-cuda-12: "models:1-cuda12", nvidia-cuda-13: "models:1-cuda13", amd: "models:1-rocm"}
  plain:
    container_name: aistack-plain
    image: plain:1
    networks: [net]
    ports: ["8081:80"]
    environment: {NVIDIA_DRIVER_CAPABILITIES: all}
    x-aistack: {readiness: /, endpoint: 80, gpu: true, variants: {nvidia-cuda-12: "plain:1-cuda12"}}
  web:
    container_name: aistack-web
    image: web:1
    networks: [net]
    ports: ["8082:80"]
    x-aistack: {readiness: /, endpoint: 80}
`;

function planOf(config: Readonly<Record<string, unknown>>): StackPlan {
  return planStack(readProject(COMPOSE), settings(config), {
    lock: { "models:1-cuda13": DIGEST },
    built: { models: "aistack.invalid/models:1" },
  });
}

const applied = (config: Readonly<Record<string, unknown>>, facts: GpuFacts) =>
  applyGpu(planOf(config), facts);

const images = (plan: StackPlan) => plan.services.map(({ image }) => image.registryName);

function containers(plan: StackPlan): Record<string, ContainerSpec> {
  return Object.fromEntries(plan.services.map(({ name, container }) => [name, container]));
}

/** What a container has beyond that of a stack without GPUs. */
function added(plan: StackPlan, name: string): Partial<ContainerSpec> {
  const without = containers(planOf({}))[name];
  return Object.fromEntries(
    Object.entries(containers(plan)[name] ?? {}).filter(
      ([key, value]) =>
        JSON.stringify(value) !== JSON.stringify(without?.[key as keyof ContainerSpec]),
    ),
  );
}

describe("a plan without GPUs", () => {
  test("is as it was, and needs no facts", () => {
    const plan = planOf({});
    expect(plan.gpu).toBeUndefined();
    expect(applyGpu(plan, undefined)).toBe(plan);
    expect(gpuProblems(plan, new Set())).toEqual([]);
    expect(describeGpu(plan, new Set())).toEqual([]);
  });

  test("is one in which no service computes on them", () => {
    const plan = planOf({ gpu: "nvidia", services: ["web"] });
    expect(plan.gpu).toBeUndefined();
  });
});

test("a plan with GPUs without facts of them is a bug", () => {
  expect(() => applyGpu(planOf({ gpu: "nvidia" }), undefined)).toThrow(
    new Error("the host's GPUs were not looked at"),
  );
});

describe("services that compute on GPUs", () => {
  test("get NVIDIA's by CDI, and the others do not", () => {
    const plan = applied({ gpu: "nvidia" }, nvidiaHost());
    const deviceRequests = [{ driver: "cdi", deviceIds: ["nvidia.com/gpu=all"] }];
    expect(added(plan, "models")).toEqual({ deviceRequests });
    expect(added(plan, "plain")).toEqual({ deviceRequests });
    expect(added(plan, "web")).toEqual({});
  });

  test("get NVIDIA's by the runtime, with variables that a Compose file does not set itself", () => {
    const plan = applied({ gpu: "nvidia", gpuMode: "runtime", gpuDevices: [GPU_A] }, nvidiaHost());
    expect(added(plan, "models")).toEqual({
      runtime: "nvidia",
      envs: [
        "A=b",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        `NVIDIA_VISIBLE_DEVICES=${GPU_A}`,
        "Z=z",
      ],
    });
    expect(added(plan, "plain").envs).toEqual([
      "NVIDIA_DRIVER_CAPABILITIES=all",
      `NVIDIA_VISIBLE_DEVICES=${GPU_A}`,
    ]);
  });

  test("get AMD's device nodes and groups", () => {
    expect(added(applied({ gpu: "amd" }, amdHost()), "models")).toEqual({
      devices: ["/dev/kfd", "/dev/dri"],
      groupAdds: ["992"],
    });
  });

  test("get nodes of root's group without a group", () => {
    const facts = amdHost({
      renderNodes: amdHost().renderNodes.map((node) => ({ ...node, group: 0 })),
    });
    expect(added(applied({ gpu: "intel" }, facts), "models")).toEqual({ devices: ["/dev/dri"] });
  });
});

describe("the image", () => {
  const cuda = (cuda_version: string) => nvidiaHost({ cuda_version });

  test.each<[string, Record<string, unknown>, GpuFacts, string[]]>([
    [
      "of CUDA 13, with its own locked digest; that of CUDA 12 where a release has none for 13",
      { gpu: "nvidia" },
      cuda("13.0"),
      [`models:1-cuda13@${DIGEST}`, "plain:1-cuda12", "web:1"],
    ],
    ["of CUDA 12", { gpu: "nvidia" }, cuda("12.8"), ["models:1-cuda12", "plain:1-cuda12", "web:1"]],
    [
      "of AMD, else the plain one",
      { gpu: "amd" },
      amdHost(),
      ["models:1-rocm", "plain:1", "web:1"],
    ],
    ["of Intel, else the plain one", { gpu: "intel" }, amdHost(), ["models:1", "plain:1", "web:1"]],
    [
      "that the settings name, whatever the GPU",
      { gpu: "nvidia", images: { overrides: { models: "my/models:2" } } },
      cuda("13.0"),
      ["my/models:2", "plain:1-cuda12", "web:1"],
    ],
    [
      "that is built here, where that is asked for",
      { gpu: "amd", images: { source: "build" } },
      amdHost(),
      ["models:1", "plain:1", "web:1"],
    ],
    [
      "for the CPU, where no GPU can be used",
      { gpu: "nvidia", gpuRequired: false },
      gpuHost(),
      ["models:1", "plain:1", "web:1"],
    ],
  ])("%s", (_what, config, facts, expected) => {
    expect(images(applied(config, facts))).toEqual(expected);
  });

  test("for a kind of GPU is never one that is built here", () => {
    const [models] = applied({ gpu: "amd" }, amdHost()).services;
    expect(models?.image).toEqual({
      service: "models",
      source: "auto",
      reference: "models:1-rocm",
      digest: undefined,
      registryName: "models:1-rocm",
      loadedName: undefined,
      builtName: undefined,
    });
  });
});

describe("what services get, by name", () => {
  test.each<[string, Record<string, unknown>, GpuFacts, string[]]>([
    ["all of NVIDIA's", { gpu: "nvidia" }, nvidiaHost(), [GPU_A, GPU_B]],
    ["the named ones", { gpu: "nvidia", gpuDevices: [GPU_B] }, nvidiaHost(), [GPU_B]],
    [
      "instances in the place of a GPU that is cut into them",
      { gpu: "nvidia" },
      nvidiaHost({
        gpus: [
          reportedGpu(GPU_B, {
            mig: { enabled: true, devices: [{ uuid: MIG_1, memory_total_mib: 1 }] },
          }),
          reportedGpu(GPU_A, { mig: { enabled: false, devices: [] } }),
        ],
      }),
      [GPU_A, MIG_1],
    ],
    [
      "nothing of a GPU in MIG mode that has no instances",
      { gpu: "nvidia" },
      nvidiaHost({
        gpus: [reportedGpu(GPU_A), reportedGpu(GPU_B, { mig: { enabled: true, devices: [] } })],
      }),
      [GPU_A],
    ],
    ["AMD's nodes", { gpu: "amd" }, amdHost(), ["/dev/kfd", "/dev/dri/renderD128"]],
    ["Intel's node", { gpu: "intel" }, amdHost(), ["/dev/dri/renderD129"]],
  ])("%s", (_what, config, facts, names) => {
    expect(applied(config, facts).gpuDecision).toMatchObject({ usable: true, names });
  });
});

describe("what was seen", () => {
  const seen = (facts: GpuFacts) => applied({ gpu: "nvidia" }, facts).gpuDecision?.seen;

  test("is told on one line, and is the same for the same GPUs", () => {
    expect(seen(nvidiaHost())).toMatch(
      /^2 of NVIDIA's, driver 580\.95\.05, 0 render nodes \([0-9a-f]{16}\)$/,
    );
    expect(seen(nvidiaHost())).toBe(seen(nvidiaHost()));
    expect(seen(amdHost())).toMatch(/^0 of NVIDIA's, 2 render nodes \([0-9a-f]{16}\)$/);
  });

  test.each<[string, GpuFacts]>([
    ["a GPU less", nvidiaHost({ gpus: [reportedGpu(GPU_A)] })],
    ["another card in its place", nvidiaHost({ gpus: [reportedGpu(GPU_A), reportedGpu(MIG_1)] })],
    ["an updated driver", nvidiaHost({ driver_version: "590.1" })],
    [
      "another CDI specification",
      nvidiaHost({}, { toolkit: { ...nvidiaHost().toolkit, cdiDevices: [] } }),
    ],
    ["a render node", nvidiaHost({}, { renderNodes: amdHost().renderNodes })],
  ])("is another for %s", (_what, facts) => {
    expect(seen(facts)).not.toBe(seen(nvidiaHost()));
  });
});

describe("where no GPU can be used", () => {
  const REASON =
    "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none";

  test("and one is required, that is a problem of the host, and nothing is decided for it", () => {
    const plan = applied({ gpu: "nvidia" }, gpuHost());
    expect(gpuProblems(plan, new Set())).toEqual([
      {
        severity: "error",
        what: "there is no GPU of NVIDIA's on this host",
        where: "GPU",
        fix: "See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
      },
    ]);
    expect(added(plan, "models")).toEqual({});
  });

  test("and none is required, services run on the CPU, and every line says so", () => {
    const plan = applied({ gpu: "nvidia", gpuRequired: false }, gpuHost());
    expect(gpuProblems(plan, new Set())).toEqual([]);
    expect(describeGpu(plan, new Set())).toEqual([
      `without a GPU, on the CPU: models, plain. ${REASON}`,
    ]);
    expect(containers(plan)).toEqual(containers(planOf({})));
  });
});

describe("an image that was built here", () => {
  // The registry's is absent and the built one is there, as on a network without a registry.
  const present = new Set(["aistack.invalid/models:1"]);
  const WHAT =
    "the image of models was built on this host, and such images compute on the CPU alone";
  const FIX = "Pull the registry's image, or name another one under aistack:images.overrides";

  test("cannot use the GPUs that are required", () => {
    const plan = applied({ gpu: "intel" }, amdHost());
    expect(gpuProblems(plan, present).map(({ what, fix }) => [what, fix])).toEqual([[WHAT, FIX]]);
  });

  test("is a warning where none is required", () => {
    const plan = applied({ gpu: "intel", gpuRequired: false }, amdHost());
    expect(gpuProblems(plan, present)).toEqual([]);
    expect(describeGpu(plan, present)).toEqual([`aistack:images.source: ${WHAT}. ${FIX}`]);
  });

  test("is no matter where the registry's is there, or no GPU can be used", () => {
    const plan = applied({ gpu: "intel" }, amdHost());
    expect(gpuProblems(plan, new Set(["models:1", ...present]))).toEqual([]);
    const onCpu = applied({ gpu: "intel", gpuRequired: false }, gpuHost());
    expect(describeGpu(onCpu, present)).toHaveLength(1);
    expect(describeGpu(onCpu, present)[0]).toContain("there is no GPU of Intel's");
  });
});

test("warnings about GPUs that work are the gate's to tell", () => {
  const facts = nvidiaHost({}, { problems: [{ severity: "warning", what: "odd" }] });
  const plan = applied({ gpu: "nvidia" }, facts);
  expect(plan.gpuDecision?.usable).toBe(true);
  expect(gpuProblems(plan, new Set())).toEqual([]);
  expect(describeGpu(plan, new Set())).toEqual([]);
});

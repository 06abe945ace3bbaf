import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { GpuFacts } from "../../plan/gpuFacts";
import { applyGpu } from "../../plan/gpuPlan";
import { resolveHostLayer } from "../../plan/hostDrift";
import { resolveStack } from "../../plan/resolve";
import {
  type Answer,
  buildGraph,
  GPU_PROBE,
  type Graph,
  type GraphOptions,
} from "../support/plan/graph";
import { amdHost, GPU_A, GPU_B, gpuHost, nvidiaHost } from "../support/plan/hostGpus";
import { factsOf, installedLines, planLayer } from "../support/plan/hostLayer";
import { hostFacts } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

/*
 * GPUs in the graph: what the provider is asked for, and that nothing which computes on them starts before the gate.
 */

const NOW = new Date("2026-11-22T12:00:00.000Z");

const MODELS = { models: [{ name: "llama3.2:1b" }] };

const answer: Answer = (type, name) => {
  if (type === "docker:RemoteImage")
    return { imageId: "sha256:1111", repoDigest: "ollama/ollama@sha256:2222" };
  if (name === "aistack-gpu") return { stdout: JSON.stringify(nvidiaHost().report) };
  return type.endsWith("Command") ? { stdout: "ready" } : {};
};

function build(
  config: Readonly<Record<string, unknown>>,
  facts: GpuFacts | undefined,
  options: GraphOptions = {},
): Promise<Graph> {
  const plan = applyGpu(planMinimal(config), facts);
  const resolved = resolveStack({
    plan,
    facts: hostFacts(),
    fileHashes: {},
    records: {},
    recordFolder: ".state/models/test",
    secrets: {},
    now: NOW,
  });
  return buildGraph(resolved, false, answer, options);
}

const commands = (graph: Graph) =>
  graph.list.filter((title) => /gpu/i.test(title)).filter((title) => title.startsWith("command:"));

const REQUIREMENT = JSON.stringify({
  gpu: "nvidia",
  gpuMode: "cdi",
  gpuDevices: [],
  gpuRequired: true,
  minVramMiB: 0,
});

describe("a stack on NVIDIA's GPUs by CDI", () => {
  let graph: Graph;

  beforeAll(async () => {
    graph = await build({ gpu: "nvidia", ...MODELS }, nvidiaHost());
  });

  test("the provider is asked for what it reads back, and no more", () => {
    const { inputs } = graph.find("docker:Container", "ollama");
    expect(inputs.deviceRequests).toEqual([{ driver: "cdi", deviceIds: ["nvidia.com/gpu=all"] }]);
    for (const field of ["runtime", "devices", "groupAdds", "gpus"])
      expect(inputs).not.toHaveProperty(field);
  });

  test("the host is looked at again where its GPUs are others than those of the last time", () => {
    const { inputs, options } = graph.find("command:Command", "aistack-gpu-probe");
    expect(inputs.create).toBe("exec sh -s create");
    expect(inputs.update).toMatch(
      /^exec sh -s create '2 of NVIDIA'\\''s, driver 580\.95\.05, 0 render nodes \([0-9a-f]{16}\)'$/,
    );
    expect(options.ignoreChanges).toEqual([]);
    expect(inputs.stdin).toContain("export DOCKER_SOCKET='/run/test.sock'\n");
    // What a driver says is judged afterwards: no answer is one, too.
    expect(inputs.stdin).toContain(`\nset +eu\n${GPU_PROBE}\n`);
  });

  test("the verdict is made of what the probe prints", () => {
    const { inputs, options } = graph.find("command:Command", "aistack-gpu");
    expect(inputs).toEqual({
      create: "node bin/gate.cjs",
      stdin: "ready",
      environment: { GATE: "gpu-host", GPU_REQUIREMENT: REQUIREMENT },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    });
    expect(options.dependencies).toEqual(["command:Command aistack-gpu-probe"]);
  });

  test("the container starts after the verdict", () => {
    expect(graph.find("docker:Container", "ollama").options.dependencies).toContain(
      "command:Command aistack-gpu",
    );
  });

  test("the container is asked for its GPUs once it serves, and each new one anew", () => {
    const { inputs, options } = graph.find("command:Command", "ollama-gpu");
    expect(inputs).toEqual({
      create: "node bin/gate.cjs",
      environment: {
        GATE: "gpu-inside",
        GPU_REQUIREMENT: REQUIREMENT,
        CONTAINER: "aistack-ollama",
        CONTAINER_ID: "ollama-id",
        URL: "http://127.0.0.1:11434/api/version",
        SECONDS_ALLOWED: "180",
        GPU_NAMES: `${GPU_A}\n${GPU_B}`,
      },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    });
    expect(options.dependencies).toContain("command:Command ollama-ready");
  });

  test("models wait until the container has its GPUs", () => {
    expect(graph.find("command:Command", "model-llama3.2-1b").options.dependencies).toContain(
      "command:Command ollama-gpu",
    );
  });

  test("once the first model has answered, it has to be on the GPU", () => {
    const { inputs, options } = graph.find("command:Command", "ollama-gpu-use");
    expect(inputs.environment).toEqual({
      GATE: "gpu-use",
      GPU_REQUIREMENT: REQUIREMENT,
      CONTAINER: "aistack-ollama",
      CONTAINER_ID: "ollama-id",
      URL: "http://127.0.0.1:11434",
      MODEL: "llama3.2:1b",
    });
    expect(options.dependencies).toContain("command:Command ollama-answers");
  });

  test("the report is an output", () => {
    expect(graph.outputs.gpu).toEqual(nvidiaHost().report);
  });

  test("the component keeps no more than the vendor in the state", () => {
    const gate = graph.find("aistack:GpuGate", "aistack-gpu");
    expect([gate.inputs, gate.parent]).toEqual([{ gpu: "nvidia" }, "aistack:AiStack aistack"]);
  });
});

test("without GPUs there is no gate, no proof, and no report", async () => {
  const graph = await build(MODELS, undefined);
  expect(commands(graph)).toEqual([]);
  expect(graph.outputs.gpu).toBeNull();
  expect(graph.find("docker:Container", "ollama").options.dependencies).not.toContain(
    "command:Command aistack-gpu",
  );
});

test("by NVIDIA's runtime, with one GPU", async () => {
  const config = { gpu: "nvidia", gpuMode: "runtime", gpuDevices: [GPU_B] };
  const graph = await build(config, nvidiaHost());
  const { inputs } = graph.find("docker:Container", "ollama");
  expect(inputs).toMatchObject({
    runtime: "nvidia",
    envs: [
      "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
      `NVIDIA_VISIBLE_DEVICES=${GPU_B}`,
      "OLLAMA_KEEP_ALIVE=5m",
      "OLLAMA_NOHISTORY=1",
      "OLLAMA_NO_CLOUD=1",
    ],
  });
  expect(inputs).not.toHaveProperty("deviceRequests");
  expect(graph.find("command:Command", "ollama-gpu").inputs.environment).toMatchObject({
    GPU_NAMES: GPU_B,
  });
});

test("AMD's nodes are given by their path on the host alone, and its image is run", async () => {
  const graph = await build({ gpu: "amd" }, amdHost());
  const { inputs } = graph.find("docker:Container", "ollama");
  expect(inputs).toMatchObject({
    devices: [{ hostPath: "/dev/kfd" }, { hostPath: "/dev/dri" }],
    groupAdds: ["992"],
  });
  expect(graph.find("docker:RemoteImage", "ollama-image").inputs.name).toBe(
    "ollama/ollama:0.34.3-rocm",
  );
  expect(graph.find("command:Command", "ollama-gpu").inputs.environment).toMatchObject({
    GPU_NAMES: "/dev/kfd\n/dev/dri/renderD128",
  });
});

test("without a declared model nothing can be on the GPU", async () => {
  expect(commands(await build({ gpu: "amd" }, amdHost()))).toEqual([
    "command:Command aistack-gpu",
    "command:Command aistack-gpu-probe",
    "command:Command ollama-gpu",
  ]);
});

test("on the CPU for want of a GPU, the gate stays and tells so", async () => {
  const graph = await build({ gpu: "nvidia", gpuRequired: false, ...MODELS }, gpuHost());
  expect(commands(graph)).toEqual([
    "command:Command aistack-gpu",
    "command:Command aistack-gpu-probe",
  ]);
  const { inputs, options } = graph.find("docker:Container", "ollama");
  expect(inputs).not.toHaveProperty("deviceRequests");
  expect(options.dependencies).toContain("command:Command aistack-gpu");
});

test("what reloads systemd comes before the gate, and containers prove themselves anew after it", async () => {
  const spec = planLayer({ gpu: "nvidia" });
  const hostLayer = resolveHostLayer(spec, factsOf(installedLines(spec)), NOW);
  const graph = await build({ gpu: "nvidia" }, nvidiaHost(), { hostLayer });
  expect(graph.find("command:Command", "aistack-gpu-probe").options.dependencies).toContain(
    "command:Command aistack-agent.service",
  );
  expect(graph.find("command:Command", "ollama-gpu").inputs.environment).toMatchObject({
    RELOADS: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const another = { ...hostLayer, observed: { ...hostLayer.observed, units: [] } };
  const other = await build({ gpu: "nvidia" }, nvidiaHost(), { hostLayer: another });
  expect(other.find("command:Command", "ollama-gpu").inputs.environment).not.toEqual(
    graph.find("command:Command", "ollama-gpu").inputs.environment,
  );
});

describe("a host over SSH", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aistack-graph-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => vi.unstubAllEnvs());

  const HOST = { address: "gpu1.lan", user: "me", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };

  /** What the probe's connection is made of; the state keeps it encrypted. */
  async function connectionOf(host: Readonly<Record<string, string>>) {
    const graph = await build({ gpu: "nvidia", host: { ...HOST, ...host } }, nvidiaHost());
    expect(commands(graph)).toEqual([
      "command:Command aistack-gpu",
      "command:Command ollama-gpu",
      "command:remote:Command aistack-gpu-probe",
    ]);
    const { inputs } = graph.find("command:remote:Command", "aistack-gpu-probe");
    expect(inputs.create).toBe("exec sh -s create");
    expect(inputs.stdin).toContain(`\nset +eu\n${GPU_PROBE}\n`);
    const verdict = graph.find("command:Command", "aistack-gpu");
    expect(verdict.options.dependencies).toEqual(["command:remote:Command aistack-gpu-probe"]);
    return (inputs.connection as { value: Record<string, unknown> }).value;
  }

  const CONNECTION = {
    host: "gpu1.lan",
    user: "me",
    port: 22,
    hostKey: HOST.hostKey,
    dialErrorLimit: 3,
    perDialTimeout: 10,
  };
  const makeKey = (name: string, passphrase: string) => {
    const file = join(folder, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", file]);
    return file;
  };

  test("is looked at there", async () => {
    expect(await connectionOf({})).toEqual(CONNECTION);
  });

  test("opens by the key file, or by the SSH agent where a passphrase protects it", async () => {
    const open = makeKey("open", "");
    expect(await connectionOf({ privateKeyFile: open })).toEqual({
      ...CONNECTION,
      privateKey: readFileSync(open, "utf8"),
    });
    vi.stubEnv("SSH_AUTH_SOCK", "/run/agent");
    const locked = makeKey("locked", "a passphrase");
    expect(await connectionOf({ privateKeyFile: locked })).toEqual(CONNECTION);
  });
});

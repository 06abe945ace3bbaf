import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuFacts } from "../../plan/gpuFacts";
import { applyGpu } from "../../plan/gpuPlan";
import { inspect, ROOT, Workspace } from "../support/e2e/workspace";
import { amdHost, GPU_A, GPU_B, nvidiaHost } from "../support/plan/hostGpus";
import { planMinimal } from "../support/plan/stack";

/** Containers with GPUs as components translate them, never started: no engine here could. */
const PROGRAM = `
import * as docker from "@pulumi/docker";
import { toContainerArgs } from ${JSON.stringify(join(ROOT, "components/containerArgs"))};
for (const spec of JSON.parse(process.env.SPECS ?? "[]"))
  new docker.Container(spec.name, {
    ...toContainerArgs(spec, new Map(), new Map(), {}),
    image: process.env.IMAGE ?? "",
    start: false,
    mustRun: false,
  });
`;

const PROJECT = `name: readback
runtime: { name: nodejs, options: { typescript: false } }
main: program.cjs
backend: { url: "file://./.state" }
`;

/*
 * What the provider reads back must be what it was given: anything else would differ at every refresh, and replace
 * a container that runs.
 */
describe("a container with GPUs, read back by the provider", () => {
  let workspace: Workspace;
  let folder: string;
  let environment: Record<string, string>;

  const specOf = (name: string, config: Readonly<Record<string, unknown>>, facts: GpuFacts) => {
    const [service] = applyGpu(planMinimal(config), facts).services;
    // Nothing but the container itself.
    return {
      ...service?.container,
      name: workspace.name(name),
      networks: [],
      mounts: [],
      ports: [],
    };
  };
  const pulumi = (...args: string[]) =>
    execa("pulumi", [...args, "--non-interactive", "--color=never"], {
      cwd: folder,
      env: environment,
      all: true,
    });

  beforeAll(async () => {
    workspace = await Workspace.create();
    await workspace.prepare();
    folder = join(workspace.root, "readback");
    mkdirSync(join(folder, ".state"), { recursive: true });
    writeFileSync(join(folder, "Pulumi.yaml"), PROJECT);
    await build({
      stdin: { contents: PROGRAM, resolveDir: ROOT, loader: "ts" },
      bundle: true,
      platform: "node",
      format: "cjs",
      external: ["@pulumi/*"],
      outfile: join(folder, "program.cjs"),
    });
    const { stdout: images } = await execa("docker", [
      "images",
      "--no-trunc",
      "--quiet",
      "--filter",
      "reference=aistack.invalid/ollama",
    ]);
    environment = {
      ...workspace.environment,
      IMAGE: images.split("\n")[0] ?? "",
      SPECS: JSON.stringify([
        specOf("all", { gpu: "nvidia" }, nvidiaHost()),
        specOf("subset", { gpu: "nvidia", gpuDevices: [GPU_B, GPU_A] }, nvidiaHost()),
        specOf("amd", { gpu: "amd" }, amdHost()),
        specOf("intel", { gpu: "intel", gpuDevices: ["renderD129"] }, amdHost()),
      ]),
    };
    await pulumi("stack", "init", "t");
  });
  afterAll(() => workspace?.remove());

  it("first up: the engine has what was asked for", async () => {
    await pulumi("up", "--yes");
    const host = async (name: string) => (await inspect(workspace.name(name)))?.HostConfig;
    expect(await host("all")).toMatchObject({
      DeviceRequests: [{ Driver: "cdi", Count: 0, DeviceIDs: ["nvidia.com/gpu=all"] }],
    });
    expect(await host("amd")).toMatchObject({
      Devices: expect.arrayContaining([
        { PathOnHost: "/dev/dri", PathInContainer: "/dev/dri", CgroupPermissions: "rwm" },
        { PathOnHost: "/dev/kfd", PathInContainer: "/dev/kfd", CgroupPermissions: "rwm" },
      ]),
      GroupAdd: ["992"],
    });
  });

  it("second preview: empty, after a refresh too", async () => {
    const { all } = await pulumi("preview", "--refresh", "--expect-no-changes");
    expect(all).toMatch(/Resources:\n {4}5 unchanged/);
  });
});

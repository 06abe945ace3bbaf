import { chownSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TINY_MODEL, Workspace } from "../support/e2e/workspace";
import { normalisePreview, type PreviewStep } from "../support/golden/normalise";
import { GpuHost } from "../support/gpu/gpuHost";

/**
 * What the engine would do on a host with one of AMD's GPUs, which the probe finds in folders of the test's own: the
 * order in which gate and containers come, and what the provider's own checks make of devices and groups.
 */
describe("the preview of stack minimal on AMD's GPU", () => {
  let workspace: Workspace;
  let host: GpuHost;
  let steps: PreviewStep[];
  /** of the nodes; root's would not be joined */
  const group = process.getuid?.() === 0 ? 992 : (process.getgid?.() ?? 0);

  beforeAll(async () => {
    host = new GpuHost();
    host.renderNode("renderD128", "0x1002", "0x744c", 24 * 1024 ** 3);
    host.write("dev/kfd");
    for (const node of ["dev/kfd", "dev/dri/renderD128"])
      chownSync(join(host.folder, node), process.getuid?.() ?? 0, group);
    workspace = await Workspace.create();
    await workspace.prepare();
    workspace.configure(`${TINY_MODEL}  aistack:gpu: amd\n`);
    for (const [name, value] of Object.entries(host.variables()))
      if (name.startsWith("AISTACK_")) workspace.environment[name] = value;
    const { output } = await workspace.pulumi("preview", "--json");
    steps = normalisePreview(output.slice(output.indexOf("{")), workspace);
  });
  afterAll(async () => {
    host?.remove();
    await workspace?.remove();
  });

  const step = (urn: string) => {
    const found = steps.filter((candidate) => candidate.urn === urn);
    expect(found).toHaveLength(1);
    return found[0] as PreviewStep;
  };

  it("the gate's resources stand under it, and all others where they were", () => {
    expect(
      steps
        .filter(({ urn }) => /gpu/i.test(urn))
        .map(({ operation, urn, parent }) => `${operation} ${urn} < ${parent ?? "nothing"}`),
    ).toEqual([
      "create Command aistack-gpu < GpuGate aistack-gpu",
      "create Command aistack-gpu-probe < GpuGate aistack-gpu",
      "create Command ollama-gpu < ContainerService ollama",
      "create Command ollama-gpu-use < ServiceProof ollama-answers",
      "create GpuGate aistack-gpu < AiStack aistack",
    ]);
  });

  it("order: probe, verdict, container, its look at the GPU, models, answers, use", () => {
    expect(step("Command aistack-gpu").dependencies).toEqual(["Command aistack-gpu-probe"]);
    expect(step("Container ollama").dependencies).toContain("Command aistack-gpu");
    expect(step("Command ollama-gpu").dependencies).toEqual([
      "Command ollama-ready",
      "Container ollama",
    ]);
    expect(step("Command model-tiny-latest").dependencies).toContain("Command ollama-gpu");
    expect(step("Command ollama-answers").dependencies).toContain("Command model-tiny-latest");
    expect(step("Command ollama-gpu-use").dependencies).toContain("Command ollama-answers");
  });

  it("the container gets devices and their group, and runs the image for them", () => {
    expect(step("Container ollama").inputs).toMatchObject({
      devices: [
        { hostPath: "/dev/kfd", permissions: "rwm" },
        { hostPath: "/dev/dri", permissions: "rwm" },
      ],
      groupAdds: [String(group)],
    });
    expect(step("RemoteImage ollama-image").inputs.name).toBe("ollama/ollama:0.34.3-rocm");
  });

  it("the gate is asked for what the configuration wants", () => {
    expect(step("Command aistack-gpu").inputs).toMatchObject({
      create: "node bin/gate.cjs",
      environment: {
        GATE: "gpu-host",
        GPU_REQUIREMENT:
          '{"gpu":"amd","gpuMode":"cdi","gpuDevices":[],"gpuRequired":true,"minVramMiB":0}',
      },
    });
  });
});

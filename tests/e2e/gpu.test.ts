import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspect, TINY_MODEL, Workspace } from "../support/e2e/workspace";

/*
 * A stack that asks for a GPU on a host without one. What the gates say to GPUs that are there, tests/unit and
 * tests/contract show with stand-ins for the driver.
 */
describe("a host without a GPU", () => {
  let workspace: Workspace;
  let container: string;
  const REASON =
    "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none";
  const WARNING = `warning: without a GPU, on the CPU: ollama. ${REASON}`;
  const configure = (...lines: string[]) =>
    workspace.configure(`${TINY_MODEL}${lines.map((line) => `  aistack:${line}\n`).join("")}`);

  beforeAll(async () => {
    workspace = await Workspace.create();
    container = workspace.name("ollama");
    await workspace.prepare();
  });
  afterAll(() => workspace?.remove());

  const running = async () => {
    const found = await inspect(container);
    if (found === undefined) throw new Error(`${container} is not there`);
    return found;
  };
  const expectNoChanges = async () => {
    const { code, output } = await workspace.pulumi("preview", "--expect-no-changes");
    expect(code, output).toBe(0);
    return output;
  };

  it("is refused before anything is touched, where the GPU is required", async () => {
    configure("gpu: nvidia");
    const up = await workspace.aistack("up", "--yes");
    expect(up.output.trim()).toBe(REASON);
    expect(up.code).toBe(2);
    const byHand = await workspace.pulumi("up", "--yes");
    expect(byHand.output).toContain(REASON);
    expect(byHand.code).not.toBe(0);
    expect(await inspect(container)).toBeUndefined();
  });

  it("first up: without the requirement it computes on the CPU, and says so in preview and update", async () => {
    configure("gpu: nvidia", "gpuRequired: false");
    expect((await workspace.pulumi("preview")).output).toContain(WARNING);

    const up = await workspace.pulumi("up", "--yes");
    expect(up.output).toContain(WARNING);
    expect(up.output).toContain("warning: no GPU can be used: the services compute on the CPU");
    expect(up.code, up.output).toBe(0);
    expect((await running()).HostConfig.DeviceRequests).toBeNull();
    const { output } = await workspace.pulumi("stack", "output", "gpu", "--json");
    expect(JSON.parse(output)).toMatchObject({ nvml_ok: false, gpus: [] });
  });

  it("second preview: empty, and the warning stays", async () => {
    expect(await expectNoChanges()).toContain(WARNING);
  });

  it("update: GPUs that were not there the last time are looked at again by the gate alone", async () => {
    const tools = join(workspace.root, "fake-tools");
    mkdirSync(tools);
    const smi = join(tools, "nvidia-smi");
    const row =
      "0, GPU-00000000-0000-0000-0000-000000000001, NVIDIA A, 24564, 580.95.05, [N/A], 8.9";
    writeFileSync(
      smi,
      `#!/bin/sh\ncase "$*" in *--query-gpu*) echo '${row}' ;; *) exit 1 ;; esac\n`,
    );
    chmodSync(smi, 0o755);
    const { PATH } = workspace.environment;
    workspace.environment.PATH = `${tools}${delimiter}${PATH}`;
    try {
      const preview = await workspace.pulumi("preview");
      expect(preview.output).toContain("aistack-gpu-probe update");
      expect(preview.output).not.toContain("Container ollama");
      expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
      const { output } = await workspace.pulumi("stack", "output", "gpu", "--json");
      expect(JSON.parse(output)).toMatchObject({ driver_version: "580.95.05" });
      await expectNoChanges();
    } finally {
      workspace.environment.PATH = PATH ?? "";
    }
  });

  it("update: without GPUs in the configuration only the gate goes, and the container stays", async () => {
    const { Id } = await running();
    configure();
    const up = await workspace.pulumi("up", "--yes");
    expect(up.output).toContain("aistack-gpu delete");
    expect(up.code).toBe(0);
    expect((await running()).Id).toBe(Id);
    await expectNoChanges();
  });

  it("destroy", async () => {
    expect((await workspace.pulumi("destroy", "--yes")).code).toBe(0);
    expect(await inspect(container)).toBeUndefined();
  });
});

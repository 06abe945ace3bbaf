import { describe, expect, test } from "vitest";
import {
  type GpuContainerOutput,
  gpuContainerArguments,
  parseGpuContainer,
  parseNodeContainer,
} from "../../host/gpuContainerProbe";
import type { GpuFacts } from "../../plan/gpuFacts";
import { requestGpu } from "../../plan/gpuRequest";
import { amdHost, GPU_A, GPU_B } from "../support/plan/hostGpus";

const argumentsFor = (settings: Parameters<typeof requestGpu>[0], facts?: GpuFacts) =>
  gpuContainerArguments({
    image: "aistack.invalid/ollama:1",
    request: requestGpu(settings, facts),
    name: "t0a1b2c-gpu",
  }).join(" ");
const nvidia: Parameters<typeof requestGpu>[0] = { gpu: "nvidia", gpuMode: "cdi", gpuDevices: [] };

test("the command: nothing is pulled, nothing can be reached or written, no privilege is left", () => {
  expect(argumentsFor(nvidia)).toBe(
    "run --rm --name t0a1b2c-gpu --pull never --log-driver none --network none --read-only --pids-limit 64 --cap-drop ALL --security-opt no-new-privileges --device nvidia.com/gpu=all --entrypoint nvidia-smi aistack.invalid/ollama:1 -L",
  );
});

describe("what it asks for is what the stack's containers ask for", () => {
  test.each<[string, string, string]>([
    [
      "named GPUs",
      argumentsFor({ ...nvidia, gpuDevices: [GPU_B, GPU_A] }),
      `--device nvidia.com/gpu=${GPU_A} --device nvidia.com/gpu=${GPU_B} --entrypoint`,
    ],
    [
      "NVIDIA's runtime by variables",
      argumentsFor({ ...nvidia, gpuMode: "runtime", gpuDevices: [GPU_A] }),
      `--runtime nvidia --env NVIDIA_VISIBLE_DEVICES=${GPU_A} --env NVIDIA_DRIVER_CAPABILITIES=compute,utility --entrypoint`,
    ],
    [
      "AMD's nodes and groups",
      argumentsFor({ gpu: "amd", gpuMode: "cdi", gpuDevices: ["renderD128"] }, amdHost()),
      "--device /dev/kfd --device /dev/dri/renderD128 --group-add 992 --entrypoint",
    ],
  ])("%s", (_what, command, expected) => {
    expect(command).toContain(` no-new-privileges ${expected} `);
  });
});

describe("a container with device nodes", () => {
  const nodes = ["/dev/kfd", "/dev/dri/renderD128"];
  const judge = (output: Partial<GpuContainerOutput>) =>
    parseNodeContainer("amd", nodes, { exitCode: 0, stdout: "", stderr: "", ...output });

  test("may use them", () => {
    expect(judge({})).toEqual({ seen: nodes });
  });

  test("may not use one", () => {
    expect(judge({ stdout: "/dev/kfd\n" })).toEqual({
      problem: {
        what: "it may not use /dev/kfd",
        where: "GPU in a container",
        fix: "See the rights of the nodes with: ls -ln /dev/dri /dev/kfd, and the driver's log with: dmesg | grep amdgpu",
      },
    });
  });

  test("did not start", () => {
    const stderr =
      'docker: Error response: error gathering device information: "/dev/kfd": no such device';
    expect(judge({ exitCode: 125, stderr })).toMatchObject({
      problem: { what: `it gets no GPU: ${stderr}` },
    });
  });
});

const UUID = "GPU-00000000-0000-0000-0000-000000000000";
const MIG = "MIG-00000000-0000-0000-0000-000000000002";

describe("what the container says", () => {
  const ended = (output: Partial<GpuContainerOutput>): GpuContainerOutput => ({
    exitCode: 0,
    stdout: "",
    stderr: "",
    ...output,
  });

  test("GPUs and instances", () => {
    const stdout = `GPU 0: NVIDIA A100 (UUID: ${UUID})\n  MIG 3g.20gb     Device  0: (UUID: ${MIG})\n`;
    expect(parseGpuContainer(ended({ stdout }))).toEqual({ seen: [UUID, MIG] });
  });

  test("another GPU than the one that it asked for", () => {
    const stdout = `GPU 0: NVIDIA A100 (UUID: ${GPU_A})`;
    expect(parseGpuContainer(ended({ stdout }), [GPU_A])).toEqual({ seen: [GPU_A] });
    expect(parseGpuContainer(ended({ stdout }), [GPU_B])).toMatchObject({
      problem: { what: `it does not see ${GPU_B}; it sees ${GPU_A}`, where: "GPU in a container" },
    });
  });

  test.each<[string, Partial<GpuContainerOutput>, what: string]>([
    [
      "an engine without CDI",
      {
        exitCode: 125,
        stderr:
          'docker: Error response from daemon: could not select device driver "cdi" with capabilities: []',
      },
      "the engine does not read CDI specifications",
    ],
    [
      "a device without a specification",
      {
        exitCode: 125,
        stderr:
          "docker: Error response from daemon: CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=all",
      },
      "no CDI specification names the GPU",
    ],
    [
      "an engine without the runtime",
      {
        exitCode: 125,
        stderr: "docker: Error response from daemon: Unknown runtime specified nvidia",
      },
      "Docker does not know the container toolkit",
    ],
    [
      "a newer engine without the runtime",
      {
        exitCode: 125,
        stderr: "docker: Error response from daemon: unknown or invalid runtime name: nvidia",
      },
      "Docker does not know the container toolkit",
    ],
    [
      "an engine without the toolkit",
      {
        exitCode: 125,
        stderr:
          'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]]',
      },
      "Docker does not know the container toolkit",
    ],
    [
      "an old driver",
      {
        exitCode: 125,
        stderr:
          "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0, please update your driver to a newer version, or use an earlier cuda container: unknown",
      },
      "the driver is older than the image needs",
    ],
    [
      "a driver that is not loaded",
      {
        exitCode: 125,
        stderr:
          "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown",
      },
      "NVIDIA's kernel module is not loaded",
    ],
    [
      "an updated driver",
      { exitCode: 18, stdout: "Failed to initialize NVML: Driver/library version mismatch" },
      "the driver's library was updated, but the kernel still runs the old module",
    ],
    [
      "devices of root's",
      { exitCode: 4, stdout: "Failed to initialize NVML: Insufficient Permissions" },
      "the container may not use the NVIDIA devices",
    ],
    [
      "devices that were taken away",
      { exitCode: 255, stdout: "Failed to initialize NVML: Unknown Error" },
      "NVML finds no GPU in the container",
    ],
    [
      "no device, and no failure",
      { exitCode: 0, stdout: "No devices were found" },
      "NVML finds no GPU in the container",
    ],
    [
      "no nvidia-smi",
      {
        exitCode: 127,
        stderr:
          'docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nvidia-smi": executable file not found in $PATH: unknown',
      },
      "the driver's tools did not come into the container",
    ],
    [
      "no image",
      { exitCode: 125, stderr: "docker: Error response from daemon: No such image: x:1" },
      "the image is not on this host",
    ],
  ])("%s", (_what, output, what) => {
    const said = parseGpuContainer(ended(output));
    const line = output.stdout ?? output.stderr;
    expect(said).toMatchObject({
      problem: { what: `${what} (${line})`, where: "GPU in a container" },
    });
  });

  test("something else", () => {
    expect(parseGpuContainer(ended({ exitCode: 1, stderr: "\nwhatever\nmore\n" }))).toEqual({
      problem: {
        what: "it gets no GPU: whatever",
        where: "GPU in a container",
        fix: "Read what this says: ./aistack gpu-check",
      },
    });
    expect(parseGpuContainer(ended({}))).toMatchObject({
      problem: { what: "it gets no GPU: exit code 0, no output" },
    });
  });

  test("nothing in time", () => {
    expect(parseGpuContainer(ended({ exitCode: undefined }))).toMatchObject({
      problem: { what: "the container did not end in time" },
    });
  });
});

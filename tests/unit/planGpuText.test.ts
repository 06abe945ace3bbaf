import { describe, expect, test } from "vitest";
import { missingGpu } from "../../plan/gpuExpectation";
import { formatGpuFacts } from "../../plan/gpuText";
import { GPU_UUID, gpuFacts } from "../support/gpu/gpuOutput";

const NOTHING = { driver: null, toolkit: undefined, cdiDevices: [], engine: null } as const;
const AMD = "render\trenderD128\t105\t0x1002\t0x744c\t25753026560";
const INTEL = "render\trenderD129\t105\t0x8086\t0x56a0\t";
const KFD = "kfd\t105";

describe("facts as text", () => {
  test("two GPUs in good order", () => {
    expect(formatGpuFacts(gpuFacts({ capabilities: ["8.9", "12.0"] }))).toBe(
      [
        "NVIDIA driver 580.95.05, CUDA 13.0 (read from NVML)",
        "GPU  name                     memory     compute  MIG  UUID",
        `0    NVIDIA GeForce RTX 4090  24564 MiB  8.9      -    ${GPU_UUID(0)}`,
        `1    NVIDIA GeForce RTX 4090  24564 MiB  12.0     -    ${GPU_UUID(1)}`,
        "container toolkit 1.20.0: Docker reaches GPUs by CDI",
        "",
      ].join("\n"),
    );
  });

  test("what nvidia-smi told, and problems with what mends them", () => {
    const lines = [
      "smi\t0, GPU-a, NVIDIA \u001b[31mA100, [N/A], 565.77, Enabled, [N/A]",
      "smi\t1, GPU-b, NVIDIA A100, 40960, 565.77, Disabled, 8.0",
      "smi-code\t0",
      "smi-list\tGPU 0: NVIDIA A100 (UUID: GPU-a)",
      "smi-list\t  MIG 7g.40gb Device 0: (UUID: MIG-a)",
    ];
    const text = formatGpuFacts(gpuFacts({ driver: null, engine: { CDISpecDirs: [] }, lines }));
    expect(text).toBe(
      [
        "NVIDIA driver 565.77 (read from nvidia-smi)",
        "GPU  name                     memory     compute  MIG         UUID",
        '0    "NVIDIA \\u001b[31mA100"  shared     unknown  1 instance  GPU-a',
        "1    NVIDIA A100              40960 MiB  8.0      off         GPU-b",
        "container toolkit 1.20.0: Docker does not use it",
        "warning: NVIDIA driver: the GPUs cannot be read (NVML: NO_PYTHON: NVML was not asked, because python3 is not installed); this was read from nvidia-smi instead",
        "         Install Python: sudo apt-get install -y python3",
        "warning: NVIDIA driver: driver 565.77 serves no CUDA 13: images for it refuse to start, so those for CUDA 12 are used. From 580 on it does",
        "         Update it: sudo apt-get update && sudo ubuntu-drivers install (sudo ubuntu-drivers list shows the versions), then reboot: sudo reboot",
        "error: docker: Docker knows nothing of the container toolkit, so containers get no GPU",
        "       Tell Docker of it:",
        "         sudo nvidia-ctk runtime configure --runtime=docker --cdi.enabled",
        "         sudo mkdir -p /var/run/cdi && sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml",
        "         sudo systemctl restart docker",
        "       The restart of Docker stops every container of this host, unless daemon.json has live-restore",
        "",
      ].join("\n"),
    );
  });

  test("what a driver says cannot act on the terminal", () => {
    const lines = ["card\t0000:01:00.0\tnvidia", "smi\tsays \u001b[2J", "smi-code\t14"];
    const [, , , problem] = formatGpuFacts(gpuFacts({ ...NOTHING, lines })).split("\n");
    expect(problem).toBe(
      "error: NVIDIA driver: the GPU's infoROM is corrupted (NVML: 14 CORRUPTED_INFOROM: says \\u001b[2J)",
    );
  });

  test("GPUs of others", () => {
    const text = formatGpuFacts(gpuFacts({ ...NOTHING, lines: [AMD, INTEL, KFD] }));
    expect(text).toBe(
      [
        "No GPU of NVIDIA's.",
        "AMD renderD128 (1002:744c), 24560 MiB, group 105",
        "Intel renderD129 (8086:56a0), group 105",
        "/dev/kfd, group 105",
        "",
      ].join("\n"),
    );
  });

  test("a card without a driver", () => {
    const lines = ["card\t0000:01:00.0\tnouveau"];
    const [first, second, third] = formatGpuFacts(gpuFacts({ ...NOTHING, lines })).split("\n");
    expect([first, second, third]).toEqual([
      "NVIDIA no driver",
      "no GPU can be used",
      "container toolkit: not installed",
    ]);
  });
});

describe("a GPU that is expected", () => {
  const absent = (what: string) => ({
    what: `there is no ${what} on this host`,
    where: "GPU",
    fix: "See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
  });
  const withLines = (...lines: string[]) => gpuFacts({ ...NOTHING, lines });

  test("is there", () => {
    expect(missingGpu("nvidia", gpuFacts())).toEqual([]);
    expect(missingGpu("amd", withLines(AMD, KFD))).toEqual([]);
    expect(missingGpu("intel", withLines(INTEL))).toEqual([]);
    for (const facts of [gpuFacts(), withLines(AMD, KFD), withLines(INTEL)])
      expect(missingGpu("any", facts)).toEqual([]);
  });

  test("warnings do not count", () => {
    const facts = gpuFacts({ driver: "565.77" });
    expect(facts.problems).toHaveLength(1);
    expect(missingGpu("nvidia", facts)).toEqual([]);
  });

  test("is not there", () => {
    expect(missingGpu("nvidia", withLines(AMD, KFD))).toEqual([absent("GPU of NVIDIA's")]);
    expect(missingGpu("amd", gpuFacts())).toEqual([absent("GPU of AMD's")]);
    expect(missingGpu("intel", gpuFacts())).toEqual([absent("GPU of Intel's")]);
    expect(missingGpu("any", withLines())).toEqual([absent("GPU that containers could use")]);
  });

  test("is there, but does not work", () => {
    const facts = gpuFacts({ toolkit: "1.17.8" });
    expect(missingGpu("nvidia", facts)).toEqual(facts.problems);
    expect(missingGpu("any", facts)).toEqual(facts.problems);
    expect(missingGpu("amd", withLines(AMD))).toEqual([
      {
        what: "an AMD GPU is there, but not /dev/kfd, by which it computes",
        where: "GPU",
        fix: "Load its driver: sudo modprobe amdgpu; sudo dmesg | grep -i kfd",
      },
    ]);
  });
});

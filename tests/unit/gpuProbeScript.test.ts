import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseGpuFacts } from "../../plan/gpuFacts";
import { GpuHost } from "../support/gpu/gpuHost";
import { schemaFaults } from "../support/gpu/reportSchema";

let host: GpuHost;
beforeEach(() => {
  host = new GpuHost();
});
afterEach(() => host.remove());

const UUID = "GPU-8f0a1b2c-3d4e-5f60-7182-93a4b5c6d7e8";
const ROW = `0, ${UUID}, NVIDIA GeForce RTX 4090, 24564, 580.95.05, [N/A], 8.9`;

/** A nvidia-smi that answers the table's question with these lines, and as the real one the others. */
function nvidiaSmi(table: readonly string[], code = 0, list: readonly string[] = []): void {
  const print = (lines: readonly string[]) => lines.map((line) => `echo '${line}'`).join("; ");
  host.command(
    "nvidia-smi",
    [
      'echo "$*" >>"$AISTACK_RUN-asked"',
      'case "$*" in',
      `--query-gpu=index,uuid,name,memory.total,driver_version,mig.mode.current,compute_cap*) ${print(table) || ":"}; exit ${code} ;;`,
      `"-q -x") echo '<?xml version="1.0" ?>'; echo '	<cuda_version>13.0</cuda_version>'; echo '	<uuid>${UUID}</uuid>' ;;`,
      `-L) ${print(list) || ":"} ;;`,
      "esac",
    ].join("\n"),
  );
}

test("a host on which there is nothing", async () => {
  expect(await host.probe()).toBe(
    [
      "nvml-code\tno-python",
      "os-ID\tubuntu",
      "os-VERSION_ID\t24.04",
      "os-ID_LIKE\tdebian",
      "memory\t65536000",
    ].join("\n"),
  );
  const facts = await host.facts();
  expect(facts).toEqual({
    report: {
      driver_version: null,
      cuda_version: null,
      nvml_ok: false,
      nvml_error: "NO_PYTHON: NVML was not asked, because python3 is not installed",
      gpus: [],
      toolkit: { installed: false, version: null, runtime: false, cdi: false },
    },
    source: "none",
    nvml: {
      code: null,
      name: "NO_PYTHON",
      message: "NVML was not asked, because python3 is not installed",
    },
    unreadableGpus: [],
    driver: { loadedVersion: null, cards: [] },
    toolkit: {
      version: null,
      runtime: false,
      cdiSpec: false,
      engineReadsCdi: false,
      cdiDevices: [],
    },
    engine: undefined,
    renderNodes: [],
    kfd: undefined,
    host: {
      distribution: "ubuntu",
      distributionVersion: "24.04",
      distributionLike: ["debian"],
      memoryTotalMib: 64000,
      wsl: false,
    },
    problems: [],
  });
  expect(schemaFaults(facts.report)).toEqual([]);
});

describe("nvidia-smi, where NVML cannot be asked", () => {
  test("its table and the version of CUDA", async () => {
    nvidiaSmi([ROW]);
    const facts = await host.facts();
    expect(facts.source).toBe("nvidia-smi");
    expect(facts.report).toMatchObject({
      driver_version: "580.95.05",
      cuda_version: "13.0",
      nvml_ok: false,
      nvml_error: "NO_PYTHON: NVML was not asked, because python3 is not installed",
      gpus: [{ index: 0, uuid: UUID, memory_total_mib: 24564, mig: null }],
    });
    expect(schemaFaults(facts.report)).toEqual([]);
    expect(facts.problems[0]).toEqual({
      severity: "warning",
      what: "the GPUs cannot be read (NVML: NO_PYTHON: NVML was not asked, because python3 is not installed); this was read from nvidia-smi instead",
      where: "NVIDIA driver",
      fix: "Install Python: sudo apt-get install -y python3",
    });
  });

  test("instances are asked for only where a GPU is partitioned", async () => {
    nvidiaSmi([ROW]);
    expect(await host.probe()).not.toContain("smi-list");
    nvidiaSmi([ROW.replace("[N/A]", "Enabled")], 0, [
      `GPU 0: NVIDIA A100 (UUID: ${UUID})`,
      "  MIG 3g.20gb     Device  0: (UUID: MIG-11111111-2222-3333-4444-555555555555)",
    ]);
    const { report } = await host.facts();
    expect(report.gpus[0]?.mig).toEqual({
      enabled: true,
      devices: [{ uuid: "MIG-11111111-2222-3333-4444-555555555555", memory_total_mib: null }],
    });
  });

  test("a failure is not asked about further", async () => {
    nvidiaSmi(
      [
        "NVIDIA-SMI has failed because it could not be quoted here.",
        "Failed to initialize NVML: Driver/library version mismatch",
        "NVML library version: 580.95",
      ],
      18,
    );
    host.write(
      "proc/driver/nvidia/version",
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n",
    );
    const facts = await host.facts();
    expect(host.read("run-asked").split("\n")).toHaveLength(2);
    expect(facts.report).toMatchObject({
      driver_version: "535.183.01",
      nvml_error:
        "18 LIB_RM_VERSION_MISMATCH: Failed to initialize NVML: Driver/library version mismatch",
      gpus: [],
    });
    expect(facts.problems[0]?.what).toBe(
      "the driver's library (580.95) was updated, but the kernel still runs the old module (535.183.01) (NVML: 18 LIB_RM_VERSION_MISMATCH: Failed to initialize NVML: Driver/library version mismatch)",
    );
  });

  test("text without a line end, and tabs in it, are facts like others", async () => {
    host.command("nvidia-smi", "printf 'one\\ttwo\\n\\nthree'; exit 3");
    expect((await host.probe()).split("\n").slice(1, 4)).toEqual([
      "smi\tone\ttwo",
      "smi\tthree",
      "smi-code\t3",
    ]);
  });
});

describe("the container toolkit", () => {
  test("its version, devices and specification", async () => {
    host.withToolkit("1.20.0", [
      "nvidia.com/gpu=0",
      `nvidia.com/gpu=${UUID}`,
      "nvidia.com/gpu=all",
    ]);
    const { report, toolkit } = await host.facts();
    expect(report.toolkit).toEqual({
      installed: true,
      version: "1.20.0",
      runtime: false,
      cdi: false,
    });
    expect(toolkit).toEqual({
      version: "1.20.0",
      runtime: false,
      cdiSpec: true,
      engineReadsCdi: false,
      cdiDevices: ["nvidia.com/gpu=0", `nvidia.com/gpu=${UUID}`, "nvidia.com/gpu=all"],
    });
  });

  test.each([
    ["etc/cdi/nvidia.yaml", "kind: nvidia.com/gpu\n", ["/etc/cdi/nvidia.yaml"]],
    ["run/cdi/nvidia.yaml", 'kind: "nvidia.com/gpu"\n', ["/var/run/cdi/nvidia.yaml"]],
    [
      "run/cdi/nvidia.json",
      '{"cdiVersion":"0.5.0","kind":"nvidia.com/gpu"}',
      ["/var/run/cdi/nvidia.json"],
    ],
    ["etc/cdi/intel.yaml", "kind: intel.com/gpu\n", []],
    ["etc/cdi/nvidia.txt", "kind: nvidia.com/gpu\n", []],
  ])("the specification %s", async (path, text, expected) => {
    host.write(path, text);
    const found = (await host.probe()).split("\n").filter((line) => line.startsWith("cdi-spec\t"));
    expect(found).toEqual(expected.map((name) => `cdi-spec\t${name}`));
  });

  test("the engine by the docker command, where it has no socket here", async () => {
    const info = { ServerVersion: "28.3.0", Runtimes: { nvidia: {} }, CgroupDriver: "cgroupfs" };
    host.command(
      "docker",
      `[ "$*" = "info --format {{json .}}" ] && echo '${JSON.stringify(info)}'`,
    );
    const { engine } = await host.facts();
    expect(engine).toEqual({ version: "28.3.0", runtimes: ["nvidia"], cgroupDriver: "cgroupfs" });
  });

  test("an engine that does not answer", async () => {
    host.command("docker", `echo '{"ServerVersion":"","ServerErrors":["Cannot connect"]}'; exit 1`);
    expect((await host.facts()).engine).toBeUndefined();
  });
});

describe("cards and render nodes", () => {
  test("NVIDIA's cards, by whatever they are driven", async () => {
    host.card("0000:01:00.0", "nouveau");
    host.card("0000:41:00.0");
    host.card("0000:03:00.0", "amdgpu", "amd");
    host.write("sys/bus/pci/devices/0000:01:00.1/vendor", "0x10de\n");
    host.write("sys/bus/pci/devices/0000:01:00.1/class", "0x040300\n");
    expect((await host.facts()).driver.cards).toEqual([
      { address: "0000:01:00.0", driver: "nouveau" },
      { address: "0000:41:00.0", driver: null },
    ]);
  });

  test("nodes of every vendor, with the group that may use them", async () => {
    host.renderNode("renderD128", "0x1002", "0x744c", 25_753_026_560);
    host.renderNode("renderD129", "0x8086", "0x56a0");
    host.renderNode("renderD130", "0x10de", "0x2684");
    host.write("dev/dri/renderD131");
    host.write("dev/kfd");
    const group = process.getgid?.();
    const { renderNodes, kfd } = await host.facts();
    const node = (
      number: number,
      vendor: string,
      pciId: string,
      memoryTotalMib: number | null,
    ) => ({
      name: `renderD${number}`,
      path: `/dev/dri/renderD${number}`,
      group,
      vendor,
      pciId,
      memoryTotalMib,
    });
    expect(renderNodes).toEqual([
      node(128, "amd", "1002:744c", 24560),
      node(129, "intel", "8086:56a0", null),
      node(130, "nvidia", "10de:2684", null),
      node(131, "other", ":", null),
    ]);
    expect(kfd).toEqual({ path: "/dev/kfd", group });
  });

  test("Linux under Windows", async () => {
    host.write("dev/dxg");
    expect((await host.facts()).host.wsl).toBe(true);
  });
});

test("a line that is no fact is a bug and says which", () => {
  expect(() => parseGpuFacts("sh: 1: stat: not found\n")).toThrow(
    new Error("the GPU probe printed an unexpected line: sh: 1: stat: not found"),
  );
});

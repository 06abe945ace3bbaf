import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GpuFacts, parseGpuFacts, parseGpuLoad } from "../../plan/gpuFacts";
import type { GpuReport } from "../../plan/gpuReport";
import { gpuReportJsonSchema } from "../../plan/gpuReportSchema";
import { NVML_CODES } from "../../plan/nvmlCodes";
import { compileFakeNvml, GpuHost } from "../support/gpu/gpuHost";
import { SCHEMA, schemaFaults } from "../support/gpu/reportSchema";

const folder = mkdtempSync(join(tmpdir(), "aistack-nvml-"));
let library = "";
let oldLibrary = "";
let host: GpuHost;

beforeAll(() => {
  library = compileFakeNvml(join(folder, "current"));
  oldLibrary = compileFakeNvml(join(folder, "old"), "-DOLD_DRIVER");
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  host = new GpuHost();
});
afterEach(() => host.remove());

const UUID = (index: number, kind = "GPU") => `${kind}-00000000-0000-0000-0000-00000000000${index}`;

const GPU_0: GpuReport["gpus"][number] = {
  index: 0,
  uuid: UUID(0),
  name: "NVIDIA Fake 0",
  memory_total_mib: 24564,
  compute_capability: "8.9",
  mig: { enabled: false, devices: [] },
};
const GPU_1: GpuReport["gpus"][number] = {
  ...GPU_0,
  index: 1,
  uuid: UUID(1),
  name: "NVIDIA Fake 1",
  memory_total_mib: 25564,
  mig: null,
};
const NO_TOOLKIT = { installed: false, version: null, runtime: false, cdi: false };

/** Two healthy GPUs, as the report has them. */
const HEALTHY: GpuReport = {
  driver_version: "580.95.05",
  cuda_version: "13.1",
  nvml_ok: true,
  nvml_error: null,
  gpus: [GPU_0, GPU_1],
  toolkit: NO_TOOLKIT,
};

/** What the probe finds, once its report has passed the schema. */
async function facts(switches: Readonly<Record<string, string>> = {}): Promise<GpuFacts> {
  const found = await host.withNvml(library, switches).facts();
  expect(schemaFaults(found.report)).toEqual([]);
  return found;
}

/** Problems of the driver alone: this host has no container toolkit. */
function driverProblems({ problems }: GpuFacts) {
  return problems.filter(({ where }) => where !== "container toolkit");
}

test("the schema in the repository is the one that the code decides", () => {
  expect(SCHEMA).toEqual(gpuReportJsonSchema());
});

test("the schema refuses what is no report", () => {
  const wrong = { ...HEALTHY, nvml_ok: "yes", gpus: [{ ...GPU_0, index: -1 }], more: 1 };
  expect(schemaFaults(wrong as unknown as GpuReport)).toEqual([
    " must NOT have additional properties",
    "/nvml_ok must be boolean",
    "/gpus/0/index must be >= 0",
  ]);
});

describe("NVML that answers", () => {
  test.each(["/bin/sh", "/bin/bash"])(
    "two GPUs, read by %s from its standard input",
    async (shell) => {
      const found = parseGpuFacts(await host.withNvml(library).probe(shell));
      expect(found.report).toEqual(HEALTHY);
      expect(schemaFaults(found.report)).toEqual([]);
      expect(found).toMatchObject({ source: "nvml", nvml: null, unreadableGpus: [] });
      expect(driverProblems(found)).toEqual([]);
      expect(found.driver).toEqual({
        loadedVersion: "580.95.05",
        cards: [{ address: "0000:01:00.0", driver: "nvidia" }],
      });
    },
  );

  test("no GPU", async () => {
    const found = await facts({ FAKE_GPUS: "0" });
    expect(found.report).toEqual({ ...HEALTHY, gpus: [] });
    expect(driverProblems(found)).toEqual([
      {
        severity: "error",
        what: "the driver is loaded, but finds no GPU",
        where: "NVIDIA driver",
        fix: "See whether the card is there with: lspci -d 10de:, and what the driver says with: sudo dmesg | grep -iE 'nvrm|xid'",
      },
    ]);
  });

  test("MIG with two instances", async () => {
    const { report } = await facts({ FAKE_MIG: "2" });
    const devices = [UUID(0, "MIG"), UUID(2, "MIG")].map((uuid) => ({
      uuid,
      memory_total_mib: 9856,
    }));
    expect(report.gpus[0]?.mig).toEqual({ enabled: true, devices });
    expect(report.gpus[1]?.mig).toBeNull();
  });

  test("MIG without instances", async () => {
    const found = await facts({ FAKE_MIG: "0", FAKE_GPUS: "1" });
    expect(found.report.gpus[0]?.mig).toEqual({ enabled: true, devices: [] });
    expect(
      driverProblems(found).map(({ severity, where, what }) => [severity, where, what]),
    ).toEqual([
      ["error", "GPU 0", "it is in MIG mode, but has no instances, so nothing can compute on it"],
    ]);
  });

  test("an instance that is gone between two calls is left out", async () => {
    const { report } = await facts({ FAKE_MIG: "2", FAKE_nvmlDeviceGetUUID_2: "15" });
    expect(report.gpus[0]?.mig?.devices).toEqual([
      { uuid: UUID(0, "MIG"), memory_total_mib: 9856 },
    ]);
  });

  test("memory that is shared with the CPU", async () => {
    const found = await facts({ FAKE_nvmlDeviceGetMemoryInfo: "3" });
    expect(found.report.gpus.map((gpu) => gpu.memory_total_mib)).toEqual([null, null]);
    expect(found.report).toMatchObject({ nvml_ok: true, nvml_error: null });
    expect(driverProblems(found)).toEqual([]);
  });

  test("a compute capability that is not told", async () => {
    const { report } = await facts({ FAKE_nvmlDeviceGetCudaComputeCapability_1: "3" });
    expect(report.gpus.map((gpu) => gpu.compute_capability)).toEqual(["8.9", null]);
  });

  test("no libcuda.so.1", async () => {
    const found = await facts({ FAKE_nvmlSystemGetCudaDriverVersion_v2: "12" });
    expect(found.report).toEqual({ ...HEALTHY, cuda_version: null });
    expect(driverProblems(found)).toEqual([
      {
        severity: "error",
        what: "the driver's compute library, libcuda.so.1, is not installed",
        where: "NVIDIA driver",
        fix: "Install it: sudo apt-get install -y libnvidia-compute-580, or libnvidia-compute-580-server beside a -server driver",
      },
    ]);
  });

  test("no driver version: the kernel module's is told", async () => {
    const { report } = await facts({ FAKE_nvmlSystemGetDriverVersion: "999" });
    expect(report).toEqual(HEALTHY);
  });

  test("an old driver that lacks calls", async () => {
    const found = await host.withNvml(oldLibrary, { FAKE_DRIVER: "450.80.02" }).facts();
    expect(schemaFaults(found.report)).toEqual([]);
    expect(found.report).toEqual({
      ...HEALTHY,
      driver_version: "450.80.02",
      cuda_version: null,
      gpus: [{ ...GPU_0, mig: null }, GPU_1],
    });
    expect(driverProblems(found).map(({ what }) => what)).toEqual([
      "driver 450.80.02 is too old: Ollama needs 550",
    ]);
  });
});

describe("one GPU of two that cannot be read", () => {
  test.each<[call: string, code: number]>([
    ["nvmlDeviceGetHandleByIndex_v2", 4],
    ["nvmlDeviceGetHandleByIndex_v2", 15],
    ["nvmlDeviceGetUUID", 15],
    ["nvmlDeviceGetName", 999],
    ["nvmlDeviceGetMemoryInfo", 15],
    ["nvmlDeviceGetMemoryInfo", 999],
    ["nvmlDeviceGetCudaComputeCapability", 16],
    ["nvmlDeviceGetMigMode", 15],
  ])("%s answers %i", async (call, code) => {
    const found = await facts({ [`FAKE_${call}_1`]: String(code) });
    const name = NVML_CODES[code]?.name ?? "";
    const fault = { code, name, message: `text of code ${code}` };
    expect(found.unreadableGpus).toEqual([{ index: 1, fault }]);
    expect(found.report).toEqual({
      ...HEALTHY,
      nvml_error: `${code} ${name}: text of code ${code}`,
      gpus: [GPU_0],
    });
    expect(driverProblems(found).map(({ severity, where }) => [severity, where])).toEqual([
      ["warning", "GPU 1"],
    ]);
  });

  test("both: the report is one of a host without", async () => {
    const found = await facts({ FAKE_nvmlDeviceGetHandleByIndex_v2: "15" });
    expect(found.report).toEqual({
      ...HEALTHY,
      nvml_ok: false,
      nvml_error: "15 GPU_IS_LOST: text of code 15",
      gpus: [],
    });
    expect(driverProblems(found).map(({ severity, where }) => [severity, where])).toEqual([
      ["error", "GPU 0"],
      ["error", "GPU 1"],
    ]);
  });
});

describe("NVML that does not answer", () => {
  const none = (nvml_error: string, driver_version: string | null = "580.95.05"): GpuReport => ({
    driver_version,
    cuda_version: null,
    nvml_ok: false,
    nvml_error,
    gpus: [],
    toolkit: NO_TOOLKIT,
  });
  const codes = Object.keys(NVML_CODES)
    .map(Number)
    .filter((code) => code !== 0);

  test("every code of nvml.h is in the table", () => {
    expect(codes).toEqual([...Array.from({ length: 30 }, (_, index) => index + 1), 999]);
  });

  test.each(codes)("nvmlInit_v2 answers %i", async (code) => {
    const found = await facts({ FAKE_nvmlInit_v2: String(code) });
    const name = NVML_CODES[code]?.name ?? "";
    const error = `${code} ${name}: text of code ${code}`;
    expect(found.report).toEqual(none(error));
    expect(found).toMatchObject({
      source: "none",
      nvml: { code, name, message: `text of code ${code}` },
    });
    const [problem, ...others] = driverProblems(found);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ severity: "error", where: "NVIDIA driver" });
    expect(problem?.what).toContain(` (NVML: ${error})`);
    expect(problem?.fix?.length).toBeGreaterThan(20);
  });

  test("a code that nvml.h does not have", async () => {
    const { report } = await facts({ FAKE_nvmlInit_v2: "77" });
    expect(report.nvml_error).toBe("77 UNRECOGNIZED: text of code 77");
  });

  test("the number of GPUs cannot be told", async () => {
    const { report } = await facts({ FAKE_nvmlDeviceGetCount_v2: "999" });
    expect(report).toEqual(none("999 UNKNOWN: text of code 999"));
  });

  test("a library that cannot be loaded, on a host without any card", async () => {
    const found = await host.withPython().facts();
    expect(found.report).toEqual(
      none(
        "12 LIBRARY_NOT_FOUND: libnvidia-ml-absent.so.1: cannot open shared object file: No such file or directory",
        null,
      ),
    );
    expect(schemaFaults(found.report)).toEqual([]);
    expect(found.problems).toEqual([]);
  });

  test("a library that crashes", async () => {
    const { report, problems } = await facts({ FAKE_CRASH: "nvmlDeviceGetName" });
    expect(report).toEqual(
      none("CRASHED: NVIDIA's library ended the process that asked it (signal 11)"),
    );
    expect(problems[0]?.what).toMatch(/^NVIDIA's library crashes \(/);
  });

  test("a hang is ended, and nvidia-smi is not left to hang as well", async () => {
    host.command("nvidia-smi", `: >"${host.folder}/asked"; sleep 60`);
    const started = Date.now();
    const found = await facts({ FAKE_HANG: "nvmlInit_v2" });
    expect(Date.now() - started).toBeGreaterThanOrEqual(5000);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(found.report).toEqual(none("HUNG: NVML did not answer within 5 seconds"));
    expect(driverProblems(found)).toEqual([
      {
        severity: "error",
        what: "the driver hangs (NVML: HUNG: NVML did not answer within 5 seconds)",
        where: "NVIDIA driver",
        fix: "See why with: sudo dmesg | grep -iE 'nvrm|xid'. A process that waits for it cannot be killed. Reboot: sudo reboot",
      },
    ]);
    expect(host.has("asked")).toBe(false);
  });

  test("a hang that SIGKILL does not end is not waited for", async () => {
    const started = Date.now();
    const { report } = await facts({ FAKE_STRAY: "40" });
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(report).toEqual(none("HUNG: NVML did not answer within 5 seconds"));
  });
});

test("a nvidia-smi that hangs is ended too", async () => {
  host.command("nvidia-smi", "echo begins; exec sleep 60");
  const started = Date.now();
  const { report } = await host.facts();
  expect(Date.now() - started).toBeLessThan(20_000);
  expect(schemaFaults(report)).toEqual([]);
  expect(report.nvml_error).toBe("HUNG: nvidia-smi did not answer within 5 seconds");
});

describe("the load", () => {
  test("of two GPUs", async () => {
    host.withNvml(library);
    const common = { memoryUsedMib: 2048 };
    const processes = [
      { pid: 4000, memoryUsedMib: 512 },
      { pid: 4001, memoryUsedMib: null },
    ];
    expect(parseGpuLoad(await host.load())).toEqual([
      {
        index: 0,
        uuid: UUID(0),
        utilizationPercent: 37,
        memoryTotalMib: 24564,
        processes,
        ...common,
      },
      {
        index: 1,
        uuid: UUID(1),
        utilizationPercent: 38,
        memoryTotalMib: 25564,
        processes,
        ...common,
      },
    ]);
  });

  test("more processes than the first question has room for", async () => {
    host.withNvml(library, { FAKE_PROCESSES: "150", FAKE_GPUS: "1" });
    const load = parseGpuLoad(await host.load());
    expect(load?.[0]?.processes).toHaveLength(150);
    expect(load?.[0]?.processes?.[149]).toEqual({ pid: 4149, memoryUsedMib: null });
  });

  test("what is not told is null, and a GPU that is lost is left out", async () => {
    host.withNvml(library, {
      FAKE_nvmlDeviceGetUtilizationRates: "3",
      FAKE_nvmlDeviceGetMemoryInfo: "3",
      FAKE_nvmlDeviceGetComputeRunningProcesses_v3: "4",
      FAKE_nvmlDeviceGetHandleByIndex_v2_1: "15",
    });
    expect(parseGpuLoad(await host.load())).toEqual([
      {
        index: 0,
        uuid: UUID(0),
        utilizationPercent: null,
        memoryUsedMib: null,
        memoryTotalMib: null,
        processes: null,
      },
    ]);
  });

  test("of a driver that does not answer", async () => {
    host.withNvml(library, { FAKE_nvmlInit_v2: "9" });
    expect(parseGpuLoad(await host.load())).toBeNull();
  });
});

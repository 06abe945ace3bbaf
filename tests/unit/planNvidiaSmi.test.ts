import { describe, expect, test } from "vitest";
import type { NvmlFault } from "../../plan/gpuFacts";
import { parseGpuFacts } from "../../plan/gpuFacts";
import type { GpuReport } from "../../plan/gpuReport";
import { schemaFaults } from "../support/gpu/reportSchema";

const UUID_0 = "GPU-00000000-0000-0000-0000-000000000000";
const UUID_1 = "GPU-00000000-0000-0000-0000-000000000001";

const GPU: GpuReport["gpus"][number] = {
  index: 0,
  uuid: UUID_0,
  name: "NVIDIA A100-SXM4-40GB",
  memory_total_mib: 40960,
  compute_capability: "8.0",
  mig: { enabled: false, devices: [] },
};

/** A row as nvidia-smi prints it, with these cells in the place of a healthy GPU's. */
function row(
  cells: Partial<
    Record<"index" | "uuid" | "name" | "memory" | "driver" | "mig" | "capability", string>
  > = {},
) {
  const healthy = {
    index: "0",
    uuid: UUID_0,
    name: "NVIDIA A100-SXM4-40GB",
    memory: "40960",
    driver: "580.95.05",
    mig: "Disabled",
    capability: "8.0",
  };
  return Object.values({ ...healthy, ...cells }).join(", ");
}

/** Facts of a host on which nvidia-smi alone can be asked. */
function facts(table: readonly string[], code = "0", more: readonly string[] = []) {
  const lines = [
    "nvml-code\tno-python",
    ...table.map((line) => `smi\t${line}`),
    `smi-code\t${code}`,
  ];
  const found = parseGpuFacts([...lines, ...more].join("\n"));
  expect(schemaFaults(found.report)).toEqual([]);
  return found;
}

describe("cells", () => {
  test.each<[string, Parameters<typeof row>[0], Partial<GpuReport["gpus"][number]>]>([
    ["a healthy GPU", {}, {}],
    ["memory that is shared", { memory: "[N/A]" }, { memory_total_mib: null }],
    ["memory of an older form", { memory: "[Not Supported]" }, { memory_total_mib: null }],
    ["a GPU without MIG", { mig: "[N/A]" }, { mig: null }],
    ["a GPU without MIG, older form", { mig: "N/A" }, { mig: null }],
    ["MIG without a list", { mig: "Enabled" }, { mig: { enabled: true, devices: [] } }],
    ["no compute capability", { capability: "[N/A]" }, { compute_capability: null }],
  ])("%s", (_what, cells, expected) => {
    const { report, unreadableGpus } = facts([row(cells)]);
    expect(report.gpus).toEqual([{ ...GPU, ...expected }]);
    expect(unreadableGpus).toEqual([]);
  });

  test.each<[string, Parameters<typeof row>[0], number]>([
    ["a lost GPU", { memory: "[GPU is lost]" }, 15],
    ["a GPU that answers nothing", { name: "[Unknown Error]", memory: "[Unknown Error]" }, 999],
    ["a GPU whose memory alone fails", { memory: "[Unknown Error]" }, 999],
    ["a GPU without a name that may be known", { name: "[Insufficient Permissions]" }, 4],
    ["a GPU without a UUID", { uuid: "[N/A]" }, 999],
  ])("%s is left out", (_what, cells, code) => {
    const { report, unreadableGpus } = facts([row({ index: "1", uuid: UUID_1, ...cells }), row()]);
    expect(report.gpus).toEqual([GPU]);
    expect(unreadableGpus.map(({ index, fault }) => [index, fault.code])).toEqual([[1, code]]);
    expect(report.driver_version).toBe("580.95.05");
  });

  test("the driver's version is any row's that has it", () => {
    const rows = [row({ driver: "[Unknown Error]" }), row({ index: "1", uuid: UUID_1 })];
    expect(facts(rows).report.driver_version).toBe("580.95.05");
  });

  test("a name with a comma is no row, and is told as it is", () => {
    const { report } = facts([row({ name: "A, B" })]);
    expect(report.nvml_error).toBe(
      `UNREADABLE: nvidia-smi told nothing (exit code 0): ${row({ name: "A, B" })}`,
    );
  });

  test("CUDA is taken from the XML", () => {
    const more = ["smi-xml\t\t<cuda_version>12.8</cuda_version>", "smi-xml-code\t0"];
    expect(facts([row()], "0", more).report.cuda_version).toBe("12.8");
    expect(facts([row()]).report.cuda_version).toBeNull();
  });

  test("each partitioned GPU has the instances below its own line", () => {
    const list = [
      `GPU 0: NVIDIA A100 (UUID: ${UUID_0})`,
      "  MIG 3g.20gb     Device  0: (UUID: MIG-a)",
      "  MIG 3g.20gb     Device  1: (UUID: MIG-b)",
      `GPU 1: NVIDIA A100 (UUID: ${UUID_1})`,
      "  MIG 7g.40gb     Device  0: (UUID: MIG-c)",
    ].map((line) => `smi-list\t${line}`);
    const rows = [row({ mig: "Enabled" }), row({ index: "1", uuid: UUID_1, mig: "Enabled" })];
    const { report } = facts(rows, "0", list);
    expect(report.gpus.map(({ mig }) => mig?.devices.map(({ uuid }) => uuid))).toEqual([
      ["MIG-a", "MIG-b"],
      ["MIG-c"],
    ]);
  });
});

describe("texts", () => {
  const COMMUNICATE =
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.";
  const LIBRARY =
    "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is properly installed and present in your system.";

  test.each<[text: string, exitCode: string, code: number, name: string]>([
    [COMMUNICATE, "9", 9, "DRIVER_NOT_LOADED"],
    [COMMUNICATE, "0", 9, "DRIVER_NOT_LOADED"],
    [LIBRARY, "12", 12, "LIBRARY_NOT_FOUND"],
    [
      "Failed to initialize NVML: Driver/library version mismatch",
      "18",
      18,
      "LIB_RM_VERSION_MISMATCH",
    ],
    ["Failed to initialize NVML: Unknown Error", "255", 999, "UNKNOWN"],
    ["Failed to initialize NVML: Insufficient Permissions", "4", 4, "NO_PERMISSION"],
    ["Failed to initialize NVML: Driver Not Loaded", "9", 9, "DRIVER_NOT_LOADED"],
    ["Failed to initialize NVML: GPU is lost", "15", 15, "GPU_IS_LOST"],
    [
      "Failed to initialize NVML: GPU access blocked by the operating system",
      "17",
      17,
      "OPERATING_SYSTEM",
    ],
    ["Failed to initialize NVML: Function Not Found", "13", 13, "FUNCTION_NOT_FOUND"],
    ["Failed to initialize NVML: Something new", "255", 999, "UNKNOWN"],
    ["No devices were found", "6", 6, "NOT_FOUND"],
    ["No devices were found", "0", 6, "NOT_FOUND"],
    ["An answer that nobody knows", "14", 14, "CORRUPTED_INFOROM"],
  ])("%s (exit code %s)", (text, exitCode, code, name) => {
    const found = facts([text], exitCode);
    expect(found.nvml).toEqual({ code, name, message: text });
    expect(found.report).toMatchObject({
      nvml_ok: false,
      nvml_error: `${code} ${name}: ${text}`,
      gpus: [],
      driver_version: null,
    });
    expect(found.source).toBe("none");
  });

  test.each<[table: string[], exitCode: string, fault: Partial<NvmlFault>]>([
    [[], "timeout", { name: "HUNG", message: "nvidia-smi did not answer within 5 seconds" }],
    [[], "0", { name: "UNREADABLE", message: "nvidia-smi told nothing (exit code 0): no output" }],
    [
      ['Field "compute_cap" is not a valid field to query.'],
      "2",
      {
        name: "UNREADABLE",
        message:
          'nvidia-smi told nothing (exit code 2): Field "compute_cap" is not a valid field to query.',
      },
    ],
  ])("%j (exit code %s)", (table, exitCode, fault) => {
    expect(facts(table, exitCode).nvml).toEqual({ code: null, ...fault });
  });

  test.each<[line: string, index: number | null, code: number]>([
    ["Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error", null, 999],
    [
      "Unable to determine the device handle for GPU0000:20:00.0: GPU is lost.  Reboot the system to recover this GPU",
      null,
      15,
    ],
    ["Unable to determine the device handle for GPU1: 0000:02:00.0: Unknown Error", 1, 999],
    [
      "Unable to determine the device handle for gpu 0000:01:00.0: Insufficient Permissions",
      null,
      4,
    ],
  ])("%s", (line, index, code) => {
    const found = facts([line, row()], "15");
    expect(found.unreadableGpus).toMatchObject([{ index, fault: { code, message: line } }]);
    expect(found.report.gpus).toEqual([GPU]);
    const alone = facts([line], "15");
    expect(alone.report).toMatchObject({ nvml_ok: false, gpus: [] });
    expect(alone.problems[1]).toMatchObject({
      severity: "error",
      where: index === null ? "GPU" : `GPU ${index}`,
    });
  });

  test("what NVML said itself goes before what nvidia-smi says of it", () => {
    const output = [
      'nvml\t{"init": {"code": 18, "value": null, "text": "its own words"}}',
      "nvml-code\t3",
      "smi\tFailed to initialize NVML: Driver/library version mismatch",
      "smi-code\t18",
    ];
    expect(parseGpuFacts(output.join("\n")).nvml?.message).toBe("its own words");
  });

  test("a probe that came to grief does not hide what nvidia-smi reads", () => {
    const output = [
      "nvml\tTraceback",
      "nvml\tMemoryError",
      "nvml-code\t1",
      `smi\t${row()}`,
      "smi-code\t0",
    ];
    const found = parseGpuFacts(output.join("\n"));
    expect(found.source).toBe("nvidia-smi");
    expect(found.report.nvml_error).toBe("UNREADABLE: the NVML probe gave no answer: MemoryError");
    expect(found.report.gpus).toEqual([GPU]);
  });
});

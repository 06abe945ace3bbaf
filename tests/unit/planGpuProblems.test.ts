import { describe, expect, test } from "vitest";
import type { GpuFacts } from "../../plan/gpuFacts";
import { GPU_UUID, type GpuOutput, gpuFacts } from "../support/gpu/gpuOutput";

/** `severity where: what`, one a line. */
const told = ({ problems }: GpuFacts) =>
  problems.map(({ severity, where, what }) => `${severity} ${where}: ${what}`);
const fixOf = (host: GpuOutput) => gpuFacts(host).problems[0]?.fix;

const RUNTIME = { Runtimes: { nvidia: {}, runc: {} } };
const NO_CDI = { CDISpecDirs: [] };
const WRITE_SPEC =
  "sudo mkdir -p /var/run/cdi && sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml";
const STOPS =
  "The restart of Docker stops every container of this host, unless daemon.json has live-restore";

test("a host in good order", () => {
  expect(gpuFacts().problems).toEqual([]);
});

describe("traces of NVIDIA", () => {
  const nothing: GpuOutput = { driver: null, toolkit: undefined, cdiDevices: [], engine: null };

  test("none: nothing is wrong, whatever is installed", () => {
    expect(told(gpuFacts(nothing))).toEqual([]);
    expect(told(gpuFacts({ ...nothing, toolkit: "1.0.0" }))).toEqual([]);
    expect(told(gpuFacts({ ...nothing, lines: ["wsl\tyes"] }))).toEqual([]);
  });

  test("a card is enough", () => {
    const lines = ["card\t0000:01:00.0\t"];
    expect(told(gpuFacts({ ...nothing, lines }))).toEqual([
      "error NVIDIA driver: the GPUs cannot be read (NVML: NO_PYTHON: NVML was not asked, because python3 is not installed)",
      "error container toolkit: NVIDIA's container toolkit is not installed, so containers get no GPU",
    ]);
  });

  test("so is a module", () => {
    const lines = ["module\tNVIDIA UNIX x86_64 Kernel Module  580.95.05  Sun"];
    const facts = gpuFacts({ ...nothing, lines });
    expect(facts.driver.loadedVersion).toBe("580.95.05");
    expect(facts.problems).toHaveLength(2);
  });
});

describe("drivers", () => {
  const noCuda13 = (driver: string) =>
    `warning NVIDIA driver: driver ${driver} serves no CUDA 13: images for it refuse to start, so those for CUDA 12 are used. From 580 on it does`;
  const tooOldFor = (index: number, capability: string, driver: string) =>
    `GPU ${index}: NVIDIA GeForce RTX 4090 has compute capability ${capability}, for which Ollama needs driver 570, not ${driver}`;

  test.each<[driver: string, capabilities: string[], expected: string[]]>([
    [
      "535.183.01",
      ["8.9"],
      ["error NVIDIA driver: driver 535.183.01 is too old: Ollama needs 550"],
    ],
    ["549.99", ["6.1"], ["error NVIDIA driver: driver 549.99 is too old: Ollama needs 550"]],
    ["550", ["8.9"], [noCuda13("550")]],
    ["550.54.14", ["7.0"], [noCuda13("550.54.14")]],
    ["565.77", ["6.1"], [`error ${tooOldFor(0, "6.1", "565.77")}`, noCuda13("565.77")]],
    ["565.77", ["6.2", "8.9"], [`warning ${tooOldFor(0, "6.2", "565.77")}`, noCuda13("565.77")]],
    ["570.86.15", ["5.0"], [noCuda13("570.86.15")]],
    ["579.9", ["8.9"], [noCuda13("579.9")]],
    ["580", ["5.2"], []],
    ["590.44", ["12.0"], []],
    [
      "580.95.05",
      ["3.7"],
      ["error GPU 0: NVIDIA GeForce RTX 4090 has compute capability 3.7, and Ollama needs 5.0"],
    ],
    [
      "580.95.05",
      ["8.9", "3.7"],
      ["warning GPU 1: NVIDIA GeForce RTX 4090 has compute capability 3.7, and Ollama needs 5.0"],
    ],
  ])("%s with %j", (driver, capabilities, expected) => {
    expect(told(gpuFacts({ driver, capabilities }))).toEqual(expected);
  });

  test.each([
    [
      "ubuntu",
      "Install it: sudo apt-get install -y libnvidia-compute-580, or libnvidia-compute-580-server beside a -server driver",
    ],
    ["debian", "Install it: sudo apt-get install -y libcuda1"],
    [
      "fedora",
      "Install driver 580 or newer as https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/ tells for fedora 1, then reboot: sudo reboot",
    ],
  ])("without libcuda.so.1 on %s", (distribution, fix) => {
    expect(gpuFacts({ cudaCode: 12, distribution }).problems).toEqual([
      {
        severity: "error",
        what: "the driver's compute library, libcuda.so.1, is not installed",
        where: "NVIDIA driver",
        fix,
      },
    ]);
  });

  test("CUDA's version is not told for another reason", () => {
    expect(told(gpuFacts({ cudaCode: 999 }))).toEqual([
      "warning CUDA: the driver does not say what is wrong (NVML: 999 UNKNOWN: said so)",
    ]);
  });
});

describe("GPUs in MIG mode without instances", () => {
  const what = (index: number) =>
    `GPU ${index}: it is in MIG mode, but has no instances, so nothing can compute on it`;
  const uuids = (...names: string[]) => names.map((name) => `nvidia.com/gpu=${name}`);

  test("are an error where none is left, be there one or several", () => {
    expect(told(gpuFacts({ mig: true }))).toEqual([`error ${what(0)}`]);
    expect(told(gpuFacts({ mig: true, capabilities: ["8.0", "9.0"] }))).toEqual([
      `error ${what(0)}`,
      `error ${what(1)}`,
    ]);
  });

  test("are not missed in the CDI specification, which leaves them out", () => {
    const host = { mig: true, cdiDevices: uuids("all", "MIG-a") };
    expect(told(gpuFacts(host))).toEqual([`error ${what(0)}`]);
  });
});

describe("the container toolkit", () => {
  test.each([
    ["1.19.0", "CVE-2026-24260"],
    ["1.17.8", "CVE-2026-24260"],
    ["1.17.7", "CVE-2026-24260 and CVE-2025-23266"],
    ["1.19.1-rc.1", "CVE-2026-24260"],
  ])("version %s is too old", (toolkit, flaws) => {
    expect(told(gpuFacts({ toolkit }))).toEqual([
      `error container toolkit: nvidia-container-toolkit ${toolkit} is below 1.19.1: ` +
        `an image can break out of its container (${flaws})`,
    ]);
  });

  test.each(["1.19.1", "1.20.0", "2.0.0"])("version %s is new enough", (toolkit) => {
    expect(told(gpuFacts({ toolkit }))).toEqual([]);
  });

  test("a version that cannot be read", () => {
    expect(gpuFacts({ toolkit: "unknown" }).problems).toEqual([
      {
        severity: "error",
        what: "its version could not be read; 1.19.1 or newer is needed",
        where: "container toolkit",
        fix: "See what this says: nvidia-ctk --version",
      },
    ]);
  });

  const APT = [
    "Install it:",
    "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ca-certificates curl gnupg2",
    "  curl -fsSL https://nvidia.github.io/libnvidia-container/gpgkey | sudo gpg --dearmor --yes -o /usr/share/keyrings/nvidia-container-toolkit-keyring.gpg",
    "  curl -fsSL https://nvidia.github.io/libnvidia-container/stable/deb/nvidia-container-toolkit.list | sed 's#deb https://#deb [signed-by=/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg] https://#g' | sudo tee /etc/apt/sources.list.d/nvidia-container-toolkit.list",
    "  sudo apt-get update && sudo apt-get install -y nvidia-container-toolkit",
  ];
  const DNF = [
    "Install it:",
    "  curl -fsSL https://nvidia.github.io/libnvidia-container/stable/rpm/nvidia-container-toolkit.repo | sudo tee /etc/yum.repos.d/nvidia-container-toolkit.repo",
    "  sudo dnf install -y nvidia-container-toolkit",
  ];
  const CONFIGURE = "  sudo nvidia-ctk runtime configure --runtime=docker";
  const RESTART = "  sudo systemctl restart docker";
  const missing: GpuOutput = { toolkit: undefined, cdiDevices: [] };

  test.each<[string, GpuOutput, string[]]>([
    ["on an engine that reads CDI", {}, [...APT, `  ${WRITE_SPEC}`]],
    [
      "on one that does not know CDI",
      { engine: { ServerVersion: "24.0.9", ...NO_CDI } },
      [...APT, CONFIGURE, RESTART, STOPS],
    ],
    [
      "on one that must be told",
      { engine: { ServerVersion: "27.5.1", ...NO_CDI } },
      [...APT, `${CONFIGURE} --cdi.enabled`, `  ${WRITE_SPEC}`, RESTART, STOPS],
    ],
    ["without an engine", { engine: null }, [...APT, CONFIGURE, RESTART, STOPS]],
    ["where the runtime is left over", { engine: { ...RUNTIME, ...NO_CDI } }, APT],
    ["on another family", { distribution: "rocky" }, [...DNF, `  ${WRITE_SPEC}`]],
    ["on Debian", { distribution: "debian" }, [...APT, `  ${WRITE_SPEC}`]],
  ])("its installation %s", (_what, host, lines) => {
    const { problems } = gpuFacts({ ...missing, ...host });
    expect(problems).toEqual([
      {
        severity: "error",
        what: "NVIDIA's container toolkit is not installed, so containers get no GPU",
        where: "container toolkit",
        fix: lines.join("\n"),
      },
    ]);
  });

  test("its update", () => {
    expect(fixOf({ toolkit: "1.17.8" })).toBe(APT.join("\n").replace("Install it", "Update it"));
  });
});

describe("the way into containers", () => {
  const RELOAD =
    "warning docker: a systemctl daemon-reload takes the GPUs away from containers that got them without CDI";

  test.each<[string, GpuOutput, string[]]>([
    ["by CDI", {}, []],
    ["by CDI and the runtime", { engine: RUNTIME }, []],
    ["no engine to ask", { engine: null }, []],
    [
      "no way at all",
      { engine: NO_CDI },
      ["error docker: Docker knows nothing of the container toolkit, so containers get no GPU"],
    ],
    [
      "no specification",
      { cdiDevices: [] },
      [
        "error container toolkit: there is no CDI specification of the GPUs (the toolkit's nvidia-cdi-refresh writes it)",
      ],
    ],
    [
      "no specification, but the runtime",
      { cdiDevices: [], engine: RUNTIME },
      [
        "warning container toolkit: there is no CDI specification of the GPUs (the toolkit's nvidia-cdi-refresh writes it)",
      ],
    ],
    [
      "a specification where the engine does not look",
      { engine: { CDISpecDirs: ["/opt/cdi"] } },
      [
        "error container toolkit: there is no CDI specification of the GPUs (the toolkit's nvidia-cdi-refresh writes it)",
      ],
    ],
    [
      "a specification by another name of its folder",
      { engine: { CDISpecDirs: ["/run/cdi/"] } },
      [],
    ],
    [
      "devices that the engine itself found",
      {
        cdiSpec: false,
        cdiDevices: [],
        engine: { DiscoveredDevices: [{ Source: "cdi", ID: "nvidia.com/gpu=all" }] },
      },
      [],
    ],
    [
      "the runtime of an engine that does not know CDI",
      { engine: { ServerVersion: "24.0.9", ...RUNTIME, ...NO_CDI } },
      [
        "warning docker: engine 24.0.9 does not know CDI; 25 or newer is needed for aistack:gpuMode: cdi",
        RELOAD,
      ],
    ],
    [
      "the runtime of an engine that is not told to read CDI",
      { engine: { ServerVersion: "25.0.0", CgroupDriver: "cgroupfs", ...RUNTIME, ...NO_CDI } },
      ["warning docker: engine 25.0.0 could read CDI specifications, but is not told to"],
    ],
    [
      "a specification that lacks a GPU",
      {
        capabilities: ["8.9", "8.9"],
        cdiDevices: ["nvidia.com/gpu=all", `nvidia.com/gpu=${GPU_UUID(0)}`],
      },
      [
        `warning container toolkit: the CDI specification is out of date: it does not name ${GPU_UUID(1)}`,
      ],
    ],
    [
      "a specification without UUIDs",
      { capabilities: ["8.9", "8.9"], cdiDevices: ["nvidia.com/gpu=0"] },
      [],
    ],
  ])("%s", (_what, host, expected) => {
    expect(told(gpuFacts(host))).toEqual(expected);
  });

  test.each<[string, GpuOutput, string]>([
    ["no specification", { cdiDevices: [] }, `Write it: ${WRITE_SPEC}`],
    [
      "no way at all",
      { engine: NO_CDI },
      `Tell Docker of it:\n  sudo nvidia-ctk runtime configure --runtime=docker --cdi.enabled\n  ${WRITE_SPEC}\n  sudo systemctl restart docker\n${STOPS}`,
    ],
    [
      "an engine that does not know CDI",
      { engine: { ServerVersion: "20.10.24+dfsg1", ...RUNTIME, ...NO_CDI } },
      "Update Docker. Until then set aistack:gpuMode: runtime",
    ],
    [
      "an engine that is not told to read CDI",
      { engine: { ServerVersion: "26.1.0", ...RUNTIME, ...NO_CDI } },
      `Until then set aistack:gpuMode: runtime. Tell Docker of it:\n  sudo nvidia-ctk runtime configure --runtime=docker --cdi.enabled\n  ${WRITE_SPEC}\n  sudo systemctl restart docker\n${STOPS}`,
    ],
  ])("what mends %s", (_what, host, fix) => {
    expect(fixOf(host)).toBe(fix);
  });

  test("what the engine found goes before what nvidia-ctk lists", () => {
    const found = [
      { Source: "cdi", ID: `nvidia.com/gpu=${GPU_UUID(0)}` },
      { Source: "cdi", ID: "intel.com/gpu=0" },
      { Source: "other", ID: "nvidia.com/gpu=7" },
    ];
    const { toolkit } = gpuFacts({ engine: { DiscoveredDevices: found } });
    expect(toolkit.cdiDevices).toEqual([`nvidia.com/gpu=${GPU_UUID(0)}`]);
  });
});

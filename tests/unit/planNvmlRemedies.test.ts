import { describe, expect, test } from "vitest";
import { codeOfText, formatFault, NVML_CODES, nvmlFault } from "../../plan/nvmlCodes";
import { nvmlProblem, type RemedyContext, updateDriver } from "../../plan/nvmlRemedies";

const UBUNTU: RemedyContext = {
  driver: { loadedVersion: null, cards: [{ address: "0000:01:00.0", driver: "nvidia" }] },
  host: {
    distribution: "ubuntu",
    distributionVersion: "24.04",
    distributionLike: ["debian"],
    memoryTotalMib: 64000,
    wsl: false,
  },
};
const DEBIAN: RemedyContext = {
  ...UBUNTU,
  host: { ...UBUNTU.host, distribution: "debian", distributionVersion: "12", distributionLike: [] },
};
const FEDORA: RemedyContext = {
  ...UBUNTU,
  host: { ...UBUNTU.host, distribution: "fedora", distributionVersion: "43", distributionLike: [] },
};
const WSL: RemedyContext = { ...UBUNTU, host: { ...UBUNTU.host, wsl: true } };
const drivenBy = (driver: string): RemedyContext => ({
  ...UBUNTU,
  driver: { ...UBUNTU.driver, cards: [{ address: "0000:01:00.0", driver }] },
});

const LOG = "sudo dmesg | grep -iE 'nvrm|xid'";
const REPORT =
  "Reboot: sudo reboot. If it stays, update the driver, and report it to NVIDIA with what this writes: sudo nvidia-bug-report.sh";
const UNEXPECTED = "the driver gave an answer that does not belong to the question";
const UPDATE =
  "Update it: sudo apt-get update && sudo ubuntu-drivers install (sudo ubuntu-drivers list shows the versions), then reboot: sudo reboot";
const INSTALL =
  "Install it: sudo apt-get install -y ubuntu-drivers-common && sudo ubuntu-drivers install, then reboot: sudo reboot";

/** What each code means on an ordinary Ubuntu host, and how it is mended there. */
const TABLE: [code: number, what: string, fix: string][] = [
  [1, UNEXPECTED, REPORT],
  [2, UNEXPECTED, REPORT],
  [3, "this driver does not serve NVML for the GPU", UPDATE],
  [
    4,
    "this user may not use the NVIDIA devices",
    "Look at who may: ls -l /dev/nvidia* (rw for everybody is NVIDIA's default). Run it as root, or join the group that owns them; under SELinux: sudo restorecon -v /dev/nvidia*",
  ],
  [5, UNEXPECTED, REPORT],
  [
    6,
    "the driver is loaded, but finds no GPU that it can use",
    `See why with: ${LOG}, and whether the card is there with: lspci -d 10de:. Reboot: sudo reboot`,
  ],
  [7, UNEXPECTED, REPORT],
  [
    8,
    "the GPU's external power cables are not attached properly",
    "Power the host off, attach them, and power it on",
  ],
  [
    9,
    "NVIDIA's kernel module is not loaded",
    "Load it and read why it fails: sudo modprobe nvidia; sudo dmesg | grep -iE 'nvrm|nvidia' | tail. After a kernel update build it again: sudo apt-get install -y linux-headers-$(uname -r) && sudo dkms autoinstall. With Secure Boot (mokutil --sb-state) its key must be enrolled: sudo mokutil --import /var/lib/shim-signed/mok/MOK.der, then reboot",
  ],
  [10, "the driver ran out of time", `See why with: ${LOG}. Reboot: sudo reboot`],
  [
    11,
    "the driver gets no interrupts from the GPU",
    `See why with: ${LOG}. Update the mainboard's firmware, or try the kernel parameter pci=nomsi. Reboot: sudo reboot`,
  ],
  [12, "NVIDIA's driver is not installed, or not all of it", INSTALL],
  [13, "the driver is so old that it lacks calls which aistack needs", UPDATE],
  [
    14,
    "the GPU's infoROM is corrupted",
    "The card may go on working. Have it flashed or replaced by its vendor; see it with: nvidia-smi -q | grep -i inforom",
  ],
  [
    15,
    "the GPU has fallen off the bus",
    `See why with: ${LOG}, then power the host off and on again; a reboot alone may not bring the card back. If it happens again, check its seat, power and cooling`,
  ],
  [
    16,
    "the GPU must be reset before it can be used again",
    "Stop what uses it, then: sudo nvidia-smi --gpu-reset. Reboot: sudo reboot, where that is refused",
  ],
  [
    17,
    "the operating system blocks access to the GPU",
    "In a container or a unit, allow the devices /dev/nvidiactl, /dev/nvidia-uvm and /dev/nvidia0 (DeviceAllow=, --gpus). On the host look at: ls -l /dev/nvidia*",
  ],
  [
    18,
    "the driver's library was updated, but the kernel still runs the old module",
    "Reboot: sudo reboot. Without a reboot: stop what uses the GPU (sudo fuser -v /dev/nvidia*), then: sudo rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia; sudo modprobe nvidia",
  ],
  [
    19,
    "the GPU is in use by something that lets nobody else in",
    "See what holds it with: sudo fuser -v /dev/nvidia*, and the mode with: nvidia-smi -q -d COMPUTE; set it back with: sudo nvidia-smi -c DEFAULT",
  ],
  [
    20,
    "the driver got no memory from the host",
    "See what uses it with: free -m. Free some, and run it again",
  ],
  [21, UNEXPECTED, REPORT],
  [
    22,
    "the GPU's vGPU mode does not go with ECC memory",
    "Switch ECC off with: sudo nvidia-smi -e 0. Reboot: sudo reboot",
  ],
  [
    23,
    "the driver ran out of a resource other than memory",
    `See which with: ${LOG}. Reboot: sudo reboot`,
  ],
  [24, UNEXPECTED, REPORT],
  [25, "the driver speaks another version of NVML", UPDATE],
  [26, "the driver has given up a call that aistack needs", REPORT],
  [
    27,
    "the driver is not ready yet",
    "Wait a minute, and run it again. On a machine with NVSwitch: sudo systemctl start nvidia-fabricmanager",
  ],
  [
    28,
    "the driver finds no GPU",
    `See whether the card is there with: lspci -d 10de:, and what the driver says with: ${LOG}. Reboot: sudo reboot`,
  ],
  [29, "the GPU is in a state in which it does not answer", REPORT],
  [30, UNEXPECTED, REPORT],
  [
    999,
    "the driver does not say what is wrong",
    `In a container, its GPUs were taken from it (a systemctl daemon-reload does that): restart the container. On the host, see: ${LOG}. Reboot: sudo reboot`,
  ],
];

test("every failure of nvml.h is in the table", () => {
  const failures = Object.keys(NVML_CODES).filter((code) => code !== "0");
  expect(TABLE.map(([code]) => String(code))).toEqual(failures);
});

test.each(TABLE)("code %i: %s", (code, what, fix) => {
  const fault = nvmlFault(code);
  expect(nvmlProblem(fault, "GPU 1", UBUNTU)).toEqual({
    what: `${what} (NVML: ${formatFault(fault)})`,
    where: "GPU 1",
    fix,
  });
});

test("a code that nvml.h does not have", () => {
  expect(nvmlFault(77)).toEqual({
    code: 77,
    name: "UNRECOGNIZED",
    message: "a code that nvml.h does not name",
  });
  expect(nvmlProblem(nvmlFault(77), "GPU", UBUNTU)).toEqual({
    what: `${UNEXPECTED} (NVML: 77 UNRECOGNIZED: a code that nvml.h does not name)`,
    where: "GPU",
    fix: REPORT,
  });
});

describe("what the host adds to a remedy", () => {
  const DEBIAN_INSTALL =
    "Install driver 580 or newer as https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/ tells for debian 12, then reboot: sudo reboot";
  const WINDOWS =
    "Install NVIDIA's current driver on Windows, where it belongs, then restart Linux from there: wsl --shutdown";

  test.each<[string, number, RemedyContext, what: string, fix: string]>([
    ["Debian", 12, DEBIAN, "NVIDIA's driver is not installed, or not all of it", DEBIAN_INSTALL],
    [
      "a distribution that does not say what it is",
      12,
      { ...UBUNTU, host: { ...UBUNTU.host, distribution: "", distributionVersion: "" } },
      "NVIDIA's driver is not installed, or not all of it",
      DEBIAN_INSTALL.replace("debian 12", "your distribution"),
    ],
    [
      "a card under nouveau",
      12,
      drivenBy("nouveau"),
      "the card at 0000:01:00.0 is driven by nouveau, not by NVIDIA's driver",
      INSTALL,
    ],
    [
      "a card under nouveau, with NVIDIA's library",
      9,
      drivenBy("nouveau"),
      "the card at 0000:01:00.0 is driven by nouveau, not by NVIDIA's driver",
      INSTALL,
    ],
    [
      "a card for virtual machines",
      9,
      drivenBy("vfio-pci"),
      "the card at 0000:01:00.0 is set aside for virtual machines (vfio-pci)",
      "Take the card's ids out of vfio-pci.ids (/etc/modprobe.d, the kernel's command line), then reboot",
    ],
    ["Linux under Windows", 9, WSL, "NVIDIA's kernel module is not loaded", WINDOWS],
    [
      "Linux under Windows, without a driver",
      12,
      WSL,
      "NVIDIA's driver is not installed, or not all of it",
      WINDOWS,
    ],
    [
      "Linux under Windows, blocked",
      17,
      WSL,
      "the operating system blocks access to the GPU",
      "Update NVIDIA's driver on Windows and Linux under it, from Windows: wsl --update, then wsl --shutdown",
    ],
  ])("%s (code %i)", (_what, code, context, what, fix) => {
    const problem = nvmlProblem(nvmlFault(code), "NVIDIA driver", context);
    expect(problem.what.replace(/ \(NVML: .*\)$/, "")).toBe(what);
    expect(problem.fix).toBe(fix);
  });

  test("the versions that differ", () => {
    const context = {
      ...UBUNTU,
      driver: { ...UBUNTU.driver, loadedVersion: "535.183.01" },
      libraryVersion: "580.95",
    };
    expect(nvmlProblem(nvmlFault(18), "NVIDIA driver", context).what).toBe(
      "the driver's library (580.95) was updated, but the kernel still runs the old module (535.183.01) (NVML: 18 LIB_RM_VERSION_MISMATCH: Driver/library version mismatch)",
    );
  });

  test.each([
    [UBUNTU, "sudo apt-get install -y python3"],
    [DEBIAN, "sudo apt-get install -y python3"],
    [FEDORA, "sudo dnf install -y python3"],
  ])("Python", (context, command) => {
    const fault = { code: null, name: "NO_PYTHON", message: "not installed" };
    expect(nvmlProblem(fault, "NVIDIA driver", context)).toEqual({
      what: "the GPUs cannot be read (NVML: NO_PYTHON: not installed)",
      where: "NVIDIA driver",
      fix: `Install Python: ${command}`,
    });
  });

  test.each([
    [UBUNTU, UPDATE],
    [
      FEDORA,
      "Update it to 580 or newer as https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/ tells for fedora 43, then reboot: sudo reboot",
    ],
    [WSL, "Update NVIDIA's driver on Windows, then restart Linux from there: wsl --shutdown"],
  ])("an update of the driver", (context, fix) => {
    expect(updateDriver(context)).toBe(fix);
  });
});

describe("faults that are none of NVML's", () => {
  test.each([
    [
      "HUNG",
      "the driver hangs",
      `See why with: ${LOG}. A process that waits for it cannot be killed. Reboot: sudo reboot`,
    ],
    ["CRASHED", "NVIDIA's library crashes", UPDATE],
    ["UNREADABLE", "the GPUs cannot be read", "Read what this says: nvidia-smi"],
  ])("%s", (name, what, fix) => {
    expect(nvmlProblem({ code: null, name, message: "m" }, "GPU", UBUNTU)).toEqual({
      what: `${what} (NVML: ${name}: m)`,
      where: "GPU",
      fix,
    });
  });
});

test.each([
  ["GPU is lost.  Reboot the system to recover this GPU", 15],
  ["Unknown Error", 999],
  ["Success", undefined],
  ["something else", undefined],
  ["", undefined],
])("the text %j stands for code %s", (text, code) => {
  expect(codeOfText(text)).toBe(code);
});

import type { DriverFacts, GpuHostFacts, GpuProblem, NvmlFault } from "./gpuFacts";
import { formatFault } from "./nvmlCodes";
import { foreign } from "./quote";

/** What is known beside a fault, and makes its remedy the right one for this host. */
export interface RemedyContext {
  readonly driver: DriverFacts;
  readonly host: GpuHostFacts;
  /** of NVIDIA's library, where nvidia-smi told it */
  readonly libraryVersion?: string | undefined;
}

interface Remedy {
  readonly what: string | ((context: RemedyContext) => string);
  readonly fix: string | ((context: RemedyContext) => string);
}

const REBOOT = "Reboot: sudo reboot";
const KERNEL_LOG = "sudo dmesg | grep -iE 'nvrm|xid'";
const REPORT = `${REBOOT}. If it stays, update the driver, and report it to NVIDIA with what this writes: sudo nvidia-bug-report.sh`;
const LOST = `See why with: ${KERNEL_LOG}, then power the host off and on again; a reboot alone may not bring the card back. If it happens again, check its seat, power and cooling`;

/** For each return code of nvml.h: what it means for a host, and how it is mended. */
const REMEDIES: Readonly<Record<number, Remedy>> = {
  1: unexpected(),
  2: unexpected(),
  3: {
    what: "this driver does not serve NVML for the GPU",
    fix: updateDriver,
  },
  4: {
    what: "this user may not use the NVIDIA devices",
    fix: "Look at who may: ls -l /dev/nvidia* (rw for everybody is NVIDIA's default). Run it as root, or join the group that owns them; under SELinux: sudo restorecon -v /dev/nvidia*",
  },
  5: unexpected(),
  6: {
    what: "the driver is loaded, but finds no GPU that it can use",
    fix: `See why with: ${KERNEL_LOG}, and whether the card is there with: lspci -d 10de:. ${REBOOT}`,
  },
  7: unexpected(),
  8: {
    what: "the GPU's external power cables are not attached properly",
    fix: "Power the host off, attach them, and power it on",
  },
  9: { what: moduleMissing, fix: loadModule },
  10: { what: "the driver ran out of time", fix: `See why with: ${KERNEL_LOG}. ${REBOOT}` },
  11: {
    what: "the driver gets no interrupts from the GPU",
    fix: `See why with: ${KERNEL_LOG}. Update the mainboard's firmware, or try the kernel parameter pci=nomsi. ${REBOOT}`,
  },
  12: { what: libraryMissing, fix: installDriver },
  13: { what: "the driver is so old that it lacks calls which aistack needs", fix: updateDriver },
  14: {
    what: "the GPU's infoROM is corrupted",
    fix: "The card may go on working. Have it flashed or replaced by its vendor; see it with: nvidia-smi -q | grep -i inforom",
  },
  15: { what: "the GPU has fallen off the bus", fix: LOST },
  16: {
    what: "the GPU must be reset before it can be used again",
    fix: `Stop what uses it, then: sudo nvidia-smi --gpu-reset. ${REBOOT}, where that is refused`,
  },
  17: { what: "the operating system blocks access to the GPU", fix: unblock },
  18: { what: versionsDiffer, fix: reloadModule },
  19: {
    what: "the GPU is in use by something that lets nobody else in",
    fix: "See what holds it with: sudo fuser -v /dev/nvidia*, and the mode with: nvidia-smi -q -d COMPUTE; set it back with: sudo nvidia-smi -c DEFAULT",
  },
  20: {
    what: "the driver got no memory from the host",
    fix: "See what uses it with: free -m. Free some, and run it again",
  },
  21: unexpected(),
  22: {
    what: "the GPU's vGPU mode does not go with ECC memory",
    fix: `Switch ECC off with: sudo nvidia-smi -e 0. ${REBOOT}`,
  },
  23: {
    what: "the driver ran out of a resource other than memory",
    fix: `See which with: ${KERNEL_LOG}. ${REBOOT}`,
  },
  24: unexpected(),
  25: { what: "the driver speaks another version of NVML", fix: updateDriver },
  26: { what: "the driver has given up a call that aistack needs", fix: REPORT },
  27: {
    what: "the driver is not ready yet",
    fix: "Wait a minute, and run it again. On a machine with NVSwitch: sudo systemctl start nvidia-fabricmanager",
  },
  28: {
    what: "the driver finds no GPU",
    fix: `See whether the card is there with: lspci -d 10de:, and what the driver says with: ${KERNEL_LOG}. ${REBOOT}`,
  },
  29: { what: "the GPU is in a state in which it does not answer", fix: REPORT },
  30: unexpected(),
  999: {
    what: "the driver does not say what is wrong",
    fix: `In a container, its GPUs were taken from it (a systemctl daemon-reload does that): restart the container. On the host, see: ${KERNEL_LOG}. ${REBOOT}`,
  },
};

/** Faults that are none of NVML's. */
const OWN_REMEDIES: Readonly<Record<string, Remedy>> = {
  HUNG: {
    what: "the driver hangs",
    fix: `See why with: ${KERNEL_LOG}. A process that waits for it cannot be killed. ${REBOOT}`,
  },
  CRASHED: { what: "NVIDIA's library crashes", fix: updateDriver },
  NO_PYTHON: {
    what: "the GPUs cannot be read",
    fix: ({ host }) => `Install Python: ${installPackage(host, "python3")}`,
  },
  UNREADABLE: { what: "the GPUs cannot be read", fix: "Read what this says: nvidia-smi" },
};

/**
 * The problem that a fault of NVML or of nvidia-smi is.
 * @param where the driver as a whole, or one GPU
 */
export function nvmlProblem(
  fault: NvmlFault,
  where: string,
  context: RemedyContext,
): Required<Omit<GpuProblem, "severity">> {
  const own = OWN_REMEDIES[fault.name] ?? unexpected();
  const { what, fix } = (fault.code === null ? own : REMEDIES[fault.code]) ?? own;
  return {
    what: `${textOf(what, context)} (NVML: ${foreign(formatFault(fault))})`,
    where,
    fix: textOf(fix, context),
  };
}

function textOf(text: Remedy["what"], context: RemedyContext): string {
  return typeof text === "string" ? text : text(context);
}

/** Codes that the probe's few calls have no reason to get. */
function unexpected(): Remedy {
  return { what: "the driver gave an answer that does not belong to the question", fix: REPORT };
}

function moduleMissing(context: RemedyContext): string {
  return foreignDriver(context) ?? "NVIDIA's kernel module is not loaded";
}

function libraryMissing(context: RemedyContext): string {
  return foreignDriver(context) ?? "NVIDIA's driver is not installed, or not all of it";
}

/** `nouveau` or `vfio-pci` on the card: it has a driver, but none that computes. */
function foreignDriver({ driver }: RemedyContext): string | undefined {
  const foreign = driver.cards.find((card) => card.driver !== null && card.driver !== "nvidia");
  if (foreign === undefined) return undefined;
  return foreign.driver === "vfio-pci"
    ? `the card at ${foreign.address} is set aside for virtual machines (vfio-pci)`
    : `the card at ${foreign.address} is driven by ${foreign.driver}, not by NVIDIA's driver`;
}

function loadModule(context: RemedyContext): string {
  if (context.host.wsl) return installDriver(context);
  if (foreignDriver(context) !== undefined) return installDriver(context);
  return [
    "Load it and read why it fails: sudo modprobe nvidia; sudo dmesg | grep -iE 'nvrm|nvidia' | tail",
    "After a kernel update build it again: sudo apt-get install -y linux-headers-$(uname -r) && sudo dkms autoinstall",
    "With Secure Boot (mokutil --sb-state) its key must be enrolled: sudo mokutil --import /var/lib/shim-signed/mok/MOK.der, then reboot",
  ].join(". ");
}

const DRIVER_GUIDE = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/";

/** How a driver that serves CUDA 13 is installed on the host. */
export function installDriver({ host, driver }: RemedyContext): string {
  if (host.wsl) {
    return "Install NVIDIA's current driver on Windows, where it belongs, then restart Linux from there: wsl --shutdown";
  }
  if (driver.cards.some((card) => card.driver === "vfio-pci")) {
    return "Take the card's ids out of vfio-pci.ids (/etc/modprobe.d, the kernel's command line), then reboot";
  }
  if (host.distribution === "ubuntu") {
    return "Install it: sudo apt-get install -y ubuntu-drivers-common && sudo ubuntu-drivers install, then reboot: sudo reboot";
  }
  return `Install driver 580 or newer as ${DRIVER_GUIDE} tells for ${nameOf(host)}, then reboot: sudo reboot`;
}

/** How an installed driver is brought to a version that serves CUDA 13. */
export function updateDriver({ host }: RemedyContext): string {
  if (host.wsl)
    return "Update NVIDIA's driver on Windows, then restart Linux from there: wsl --shutdown";
  if (host.distribution === "ubuntu") {
    return "Update it: sudo apt-get update && sudo ubuntu-drivers install (sudo ubuntu-drivers list shows the versions), then reboot: sudo reboot";
  }
  return `Update it to 580 or newer as ${DRIVER_GUIDE} tells for ${nameOf(host)}, then reboot: sudo reboot`;
}

function nameOf({ distribution, distributionVersion }: GpuHostFacts): string {
  const name = `${distribution} ${distributionVersion}`.trim();
  return name === "" ? "your distribution" : name;
}

/** The command that installs a package of the distribution. */
export function installPackage(host: GpuHostFacts, name: string): string {
  return usesApt(host) ? `sudo apt-get install -y ${name}` : `sudo dnf install -y ${name}`;
}

export function usesApt({ distribution, distributionLike }: GpuHostFacts): boolean {
  return [distribution, ...distributionLike].some((id) => id === "debian" || id === "ubuntu");
}

function unblock({ host }: RemedyContext): string {
  return host.wsl
    ? "Update NVIDIA's driver on Windows and Linux under it, from Windows: wsl --update, then wsl --shutdown"
    : "In a container or a unit, allow the devices /dev/nvidiactl, /dev/nvidia-uvm and /dev/nvidia0 (DeviceAllow=, --gpus). On the host look at: ls -l /dev/nvidia*";
}

function versionsDiffer({ driver, libraryVersion }: RemedyContext): string {
  const module = driver.loadedVersion === null ? "" : ` (${driver.loadedVersion})`;
  const library = libraryVersion === undefined ? "" : ` (${libraryVersion})`;
  return `the driver's library${library} was updated, but the kernel still runs the old module${module}`;
}

function reloadModule(): string {
  return `${REBOOT}. Without a reboot: stop what uses the GPU (sudo fuser -v /dev/nvidia*), then: sudo rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia; sudo modprobe nvidia`;
}

import type { Problem } from "./errors";
import { quote } from "./quote";
import type { Settings } from "./settings";
import type { Path } from "./yamlDocument";

type GpuDeviceSettings = Pick<Settings, "gpu" | "gpuDevices">;

/** How each vendor's GPUs are named, and where the names are found. */
const NAMES = {
  nvidia: {
    form: /^(?:GPU|MIG)-/,
    fix: "Name NVIDIA GPUs by their UUIDs (nvidia-smi -L lists them)",
  },
  amd: { form: /^renderD/, fix: "Name AMD GPUs by their render nodes (ls /dev/dri lists them)" },
  intel: {
    form: /^renderD/,
    fix: "Name Intel GPUs by their render nodes (ls /dev/dri lists them)",
  },
} as const;

/**
 * What the GPU settings contradict each other in.
 * @param placeOf a path's place, for people
 */
export function gpuSettingsProblems(
  { gpu, gpuDevices }: GpuDeviceSettings,
  placeOf: (path: Path) => string,
): Problem[] {
  if (gpu === "none") {
    if (gpuDevices.length === 0) return [];
    return [
      {
        what: "GPUs are named, but aistack:gpu is none, so no service gets them",
        where: placeOf(["gpuDevices"]),
        fix: "Set aistack:gpu to nvidia, amd or intel, or remove aistack:gpuDevices",
      },
    ];
  }
  const { form, fix } = NAMES[gpu];
  return gpuDevices.flatMap((name, index) => {
    const where = placeOf(["gpuDevices", index]);
    if (!form.test(name))
      return [{ what: `${quote(name)} does not fit aistack:gpu: ${gpu}`, where, fix }];
    const first = gpuDevices.indexOf(name);
    return first === index
      ? []
      : [{ what: `${quote(name)} is named twice`, where, fix: "Remove one of them" }];
  });
}

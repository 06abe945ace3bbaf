import type { Problem } from "../plan/errors";
import { WRITE_CDI_SPEC } from "../plan/toolkitRemedies";

/** A throw-away container that reads NVML: whether GPUs reach containers, no other fact tells for sure. */
export interface GpuContainerSpec {
  /** an image that the host has; nothing is pulled */
  readonly image: string;
  /** what asks for the GPUs, as arguments of `docker run` */
  readonly gpuArguments: readonly string[];
  /** the container's name */
  readonly name: string;
  /** the command that lists the GPUs; the toolkit puts it into the container. Default: nvidia-smi */
  readonly command?: string;
}

/** How the container ended. */
export interface GpuContainerOutput {
  /** undefined where it did not end in time */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command that runs the container: without network, privileges, log or anything to write to. */
export function gpuContainerCommand(spec: GpuContainerSpec): string[] {
  const { image, gpuArguments, name, command = "nvidia-smi" } = spec;
  return [
    ...["docker", "run", "--rm", "--name", name, "--pull", "never", "--log-driver", "none"],
    ...["--network", "none", "--read-only", "--pids-limit", "64"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...gpuArguments,
    ...["--entrypoint", command, image, "-L"],
  ];
}

/** Arguments that ask for all of NVIDIA's GPUs, by CDI or by NVIDIA's runtime. */
export function allGpuArguments(cdi: boolean): string[] {
  return cdi
    ? ["--device", "nvidia.com/gpu=all"]
    : [
        ...["--runtime", "nvidia", "--env", "NVIDIA_VISIBLE_DEVICES=all"],
        ...["--env", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"],
      ];
}

/** What engine, runtime and NVML say when a container gets no GPU, and what mends it. */
const FAULTS: readonly { readonly text: RegExp; readonly what: string; readonly fix: string }[] = [
  {
    text: /could not select device driver "cdi"/,
    what: "the engine does not read CDI specifications",
    fix: "Update Docker to 28.2 or newer, or set aistack:gpuMode: runtime",
  },
  {
    text: /unresolvable CDI devices/,
    what: "no CDI specification names the GPU",
    fix: `Write it: ${WRITE_CDI_SPEC}`,
  },
  {
    text: /[Uu]nknown (?:or invalid )?runtime|could not select device driver/,
    what: "Docker does not know the container toolkit",
    fix: "Tell it: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker, which stops every container of this host",
  },
  {
    text: /unsatisfied condition: (?:cuda|driver)/,
    what: "the driver is older than the image needs",
    fix: "Update NVIDIA's driver to 580 or newer, or use an image for an older CUDA",
  },
  {
    text: /nvml error: driver not loaded|couldn't communicate with the NVIDIA driver/,
    what: "NVIDIA's kernel module is not loaded",
    fix: "Load it on the host: sudo modprobe nvidia. ./aistack gpu-check tells more",
  },
  {
    text: /Driver\/library version mismatch/,
    what: "the driver's library was updated, but the kernel still runs the old module",
    fix: "Reboot: sudo reboot. Should it stay, write the CDI specification anew after that",
  },
  {
    text: /Failed to initialize NVML: Insufficient Permissions/,
    what: "the container may not use the NVIDIA devices",
    fix: "Look at who may: ls -l /dev/nvidia*. Under SELinux: sudo setsebool -P container_use_devices on",
  },
  {
    text: /Failed to initialize NVML|No devices were found/,
    what: "NVML finds no GPU in the container",
    fix: `The CDI specification may be older than the driver. Write it anew: ${WRITE_CDI_SPEC}`,
  },
  {
    text: /executable file not found|no such file or directory/,
    what: "the driver's tools did not come into the container",
    fix: "The GPU request did not reach the container toolkit: see what docker info tells of runtimes and CDI",
  },
  {
    text: /No such image|Unable to find image/,
    what: "the image is not on this host",
    fix: "Name one that docker images lists",
  },
];

/**
 * Reads what the container said.
 * @returns the UUIDs of the GPUs and MIG instances that it saw, or why it saw none
 */
export function parseGpuContainer(
  output: GpuContainerOutput,
): { readonly uuids: readonly string[] } | { readonly problem: Problem } {
  const where = "GPU in a container";
  const { exitCode, stdout, stderr } = output;
  if (exitCode === undefined) {
    const fix = "See what the driver says with: sudo dmesg | grep -iE 'nvrm|xid'";
    return { problem: { what: "the container did not end in time", where, fix } };
  }
  const uuids = [...stdout.matchAll(/\(UUID: ((?:GPU|MIG)-[^)\s]+)\)/g)].map(([, uuid]) =>
    String(uuid),
  );
  if (exitCode === 0 && uuids.length > 0) return { uuids };
  // nvidia-smi tells its failures on standard output.
  const said = `${stdout}\n${stderr}`;
  const line =
    said
      .split("\n")
      .map((text) => text.trim())
      .find((text) => text !== "") ?? `exit code ${exitCode}, no output`;
  const fault = FAULTS.find(({ text }) => text.test(said));
  return fault === undefined
    ? {
        problem: {
          what: `it gets no GPU: ${line}`,
          where,
          fix: "Read what this says: ./aistack gpu-check",
        },
      }
    : { problem: { what: `${fault.what} (${line})`, where, fix: fault.fix } };
}

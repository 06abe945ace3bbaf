import type { Problem } from "../plan/errors";
import { describeUnusable, judgeInside } from "../plan/gpuInside";
import type { GpuRequest } from "../plan/gpuRequest";
import { WRITE_CDI_SPEC } from "../plan/toolkitRemedies";

/** A throw-away container that looks for its GPUs: whether they reach containers, no other fact tells for sure. */
export interface GpuContainerSpec {
  /** an image that the host has; nothing is pulled */
  readonly image: string;
  /** what a stack's containers ask for */
  readonly request: GpuRequest;
  /** the container's name */
  readonly name: string;
  /** what it runs; default: nvidia-smi, which the toolkit puts into the container, lists the GPUs */
  readonly command?: readonly string[];
}

/** How the container ended. */
export interface GpuContainerOutput {
  /** undefined where it did not end in time */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Arguments of docker that run the container: without network, privileges, log or anything to write to. */
export function gpuContainerArguments(spec: GpuContainerSpec): string[] {
  const { image, request, name, command = ["nvidia-smi", "-L"] } = spec;
  const [program = "", ...words] = command;
  return [
    ...["run", "--rm", "--name", name, "--pull", "never", "--log-driver", "none"],
    ...["--network", "none", "--read-only", "--pids-limit", "64"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...requestArguments(request),
    ...["--entrypoint", program, image, ...words],
  ];
}

/** A request as arguments of `docker run`. The command takes CDI devices by the option for device nodes. */
function requestArguments(request: GpuRequest): string[] {
  const { deviceRequests, runtime, devices, groupAdds, environment } = request;
  const named = deviceRequests.flatMap(({ deviceIds }) => deviceIds);
  return [
    ...[...named, ...devices].flatMap((device) => ["--device", device]),
    ...(runtime === undefined ? [] : ["--runtime", runtime]),
    ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...groupAdds.flatMap((group) => ["--group-add", group]),
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

/** What a container sees: UUIDs of GPUs and MIG instances, or device nodes. Or why it sees none. */
export type GpuContainerVerdict =
  | { readonly seen: readonly string[] }
  | { readonly problem: Problem };

const WHERE = "GPU in a container";

/**
 * Reads what nvidia-smi said in the container.
 * @param wanted UUIDs that it asked for; empty: all there are
 */
export function parseGpuContainer(
  output: GpuContainerOutput,
  wanted: readonly string[] = [],
): GpuContainerVerdict {
  const { exitCode, stdout } = output;
  const seen = [...stdout.matchAll(/\(UUID: ((?:GPU|MIG)-[^)\s]+)\)/g)].map(([, uuid]) =>
    String(uuid),
  );
  if (exitCode !== 0 || seen.length === 0) return { problem: explain(output) };
  const [problem] =
    wanted.length === 0 ? [] : judgeInside(wanted, { exitCode, text: seen.join(" ") }, WHERE);
  return problem === undefined ? { seen } : { problem };
}

/** Reads what `askForNodes` came to in the container. */
export function parseNodeContainer(
  vendor: "amd" | "intel",
  nodes: readonly string[],
  output: GpuContainerOutput,
): GpuContainerVerdict {
  if (output.exitCode !== 0) return { problem: explain(output) };
  const unusable = output.stdout.replaceAll(/\s+/g, " ").trim();
  return unusable === "" ? { seen: nodes } : { problem: describeUnusable(vendor, unusable, WHERE) };
}

function explain({ exitCode, stdout, stderr }: GpuContainerOutput): Problem {
  const where = WHERE;
  if (exitCode === undefined) {
    const fix = "See what the driver says with: sudo dmesg | grep -iE 'nvrm|xid|amdgpu|i915'";
    return { what: "the container did not end in time", where, fix };
  }
  // nvidia-smi tells its failures on standard output.
  const said = `${stdout}\n${stderr}`;
  const line =
    said
      .split("\n")
      .map((text) => text.trim())
      .find((text) => text !== "") ?? `exit code ${exitCode}, no output`;
  const fault = FAULTS.find(({ text }) => text.test(said));
  return fault === undefined
    ? { what: `it gets no GPU: ${line}`, where, fix: "Read what this says: ./aistack gpu-check" }
    : { what: `${fault.what} (${line})`, where, fix: fault.fix };
}

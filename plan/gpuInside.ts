import type { Problem } from "./errors";

/** The answer of `nvidia-smi --list-gpus` in a container. */
export interface GpuInsideFacts {
  readonly exitCode: number;
  /** on one line */
  readonly text: string;
}

/** Reads a line of the probe: `NAME<tab>EXIT CODE<tab>TEXT`. */
export function parseGpuInside(value: string): [name: string, inside: GpuInsideFacts] {
  const [name = "", exitCode = "", ...text] = value.split("\t");
  return [name, { exitCode: Number(exitCode), text: text.join(" ").trim() }];
}

/**
 * What nvidia-smi says where a container has lost its GPUs, or where the driver has gone. Other failures tell
 * nothing about GPUs: an image without nvidia-smi, a container that stops just then.
 */
const LOST =
  /Failed to initialize NVML|No devices were found|couldn't communicate with the NVIDIA driver/;

/** NVML's code 999: the devices were there when the container started, and are not any more. */
const TAKEN_AWAY = /Failed to initialize NVML: Unknown Error/;

/** Whether a running container has lost its GPUs in the way that a restart mends. */
export function isTakenAway(inside: GpuInsideFacts): boolean {
  return inside.exitCode !== 0 && TAKEN_AWAY.test(inside.text);
}

/** The sentence in which a container's nvidia-smi says that it reaches no GPU; undefined where it does not say so. */
export function lossOf(inside: GpuInsideFacts): string | undefined {
  return inside.exitCode !== 0 && LOST.test(inside.text) ? inside.text : undefined;
}

/**
 * Compares the GPUs that a container is to have with those that its own nvidia-smi lists.
 * @param wanted UUIDs of GPUs and of instances
 * @param container its name, for people
 */
export function judgeInside(
  wanted: readonly string[],
  inside: GpuInsideFacts,
  container: string,
): Problem[] {
  const where = container;
  if (inside.exitCode !== 0) {
    const said = inside.text.replace(/\.$/, "") || `nvidia-smi ended with ${inside.exitCode}`;
    const what = `it cannot reach its GPUs: ${said}`;
    return [{ what, where, fix: remedyFor(inside) }];
  }
  const seen: string[] = inside.text.match(/\b(?:GPU|MIG)-[0-9a-f-]{36}\b/g) ?? [];
  const missing = wanted.filter((name) => !seen.includes(name));
  const problems: Problem[] = [];
  if (missing.length > 0 || seen.length === 0) {
    problems.push({
      what: `it does not see ${missing.join(", ") || "any GPU"}; it sees ${seen.join(", ") || "none"}`,
      where,
      fix: "The CDI specification may be older than the GPUs: systemctl restart nvidia-cdi-refresh, then run it again",
    });
  }
  // An instance comes with a line for the GPU that it is a part of.
  const strangers = seen.filter((name) => name.startsWith("GPU-") && !wanted.includes(name));
  if (strangers.length > 0 && !wanted.some((name) => name.startsWith("MIG-"))) {
    const what = `it sees GPUs that it was not given: ${strangers.join(", ")}`;
    const fix =
      "See whether the engine's default runtime adds them: docker info --format '{{.DefaultRuntime}}'";
    problems.push({ what, where, fix });
  }
  return problems;
}

/** Prints those of the nodes in its arguments that the process may not use. */
const UNUSABLE = 'for node; do [ -r "$node" ] && [ -w "$node" ] || echo "$node"; done';

/** The command that prints those of the device nodes that a container may not use. */
export function askForNodes(nodes: readonly string[]): string[] {
  return ["sh", "-c", UNUSABLE, "sh", ...nodes];
}

/** @param unusable device nodes, as the command printed them, on one line */
export function describeUnusable(
  vendor: "amd" | "intel",
  unusable: string,
  where: string,
): Problem {
  return { what: `it may not use ${unusable}`, where, fix: nodeRemedy(vendor) };
}

/** How to see what keeps a container from AMD's and Intel's GPUs. */
export function nodeRemedy(vendor: "amd" | "intel"): string {
  const module = vendor === "amd" ? "amdgpu" : "i915";
  return `See the rights of the nodes with: ls -ln /dev/dri /dev/kfd, and the driver's log with: dmesg | grep ${module}`;
}

function remedyFor(inside: GpuInsideFacts): string {
  const { exitCode } = inside;
  if (isTakenAway(inside))
    return "A systemctl daemon-reload takes them away from a running container, and a restart gives them back; here it did not. See what the host says with: nvidia-smi. aistack:gpuMode: cdi keeps them";
  if (exitCode === 126 || exitCode === 127)
    return "nvidia-smi is not in the container: the container toolkit did not add the driver's tools. Update the toolkit";
  return "See what the host says with: nvidia-smi";
}

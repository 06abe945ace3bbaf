import type { EngineAccess } from "../../host/dockerCommand";
import { formatProblem, OperationError, type Problem } from "../../plan/errors";
import { judgeInside } from "../../plan/gpuInside";
import type { GpuRequirement } from "../../plan/gpuRequirement";
import { type GateTarget, runInside } from "./target";

export interface GpuInsideInput extends EngineAccess, Pick<GateTarget, "container"> {
  readonly gpu: GpuRequirement["gpu"];
  /** UUIDs, or device nodes, that it is to reach */
  readonly names: readonly string[];
  /** false: what is wrong is a warning */
  readonly required: boolean;
  readonly log: (line: string) => void;
}

/** A driver that hangs must not hold up an update. */
const LIMIT_MS = 30_000;

/** Prints those of the nodes in its arguments that the process may not use. */
const UNUSABLE = 'for node; do [ -r "$node" ] && [ -w "$node" ] || echo "$node"; done';

/**
 * Asks a running container whether it reaches its GPUs: that the engine took the request proves nothing.
 * @returns what it reaches, for people
 * @throws OperationError where it does not and must
 */
export async function checkGpuInside(input: GpuInsideInput): Promise<string> {
  const problems = input.gpu === "nvidia" ? await askNvidia(input) : await askNodes(input);
  if (problems.length === 0) return `reaches ${input.names.join(", ")}`;
  if (input.required) throw new OperationError(problems);
  for (const problem of problems) input.log(`warning: ${formatProblem(problem)}`);
  return `does not reach ${input.names.join(", ")}`;
}

async function askNvidia(input: GpuInsideInput): Promise<Problem[]> {
  const inside = await runInside(input, ["nvidia-smi", "--list-gpus"], LIMIT_MS);
  return judgeInside(input.names, inside, input.container);
}

async function askNodes(input: GpuInsideInput): Promise<Problem[]> {
  const { gpu, container, names } = input;
  const command = ["sh", "-c", UNUSABLE, "sh", ...names];
  const { exitCode, text } = await runInside(input, command, LIMIT_MS);
  if (exitCode === 0 && text === "") return [];
  const what =
    exitCode === 0 ? `it may not use ${text}` : `it cannot be asked for its GPU: ${text}`;
  const module = gpu === "amd" ? "amdgpu" : "i915";
  const fix = `See the rights of the nodes with: ls -ln /dev/dri /dev/kfd, and the driver's log with: dmesg | grep ${module}`;
  return [{ what, where: container, fix }];
}

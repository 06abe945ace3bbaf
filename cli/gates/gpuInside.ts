import { formatProblem, OperationError, type Problem } from "../../plan/errors";
import {
  askForNodes,
  describeUnusable,
  isTakenAway,
  judgeInside,
  nodeRemedy,
} from "../../plan/gpuInside";
import type { GpuRequirement } from "../../plan/gpuRequirement";
import { waitUntilReady } from "./readiness";
import { docker, type GateTarget, runInside } from "./target";

export interface GpuInsideInput extends GateTarget {
  readonly gpu: GpuRequirement["gpu"];
  /** UUIDs, or device nodes, that it is to reach */
  readonly names: readonly string[];
  /** for the service to serve again, should its container have to be restarted */
  readonly secondsAllowed: number;
  /** false: what is wrong is a warning */
  readonly required: boolean;
  readonly log: (line: string) => void;
}

/** A driver that hangs must not hold up an update. */
const LIMIT_MS = 30_000;

/**
 * Asks a running container whether it reaches its GPUs: that the engine took the request proves nothing.
 * @returns what it reaches, for people
 * @throws OperationError where it does not and must
 */
export async function checkGpuInside(input: GpuInsideInput): Promise<string> {
  const { gpu } = input;
  const problems = gpu === "nvidia" ? await askNvidia(input) : await askNodes(gpu, input);
  if (problems.length === 0) return `reaches ${input.names.join(", ")}`;
  if (input.required) throw new OperationError(problems);
  for (const problem of problems) input.log(`warning: ${formatProblem(problem)}`);
  return `does not reach ${input.names.join(", ")}`;
}

async function askNvidia(input: GpuInsideInput): Promise<Problem[]> {
  const { container, names } = input;
  const list = () => runInside(input, ["nvidia-smi", "--list-gpus"], LIMIT_MS);
  let inside = await list();
  if (isTakenAway(inside)) {
    await restart(input, inside.text);
    inside = await list();
  }
  return judgeInside(names, inside, container);
}

/** A `daemon-reload` during the update took the GPUs away; whoever starts anew has them. */
async function restart(input: GpuInsideInput, said: string): Promise<void> {
  const { container, log } = input;
  log(`${container}: it has lost its GPUs (${said}), so it is restarted`);
  if ((await docker(input, "restart", container)) === undefined) return;
  await waitUntilReady(input);
}

async function askNodes(vendor: "amd" | "intel", input: GpuInsideInput): Promise<Problem[]> {
  const { container: where, names } = input;
  const { exitCode, text } = await runInside(input, askForNodes(names), LIMIT_MS);
  if (exitCode === 0) return text === "" ? [] : [describeUnusable(vendor, text, where)];
  return [{ what: `it cannot be asked for its GPU: ${text}`, where, fix: nodeRemedy(vendor) }];
}

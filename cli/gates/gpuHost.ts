import { formatProblem, OperationError } from "../../plan/errors";
import { parseGpuFacts } from "../../plan/gpuFacts";
import { checkGpu, errorsOf, type GpuRequirement } from "../../plan/gpuRequirement";

export interface GpuHostInput {
  readonly requirement: GpuRequirement;
  /** output of the GPU probe on the host */
  readonly probed: string;
  readonly log: (line: string) => void;
}

/**
 * The gate before the services that compute on GPUs: what the host has must be what they are to get.
 * @returns the GPU report, as JSON
 * @throws OperationError with every remedy, where a GPU is required and one is not there
 */
export function judgeGpuHost({ requirement, probed, log }: GpuHostInput): string {
  const facts = parseGpuFacts(probed);
  const problems = checkGpu(requirement, facts);
  const errors = errorsOf(problems);
  if (errors.length > 0 && requirement.gpuRequired) throw new OperationError(errors);
  for (const problem of problems) log(`warning: ${formatProblem(problem)}`);
  if (errors.length > 0) log("warning: no GPU can be used: the services compute on the CPU");
  return JSON.stringify(facts.report);
}

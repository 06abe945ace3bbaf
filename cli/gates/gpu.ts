import { readFileSync } from "node:fs";
import type { GpuRequirement } from "../../plan/gpuRequirement";
import { judgeGpuHost } from "./gpuHost";
import { checkGpuInside } from "./gpuInside";
import { confirmGpuUse } from "./gpuUse";
import type { GateTarget } from "./target";

/** What components ask of GPUs while a stack comes up, as GATE names it. */
export type GpuGateName = "gpu-host" | "gpu-inside" | "gpu-use";

const log = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Runs a gate for GPUs. Environment: GPU_REQUIREMENT (JSON); GPU_NAMES (one a line) and SECONDS_ALLOWED for gpu-inside; MODEL for
 * gpu-use. gpu-host reads the probe's output from standard input.
 * @returns what to print
 */
export async function runGpuGate(
  gate: GpuGateName,
  target: GateTarget,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const requirement = JSON.parse(environment.GPU_REQUIREMENT ?? "") as GpuRequirement;
  const { gpu, gpuRequired: required } = requirement;
  switch (gate) {
    case "gpu-host":
      return judgeGpuHost({ requirement, probed: readFileSync(0, "utf8"), log });
    case "gpu-inside": {
      const names = (environment.GPU_NAMES ?? "").split("\n");
      const secondsAllowed = Number(environment.SECONDS_ALLOWED);
      return checkGpuInside({ ...target, gpu, names, secondsAllowed, required, log });
    }
    case "gpu-use":
      return confirmGpuUse({ ...target, model: environment.MODEL ?? "", required, log });
  }
}

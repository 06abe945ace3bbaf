import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { type HostAccess, sshVariable } from "../host/hostAccess";
import type { GpuRequirement } from "../plan/gpuRequirement";
import { GATE_COMMAND } from "./gateCommand";

export interface GpuProofArgs {
  /** `gpu-inside`: the container reaches its GPUs; `gpu-use`: a model computes on them */
  readonly gate: "gpu-inside" | "gpu-use";
  readonly requirement: GpuRequirement;
  readonly access: HostAccess;
  readonly container: string;
  /** with a new container it has to be proved anew */
  readonly containerId: pulumi.Input<string>;
  /** what the gate needs beyond that (cli/gates/gpu.ts) */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
}

/** The proof that a container has what the engine was asked for: a request that was taken is none. */
export function proveGpu(
  name: string,
  args: GpuProofArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    name,
    {
      create: GATE_COMMAND,
      environment: {
        ...sshVariable(args.access),
        GATE: args.gate,
        GPU_REQUIREMENT: JSON.stringify(args.requirement),
        CONTAINER: args.container,
        CONTAINER_ID: args.containerId,
        ...args.environment,
      },
      addPreviousOutputInEnv: false,
      logging: command.local.Logging.Stderr,
    },
    { ...opts, customTimeouts: { create: "1h", update: "1h" } },
  );
}

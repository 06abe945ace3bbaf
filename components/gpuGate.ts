import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { HostAccess } from "../host/hostAccess";
import { dockerSocket } from "../host/probe";
import type { GpuDecision } from "../plan/gpuPlan";
import type { GpuReport } from "../plan/gpuReport";
import type { GpuRequirement } from "../plan/gpuRequirement";
import type { HostConnection } from "../plan/settings";
import { GATE_COMMAND } from "./gateCommand";
import { runOnHost } from "./hostShell";

export interface GpuGateArgs {
  readonly requirement: GpuRequirement;
  /** what was decided from the look that the program took itself */
  readonly decision: GpuDecision;
  /** undefined: this machine */
  readonly host: HostConnection | undefined;
  readonly access: HostAccess;
  /** shell that prints the GPU facts of a host, complete in itself */
  readonly probe: string;
  /** what must be done on the host before */
  readonly after: readonly pulumi.Resource[];
}

/**
 * Verifies on the host, before any service that computes on GPUs starts, that they are as wanted. Fails closed
 * where one is required; else it warns, and the services run on the CPU.
 */
export class GpuGate extends pulumi.ComponentResource {
  readonly report: pulumi.Output<GpuReport>;

  constructor(name: string, args: GpuGateArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, requirement, decision, probe, after } = args;
    super("aistack:index:GpuGate", name, { gpu: requirement.gpu }, opts);
    const look = runOnHost(
      `${name}-probe`,
      {
        host,
        environment: { DOCKER_SOCKET: dockerSocket(access) },
        // A driver that does not answer is a fact, too: the verdict is not the probe's.
        script: `set +eu\n${probe}`,
        // Runs again where the GPUs differ from those of the last time, and only there.
        observed: { inSync: false, text: decision.seen },
      },
      {
        parent: this,
        dependsOn: [...after],
        customTimeouts: { create: "5m", update: "5m" },
      },
    );
    const verdict = new command.local.Command(
      name,
      {
        create: GATE_COMMAND,
        stdin: look.stdout,
        environment: { GATE: "gpu-host", GPU_REQUIREMENT: JSON.stringify(requirement) },
        addPreviousOutputInEnv: false,
        logging: command.local.Logging.Stderr,
      },
      { parent: this },
    );
    this.report = verdict.stdout.apply((text) => JSON.parse(text) as GpuReport);
    this.registerOutputs({ report: this.report });
  }
}

import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type HostAccess, sshVariable } from "../host/hostAccess";
import { SPEC_LABEL } from "../plan/drift";
import { asksGpu } from "../plan/gpuDrift";
import type { ResolvedService, ResolvedStack } from "../plan/resolve";
import type { SecretValues } from "../plan/secrets";
import { toContainerArgs } from "./containerArgs";
import { GATE_COMMAND } from "./gateCommand";
import { proveGpu } from "./gpuProof";

export interface ContainerServiceArgs {
  readonly service: ResolvedService;
  /** services that must have proved that they answer before this one's container starts */
  readonly after: readonly pulumi.Resource[];
  /** when the host was looked at */
  readonly now: Date;
  readonly networks: ReadonlyMap<string, docker.Network>;
  readonly volumeNames: ReadonlyMap<string, pulumi.Output<string>>;
  readonly secrets: SecretValues;
  readonly access: HostAccess;
  /** what the stack wants of GPUs, and what it gets */
  readonly gpu: Pick<ResolvedStack, "gpu" | "gpuDecision">;
  /** differs after every `daemon-reload` of the host */
  readonly reloads: pulumi.Input<string> | undefined;
}

/** Fields that the provider accepts but never applies to a running container: only a new one has them. */
const ONLY_BY_REPLACEMENT = ["healthcheck", "init", "tmpfs", "rm", "cpuPeriod", "cpuQuota"];

/** One service: its image, its container, and the gates that wait until it serves and reaches its GPUs. */
export class ContainerService extends pulumi.ComponentResource {
  readonly report: pulumi.Output<{ image: string; digest: string }>;
  /** differs for every new container */
  readonly containerId: pulumi.Output<string>;
  /** "ready", once it serves */
  readonly readiness: pulumi.Output<string>;

  constructor(name: string, args: ContainerServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { service } = args;
    super("aistack:index:ContainerService", name, { image: service.image.name }, opts);

    const image = new docker.RemoteImage(
      `${name}-image`,
      // Kept when the stack goes: pulling gigabytes again helps nobody, and an image in use cannot be removed.
      {
        name: service.image.name,
        keepLocally: true,
        // The provider looks for an image only when it makes one. Where the engine has lost it, this differs.
        pullTriggers: [service.image.id ?? `absent at ${args.now.toISOString()}`],
      },
      {
        parent: this,
        ignoreChanges: service.image.id === undefined ? [] : ["pullTriggers"],
        customTimeouts: { create: "2h", update: "2h" },
      },
    );
    const container = new docker.Container(
      name,
      {
        ...toContainerArgs(service.container, args.networks, args.volumeNames, args.secrets),
        // An id, never the name: that is what the provider compares with the running container.
        image: service.image.id ?? image.imageId,
        labels: [{ label: SPEC_LABEL, value: service.comparison.label }],
      },
      {
        parent: this,
        dependsOn: [image, ...args.after],
        deleteBeforeReplace: true,
        replaceOnChanges: ONLY_BY_REPLACEMENT,
      },
    );
    const ready = new command.local.Command(
      `${name}-ready`,
      {
        create: GATE_COMMAND,
        environment: {
          ...sshVariable(args.access),
          GATE: "ready",
          URL: service.readinessUrl,
          CONTAINER: service.container.name,
          SECONDS_ALLOWED: String(service.readinessSeconds),
          // A new container has to prove itself anew.
          CONTAINER_ID: container.id,
        },
        addPreviousOutputInEnv: false,
        logging: command.local.Logging.Stderr,
      },
      // The gate ends by itself; the engine's limit is only there for one that does not.
      { parent: this, customTimeouts: { create: "2h", update: "2h" } },
    );

    if (args.gpu.gpu !== undefined && asksGpu(service.container)) {
      proveGpu(
        `${name}-gpu`,
        {
          gate: "gpu-inside",
          requirement: args.gpu.gpu,
          access: args.access,
          container: service.container.name,
          containerId: container.id,
          environment: {
            // Where it has lost its GPUs it is restarted, and waited for.
            URL: service.readinessUrl,
            SECONDS_ALLOWED: String(service.readinessSeconds),
            GPU_NAMES: (args.gpu.gpuDecision?.names ?? []).join("\n"),
            ...(args.reloads === undefined ? {} : { RELOADS: args.reloads }),
          },
        },
        { parent: this, dependsOn: [ready] },
      );
    }

    this.report = pulumi
      .all([image.repoDigest, container.image])
      .apply(([repoDigest, imageId]) => ({
        image: service.image.name,
        // An image that was not pulled has no digest that the engine knows, so its own id stands for it.
        digest:
          service.image.digest ??
          (service.image.built || repoDigest === ""
            ? imageId
            : repoDigest.slice(repoDigest.indexOf("@") + 1)),
      }));
    this.containerId = container.id;
    this.readiness = ready.stdout;
    this.registerOutputs({ report: this.report });
  }
}

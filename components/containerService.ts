import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { SPEC_LABEL } from "../plan/drift";
import type { ResolvedService } from "../plan/resolve";
import { toContainerArgs } from "./containerArgs";

export interface ContainerServiceArgs {
  readonly service: ResolvedService;
  /** services that must have proved that they answer before this one's container starts */
  readonly after: readonly pulumi.Resource[];
  /** when the host was looked at */
  readonly now: Date;
  readonly networks: ReadonlyMap<string, docker.Network>;
  readonly volumeNames: ReadonlyMap<string, pulumi.Output<string>>;
}

/** Fields that the provider accepts but never applies to a running container: only a new one has them. */
const ONLY_BY_REPLACEMENT = ["healthcheck", "init", "tmpfs", "rm", "cpuPeriod", "cpuQuota"];

/** How long a service may take until it answers, its first start on a slow disk included. */
const READINESS_SECONDS = 180;

/** One service: its image, its container, and the proof that it answers. */
export class ContainerService extends pulumi.ComponentResource {
  readonly report: pulumi.Output<{ image: string; digest: string; health: string }>;

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
        ...toContainerArgs(service.container, args.networks, args.volumeNames),
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
        create: "sh assets/shell/wait-ready.sh",
        environment: {
          URL: service.readinessUrl,
          CONTAINER: service.container.name,
          SECONDS_ALLOWED: String(READINESS_SECONDS),
          // A new container has to prove itself anew.
          CONTAINER_ID: container.id,
        },
        addPreviousOutputInEnv: false,
        logging: command.local.Logging.Stderr,
      },
      { parent: this, customTimeouts: { create: "10m", update: "10m" } },
    );

    this.report = pulumi
      .all([image.repoDigest, container.image, ready.stdout])
      .apply(([repoDigest, imageId, health]) => ({
        image: service.image.name,
        // An image built here was never in a registry, so its own id is the only digest it has.
        digest: service.image.built ? imageId : repoDigest.slice(repoDigest.indexOf("@") + 1),
        health,
      }));
    this.registerOutputs({ report: this.report });
  }
}

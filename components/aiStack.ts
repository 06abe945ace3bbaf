import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { HostAccess } from "../host/hostAccess";
import { SPEC_LABEL } from "../plan/drift";
import type { ResolvedHostLayer } from "../plan/hostDrift";
import type { ResolvedStack } from "../plan/resolve";
import type { SecretValues } from "../plan/secrets";
import { CHAT_SERVICE, OPENAI_SERVICE } from "../plan/wiring";
import { ContainerService } from "./containerService";
import { HostLayer } from "./hostLayer";
import { Model } from "./model";
import { ServiceProof } from "./serviceProof";
import { Storage } from "./storage";

export interface AiStackArgs {
  /** what the stack consists of on this host, every decision made */
  readonly resolved: ResolvedStack;
  /** how the host is reached */
  readonly access: HostAccess;
  /** values of the secrets that the stack names */
  readonly secrets: SecretValues;
  /** what is on the host beside containers */
  readonly hostLayer?: ResolvedHostLayer | undefined;
}

/** One host's AI server: network, volumes, services and their models. */
export class AiStack extends pulumi.ComponentResource {
  /** service name → URL */
  readonly endpoints: pulumi.Output<Record<string, string>>;
  /** service name → image, its digest, and its health after the last update */
  readonly services: pulumi.Output<
    Record<string, { image: string; digest: string; health: string }>
  >;
  /** names of the declared models */
  readonly models: pulumi.Output<string[]>;

  constructor(name: string, args: AiStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const { resolved, access, secrets } = args;
    super("aistack:index:AiStack", name, { profile: resolved.profile }, opts);

    const engine = new docker.Provider(
      `${name}-engine`,
      {
        host: access.dockerHost,
        ...(access.sshOptions === undefined ? {} : { sshOpts: [...access.sshOptions] }),
      },
      { parent: this },
    );
    const onEngine: pulumi.ComponentResourceOptions = { parent: this, providers: [engine] };

    const networks = new Map(
      resolved.networks.map((network) => [
        network.name,
        new docker.Network(
          network.key,
          {
            name: network.name,
            driver: "bridge",
            internal: network.internal,
            labels: [{ label: SPEC_LABEL, value: network.comparison.label }],
          },
          // Docker would allow a second network of the same name beside the one to be replaced.
          { parent: this, provider: engine, deleteBeforeReplace: true },
        ),
      ]),
    );
    const storage = new Storage(
      `${name}-storage`,
      { volumes: resolved.volumes, protect: resolved.protectData },
      onEngine,
    );

    const { hostLayer } = args;
    const onHost =
      hostLayer === undefined
        ? []
        : [new HostLayer(`${name}-host`, { layer: hostLayer }, { parent: this })];
    const beforeContainers = hostLayer?.spec.beforeContainers ? onHost : [];
    const services = new Map<string, ContainerService>();
    for (const service of resolved.services) {
      const after = service.dependsOn.flatMap((other) => services.get(other) ?? []);
      services.set(
        service.name,
        new ContainerService(
          service.name,
          {
            service,
            networks,
            access,
            volumeNames: storage.volumeNames,
            secrets,
            after: [...beforeContainers, ...after],
            now: resolved.now,
          },
          onEngine,
        ),
      );
    }
    const running = [...services.values()];

    const keeper = services.get(resolved.modelService);
    const models =
      keeper === undefined
        ? []
        : resolved.models.map(
            (model) =>
              new Model(model.resourceName, { model, service: keeper, access }, { parent: this }),
          );

    const proofs = new Map(
      resolved.services.map((service) => {
        // The one that people talk to is asked for answers of all the others.
        const involved =
          service.name === CHAT_SERVICE
            ? running
            : running.filter((one) => one === services.get(service.name));
        const proof = new ServiceProof(
          `${service.name}-answers`,
          {
            service,
            resolved,
            access,
            secrets,
            containerIds: pulumi
              .all(involved.map((one) => one.containerId))
              .apply((ids) => ids.join("\n")),
            after: service.name === OPENAI_SERVICE ? involved : [...involved, ...models],
          },
          { parent: this },
        );
        return [service.name, proof];
      }),
    );

    this.endpoints = pulumi.output(
      Object.fromEntries(resolved.services.map(({ name, endpoint }) => [name, endpoint])),
    );
    this.services = pulumi.output(
      Object.fromEntries(
        [...services].map(([key, { report }]) => [
          key,
          pulumi
            .all([report, proofs.get(key)?.health ?? ""])
            .apply(([{ image, digest }, health]) => ({ image, digest, health })),
        ]),
      ),
    );
    this.models = pulumi.all(models.map((model) => model.name));
    this.registerOutputs({
      endpoints: this.endpoints,
      services: this.services,
      models: this.models,
    });
  }
}

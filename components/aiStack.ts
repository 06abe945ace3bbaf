import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { SignedInRegistry } from "../host/dockerConfig";
import type { HostAccess } from "../host/hostAccess";
import { SPEC_LABEL } from "../plan/drift";
import type { GpuReport } from "../plan/gpuReport";
import type { ResolvedHostBaseline } from "../plan/hostBaseline";
import type { ResolvedHostLayer } from "../plan/hostDrift";
import type { ResolvedLocalai } from "../plan/localaiModels";
import type { ResolvedStack } from "../plan/resolve";
import { type SecretValues, secretValue } from "../plan/secrets";
import { CHAT_SERVICE, OPENAI_SERVICE } from "../plan/wiring";
import { ContainerService } from "./containerService";
import { GpuGate } from "./gpuGate";
import { HostBaseline } from "./hostBaseline";
import { HostLayer } from "./hostLayer";
import { LocalaiModel } from "./localaiModel";
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
  /** shell that prints the GPU facts of a host; read only where the stack wants GPUs */
  readonly gpuProbe: string;
  /** registries that images are pulled from by somebody who has signed in; absent: none */
  readonly registries?: readonly SignedInRegistry[];
  /** what is on the host beside containers */
  readonly hostLayer?: ResolvedHostLayer | undefined;
  /** account and folders of a host that has no layer */
  readonly hostBaseline?: ResolvedHostBaseline | undefined;
}

/** One host's AI server: network, volumes, services and their models. */
export class AiStack extends pulumi.ComponentResource {
  /** service name → URL */
  readonly endpoints: pulumi.Output<Record<string, string>>;
  /** service name → image, its digest, and its health after the last update */
  readonly services: pulumi.Output<
    Record<string, { image: string; digest: string; health: string }>
  >;
  /** GPU report of the last update; null where the stack wants no GPUs */
  readonly gpu: pulumi.Output<GpuReport | null>;
  /** names of the declared models */
  readonly models: pulumi.Output<string[]>;

  constructor(name: string, args: AiStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const { resolved, access, secrets, registries = [] } = args;
    super("aistack:index:AiStack", name, { profile: resolved.profile }, opts);

    const engine = new docker.Provider(
      `${name}-engine`,
      {
        host: access.dockerHost,
        ...(access.sshOptions === undefined ? {} : { sshOpts: [...access.sshOptions] }),
        // The file's path alone, so that the credentials themselves are in no state.
        ...(registries.length === 0 ? {} : { registryAuth: registries.map((one) => ({ ...one })) }),
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

    const { hostLayer, hostBaseline } = args;
    if (hostBaseline !== undefined)
      new HostBaseline(`${name}-host-baseline`, { baseline: hostBaseline }, { parent: this });
    const onHost =
      hostLayer === undefined
        ? undefined
        : new HostLayer(`${name}-host`, { layer: hostLayer }, { parent: this });
    // A `daemon-reload` takes GPUs away from containers that run already.
    const beforeGpu = onHost !== undefined && hostLayer?.spec.beforeContainers ? onHost : undefined;
    const gate = openGate(`${name}-gpu`, args, beforeGpu, { parent: this });

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
            after: service.gpu && gate !== undefined ? [...after, gate] : after,
            gpu: resolved,
            reloads: beforeGpu?.reloads,
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

    const openai = services.get(OPENAI_SERVICE);
    const localai = openai === undefined ? [] : installAtLocalai(args, openai, { parent: this });

    // What must be there before a service can be asked for it.
    const kept: Readonly<Record<string, readonly pulumi.Resource[]>> = {
      [resolved.modelService]: models,
      [OPENAI_SERVICE]: localai,
      [CHAT_SERVICE]: [...models, ...localai],
    };
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
            after: [...involved, ...(kept[service.name] ?? [])],
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
    this.gpu = gate?.report ?? pulumi.output(null);
    this.models = pulumi.all(models.map((model) => model.name));
    this.registerOutputs({
      endpoints: this.endpoints,
      services: this.services,
      gpu: this.gpu,
      models: this.models,
    });
  }
}

/** Backends first: a model that comes before its backend is refused, or brings another build of it. */
function installAtLocalai(
  { resolved, access, secrets }: AiStackArgs,
  service: ContainerService,
  opts: pulumi.ComponentResourceOptions,
): LocalaiModel[] {
  const apiKey = secretValue(secrets, "localai-api-key");
  const install = (kind: ResolvedLocalai["kind"], after: readonly pulumi.Resource[]) =>
    resolved.localai
      .filter((model) => model.kind === kind)
      .map((model) => new LocalaiModel(model.resourceName, { model, after, access, apiKey }, opts));
  const backends = install("backend", [service]);
  return [...backends, ...install("model", [service, ...backends])];
}

function openGate(
  name: string,
  { resolved, access, gpuProbe }: AiStackArgs,
  before: pulumi.Resource | undefined,
  opts: pulumi.ComponentResourceOptions,
): GpuGate | undefined {
  const { gpu: requirement, gpuDecision: decision } = resolved;
  if (requirement === undefined || decision === undefined) return undefined;
  return new GpuGate(
    name,
    {
      requirement,
      decision,
      host: resolved.host,
      access,
      probe: gpuProbe,
      after: before === undefined ? [] : [before],
    },
    opts,
  );
}

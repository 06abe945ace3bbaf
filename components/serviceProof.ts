import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type HostAccess, sshVariable } from "../host/hostAccess";
import { expectedAnswers } from "../plan/expectedAnswers";
import { asksGpu } from "../plan/gpuDrift";
import type { ResolvedService, ResolvedStack } from "../plan/resolve";
import { type SecretValues, secretValue } from "../plan/secrets";
import { CHAT_SERVICE, MODEL_SERVICE, OPENAI_SERVICE } from "../plan/wiring";
import { GATE_COMMAND } from "./gateCommand";
import { proveGpu } from "./gpuProof";

export interface ServiceProofArgs {
  readonly service: ResolvedService;
  readonly resolved: ResolvedStack;
  readonly secrets: SecretValues;
  readonly access: HostAccess;
  /** ids of the service's own container and of those it talks to: with a new one it has to prove itself anew */
  readonly containerIds: pulumi.Input<string>;
  /** what must be there before it can be asked: its own readiness, its neighbours', the models */
  readonly after: readonly pulumi.Resource[];
}

/** The proof that a service does what it is there for: lists its models and, where there is one, completes. */
export class ServiceProof extends pulumi.ComponentResource {
  /** what it proved, on one line */
  readonly health: pulumi.Output<string>;

  constructor(name: string, args: ServiceProofArgs, opts?: pulumi.ComponentResourceOptions) {
    const { service, resolved } = args;
    super("aistack:index:ServiceProof", name, { service: service.name }, opts);
    const { models, provider, providerModels } = expectedAnswers(service.name, resolved);
    const proof = new command.local.Command(
      name,
      {
        create: GATE_COMMAND,
        environment: {
          ...sshVariable(args.access),
          GATE: "answers",
          SERVICE: service.name,
          CONTAINER: service.container.name,
          URL: service.endpoint,
          MODELS: models.join("\n"),
          ...(provider === undefined
            ? {}
            : { PROVIDER: String(provider), PROVIDER_MODELS: providerModels.join("\n") }),
          ...credentialsOf(service.name, resolved, args.secrets),
          CONTAINER_IDS: args.containerIds,
        },
        addPreviousOutputInEnv: false,
        logging: command.local.Logging.Stderr,
      },
      {
        parent: this,
        dependsOn: [...args.after],
        customTimeouts: { create: "1h", update: "1h" },
      },
    );
    const [model] = resolved.models;
    if (
      resolved.gpu !== undefined &&
      service.name === MODEL_SERVICE &&
      model !== undefined &&
      asksGpu(service.container)
    ) {
      proveGpu(
        `${service.name}-gpu-use`,
        {
          gate: "gpu-use",
          requirement: resolved.gpu,
          access: args.access,
          container: service.container.name,
          containerId: args.containerIds,
          environment: { URL: service.endpoint, MODEL: model.name },
        },
        // Once it has answered, the model is loaded.
        { parent: this, dependsOn: [proof] },
      );
    }
    this.health = proof.stdout;
    this.registerOutputs({ health: this.health });
  }
}

function credentialsOf(
  service: string,
  { admin }: ResolvedStack,
  secrets: SecretValues,
): Record<string, pulumi.Input<string>> {
  if (service === OPENAI_SERVICE)
    return { API_KEY: pulumi.secret(secretValue(secrets, "localai-api-key")) };
  if (service !== CHAT_SERVICE) return {};
  return {
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: pulumi.secret(secretValue(secrets, "webui-admin-password")),
  };
}

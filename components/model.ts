import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type HostAccess, sshVariable } from "../host/hostAccess";
import type { ResolvedModel } from "../plan/resolve";

export interface ModelArgs {
  readonly model: ResolvedModel;
  /** keeps the model, and must have proved that it answers */
  readonly service: pulumi.Resource;
  readonly access: HostAccess;
}

/** A model in Ollama's store: made or pulled once, compared by digest at every preview. */
export class Model extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: ModelArgs, opts?: pulumi.ComponentResourceOptions) {
    const { model } = args;
    super("aistack:index:Model", name, { model: model.name }, opts);
    new command.local.Command(
      name,
      {
        // Finds the model that is there already, so it may run any number of times. There is no
        // delete: data outlives the stack, as it does in volumes.
        create: "node bin/ensureModel.cjs",
        environment: {
          ...sshVariable(args.access),
          OLLAMA_URL: model.ollamaUrl,
          MODEL_NAME: model.name,
          MODEL_SOURCE: model.source,
          MODEL_RECORD: model.recordFile,
          CONTAINER: model.container,
          ...(model.sha256 === undefined ? {} : { MODEL_SHA256: model.sha256 }),
          // Differs from the stored text only where the host was seen to differ from what is declared.
          OBSERVED: model.observed,
        },
        addPreviousOutputInEnv: false,
        logging: command.local.Logging.Stderr,
      },
      {
        parent: this,
        dependsOn: [args.service],
        ignoreChanges: model.inSync ? ["environment.OBSERVED"] : [],
        customTimeouts: { create: "12h", update: "12h" },
      },
    );
    this.name = pulumi.output(model.name);
    this.registerOutputs({ name: this.name });
  }
}

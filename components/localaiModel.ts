import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type HostAccess, sshVariable } from "../host/hostAccess";
import type { ResolvedLocalai } from "../plan/localaiModels";

export interface LocalaiModelArgs {
  readonly model: ResolvedLocalai;
  /** what must be there first: the service that keeps it, which must have proved that it answers, and backends for models */
  readonly after: readonly pulumi.Resource[];
  readonly access: HostAccess;
  /** secret */
  readonly apiKey: pulumi.Input<string>;
}

/** A model of LocalAI's, or a backend for models: installed once, looked for at every preview. */
export class LocalaiModel extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: LocalaiModelArgs, opts?: pulumi.ComponentResourceOptions) {
    const { model } = args;
    super("aistack:index:LocalaiModel", name, { [model.kind]: model.name }, opts);
    new command.local.Command(
      name,
      {
        // Finds what is there already, so it may run any number of times. There is no delete: data outlives the
        // stack, as it does in volumes.
        create: "node bin/ensureLocalai.cjs",
        environment: {
          ...sshVariable(args.access),
          LOCALAI_URL: model.url,
          LOCALAI_API_KEY: pulumi.secret(args.apiKey),
          LOCALAI_KIND: model.kind,
          LOCALAI_NAME: model.name,
          ...(model.from === undefined ? {} : { LOCALAI_FROM: model.from }),
          ...(model.variant === undefined ? {} : { LOCALAI_VARIANT: model.variant }),
          LOCALAI_RECORD: model.recordFile,
          CONTAINER: model.container,
          // Differs from the stored text only where the host was seen to differ from what is declared.
          OBSERVED: model.observed,
        },
        addPreviousOutputInEnv: false,
        logging: command.local.Logging.Stderr,
      },
      {
        parent: this,
        dependsOn: [...args.after],
        ignoreChanges: model.inSync ? ["environment.OBSERVED"] : [],
        customTimeouts: { create: "12h", update: "12h" },
      },
    );
    this.name = pulumi.output(model.name);
    this.registerOutputs({ name: this.name });
  }
}

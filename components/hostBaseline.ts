import * as pulumi from "@pulumi/pulumi";
import { readHostScripts } from "../host/hostScripts";
import type { AccountSpec, DirectorySpec } from "../plan/hostLayer";
import type { HostPaths } from "../plan/hostPaths";
import type { Observation } from "../plan/observation";
import type { HostConnection } from "../plan/settings";
import { formatOwner } from "./hostFile";
import { runOnHost } from "./hostShell";

export interface HostBaselineArgs {
  readonly host: HostConnection | undefined;
  readonly account: AccountSpec;
  readonly directories: readonly DirectorySpec[];
  readonly paths: HostPaths;
  readonly observed: Observation;
}

/** The account that the agent runs under, and the folders that its files are in. */
export class HostBaseline extends pulumi.ComponentResource {
  constructor(name: string, args: HostBaselineArgs, opts?: pulumi.ComponentResourceOptions) {
    const { account, paths } = args;
    super("aistack:index:HostBaseline", name, { account: account.name }, opts);
    runOnHost(
      name,
      {
        host: args.host,
        asRoot: paths.root === "",
        script: readHostScripts(["files", "baseline"]),
        deleteScript: readHostScripts(["baseline-remove"]),
        environment: {
          ROOT: paths.root,
          ACCOUNT: account.name,
          HOME_FOLDER: account.home,
          DOCKER_GROUP: account.dockerGroup ? "yes" : "no",
          DIRECTORIES: args.directories
            .map(({ mode, owner, path }) => `${mode} ${formatOwner(owner) || "-"} ${path}`)
            .join("\n"),
        },
        identity: paths.configuration,
        observed: args.observed,
        logging: "stderr",
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

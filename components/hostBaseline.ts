import * as pulumi from "@pulumi/pulumi";
import { readBaselineScript, readHostScripts } from "../host/hostScripts";
import type { AccountSpec, DirectorySpec } from "../plan/hostLayer";
import type { HostPaths } from "../plan/hostPaths";
import type { Observation } from "../plan/observation";
import type { HostConnection } from "../plan/settings";
import { runOnHost } from "./hostShell";

export interface HostBaselineArgs {
  readonly host: HostConnection | undefined;
  readonly account: AccountSpec;
  /** beside those that every host has */
  readonly directories: readonly DirectorySpec[];
  readonly paths: HostPaths;
  readonly observed: Observation;
}

/**
 * The account that the agent runs under, and the folders that its files are in. Account and folders that every host has
 * are install.sh's too, made by the same script, and outlive the stack.
 */
export class HostBaseline extends pulumi.ComponentResource {
  constructor(name: string, args: HostBaselineArgs, opts?: pulumi.ComponentResourceOptions) {
    const { account, paths } = args;
    super("aistack:index:HostBaseline", name, { account: account.name }, opts);
    runOnHost(
      name,
      {
        host: args.host,
        asRoot: paths.root === "",
        script: readBaselineScript(),
        deleteScript: readHostScripts(["baseline-remove"]),
        environment: {
          ROOT: paths.root,
          // Under another root, everything is whoever installs'.
          ACCOUNTS: paths.root === "" ? "yes" : "no",
          DOCKER_GROUP: account.dockerGroup ? "yes" : "no",
          FOLDERS: args.directories.map((folder) => formatFolder(paths.root, folder)).join("\n"),
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

/** `MODE USER GROUP PATH`, the path as it is below the root. */
function formatFolder(root: string, { mode, owner, path }: DirectorySpec): string {
  return [mode, owner?.user ?? "-", owner?.group ?? "-", path.slice(root.length)].join(" ");
}

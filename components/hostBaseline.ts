import * as pulumi from "@pulumi/pulumi";
import { readBaselineScript, readHostScripts } from "../host/hostScripts";
import type { ResolvedHostBaseline } from "../plan/hostBaseline";
import type { DirectorySpec } from "../plan/hostLayer";
import { runOnHost } from "./hostShell";

export interface HostBaselineArgs {
  readonly baseline: Pick<ResolvedHostBaseline, "spec" | "observed">;
}

/**
 * The account that the agent runs under, and the folders that its files are in. Account and folders that every host has
 * are install.sh's too, made by the same script, and outlive the stack.
 */
export class HostBaseline extends pulumi.ComponentResource {
  constructor(name: string, args: HostBaselineArgs, opts?: pulumi.ComponentResourceOptions) {
    const { spec, observed } = args.baseline;
    const { host, account, paths, ownDirectories } = spec;
    super("aistack:index:HostBaseline", name, { account: account.name }, opts);
    runOnHost(
      name,
      {
        host,
        asRoot: paths.root === "",
        script: readBaselineScript(),
        ...(ownDirectories.length === 0
          ? {}
          : { deleteScript: readHostScripts(["baseline-remove"]) }),
        environment: {
          ROOT: paths.root,
          // Under another root, everything is whoever installs'.
          ACCOUNTS: paths.root === "" ? "yes" : "no",
          DOCKER_GROUP: { true: "yes", false: "no", undefined: "" }[`${account.dockerGroup}`],
          FOLDERS: ownDirectories.map((folder) => formatFolder(paths.root, folder)).join("\n"),
        },
        identity: paths.configuration,
        observed,
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

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readHostScripts } from "../host/hostScripts";
import type { ExecutableSpec } from "../plan/hostLayer";
import type { HostPaths } from "../plan/hostPaths";
import type { Observation } from "../plan/observation";
import type { HostConnection } from "../plan/settings";
import { formatOwner } from "./hostFile";
import { connect, runOnHost } from "./hostShell";

export interface AgentExecutableArgs {
  readonly host: HostConnection | undefined;
  readonly executable: ExecutableSpec;
  readonly paths: HostPaths;
  readonly observed: Observation;
}

/** The agent as one executable on the host, known by its hash. */
export class AgentExecutable extends pulumi.ComponentResource {
  constructor(name: string, args: AgentExecutableArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, executable, observed } = args;
    super("aistack:index:AgentExecutable", name, { sha256: executable.sha256 }, opts);
    // Too large for standard input, which the state keeps. The copy lies in the home of who copies.
    const source = host === undefined ? executable.source : `.aistack-agent-${executable.sha256}`;
    const copy =
      host === undefined
        ? []
        : [
            new command.remote.CopyToRemote(
              `${name}-copy`,
              {
                connection: connect(host),
                source: new pulumi.asset.FileAsset(executable.source),
                remotePath: source,
                // The copy is removed once it is in place, so it is made anew where that has to be mended.
                triggers: [observed.text],
              },
              { parent: this, ignoreChanges: observed.inSync ? ["triggers"] : [] },
            ),
          ];
    runOnHost(
      name,
      {
        host,
        asRoot: args.paths.root === "",
        script: readHostScripts(["files", "executable"]),
        deleteScript: readHostScripts(["files", "file-remove"]),
        environment: {
          FILE: executable.path,
          SHA256: executable.sha256,
          MODE: executable.mode,
          OWNER: formatOwner(executable.owner),
          SOURCE: source,
          COPIED: host === undefined ? "no" : "yes",
          RECORDS: args.paths.records,
        },
        identity: executable.path,
        observed,
        logging: "stderr",
      },
      { parent: this, dependsOn: copy },
    );
    this.registerOutputs({});
  }
}

import * as pulumi from "@pulumi/pulumi";
import { readHostScripts } from "../host/hostScripts";
import type { HostFileSpec, Owner } from "../plan/hostLayer";
import type { Observation } from "../plan/observation";
import type { HostConnection } from "../plan/settings";
import { runOnHost } from "./hostShell";

export interface HostFileArgs {
  readonly host: HostConnection | undefined;
  readonly file: HostFileSpec;
  /** folder that remembers what was last written */
  readonly records: string;
  /** as root: false under another root */
  readonly asRoot: boolean;
  readonly observed: Observation;
}

/** A text file on the host: whole, with its owner and mode, or not at all. */
export class HostFile extends pulumi.ComponentResource {
  constructor(name: string, args: HostFileArgs, opts?: pulumi.ComponentResourceOptions) {
    const { file } = args;
    super("aistack:index:HostFile", name, { path: file.path }, opts);
    runOnHost(
      name,
      {
        host: args.host,
        asRoot: args.asRoot,
        script: readHostScripts(["files", "file"]),
        deleteScript: readHostScripts(["files", "file-remove"]),
        environment: { ...fileVariables(file), RECORDS: args.records },
        identity: file.path,
        observed: args.observed,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** What the scripts that write a file know of it. */
export function fileVariables(file: HostFileSpec): Record<string, string> {
  return {
    FILE: file.path,
    CONTENT: file.content,
    MODE: file.mode,
    OWNER: formatOwner(file.owner),
  };
}

/** `user:group`; empty: whoever installs. */
export function formatOwner(owner: Owner): string {
  return owner === undefined ? "" : `${owner.user}:${owner.group}`;
}

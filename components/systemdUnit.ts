import * as pulumi from "@pulumi/pulumi";
import { readHostScripts } from "../host/hostScripts";
import { ownDropInFolders } from "../plan/dropIns";
import type { UnitSpec } from "../plan/hostLayer";
import type { HostPaths } from "../plan/hostPaths";
import type { Observation } from "../plan/observation";
import type { HostConnection } from "../plan/settings";
import { fileVariables } from "./hostFile";
import { runOnHost } from "./hostShell";

export interface SystemdUnitArgs {
  readonly host: HostConnection | undefined;
  readonly unit: UnitSpec;
  readonly paths: HostPaths;
  /** containers have GPUs, which they may lose whenever systemd reads its files anew */
  readonly gpus: boolean;
  readonly observed: Observation;
}

/**
 * A unit of systemd: its file, whether it starts with the host, and whether it runs. Restarted only where its process
 * was started as another unit, before what it has read, or with other folders; systemd reads its files anew only where
 * one of them has changed. A first installation that does not start leaves nothing behind.
 */
export class SystemdUnit extends pulumi.ComponentResource {
  /** differs whenever systemd may have read its files anew */
  readonly generation: pulumi.Output<string>;

  constructor(name: string, args: SystemdUnitArgs, opts?: pulumi.ComponentResourceOptions) {
    const { unit, paths } = args;
    super("aistack:index:SystemdUnit", name, { path: unit.path }, opts);
    const unitOnHost = runOnHost(
      name,
      {
        host: args.host,
        asRoot: paths.root === "",
        script: readHostScripts(["files", "systemd", "process", "unit"]),
        deleteScript: readHostScripts(["files", "systemd", "unit-remove"]),
        environment: {
          ...fileVariables(unit),
          RECORDS: paths.records,
          ROOT: paths.root,
          SET_ASIDE: paths.setAside,
          UNIT: unit.name,
          LINK: unit.link ?? "",
          GPUS: args.gpus ? "yes" : "no",
          RUNNING: unit.running ? "yes" : "no",
          READS: unit.reads.join("\n"),
          WRITES: unit.writes.join("\n"),
          DROP_INS: ownDropInFolders(paths.root, unit.name).join("\n"),
          // Another one is a reason to look whether the process is still up to date.
          GENERATION: unit.generation,
        },
        identity: unit.path,
        observed: args.observed,
        // Tells what had to be moved out of the way, and why a unit does not start.
        logging: "stderr",
      },
      { parent: this },
    );
    const { stdin, update } = unitOnHost;
    this.generation = pulumi.all([stdin, update]).apply((ran) => JSON.stringify(ran));
    this.registerOutputs({});
  }
}

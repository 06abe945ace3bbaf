import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedHostLayer } from "../plan/hostDrift";
import { AgentExecutable } from "./agentExecutable";
import { HostBaseline } from "./hostBaseline";
import { HostFile } from "./hostFile";
import { LogRotation } from "./logRotation";
import { SystemdUnit } from "./systemdUnit";

export interface HostLayerArgs {
  readonly layer: ResolvedHostLayer;
}

/** What a stack has on its host beside containers: the agent, the idle check, and the rotation of their logs. */
export class HostLayer extends pulumi.ComponentResource {
  /** differs whenever systemd may have read its files anew */
  readonly reloads: pulumi.Output<string>;

  constructor(name: string, args: HostLayerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { spec, observed } = args.layer;
    const { host, paths } = spec;
    super("aistack:index:HostLayer", name, { units: spec.units.map((unit) => unit.name) }, opts);

    const baseline = new HostBaseline(
      `${name}-baseline`,
      { baseline: { spec, observed: observed.baseline } },
      { parent: this },
    );
    const files = { host, records: paths.records, asRoot: paths.root === "" };
    // Of what a stack has on its host, it comes first and goes last.
    const claim = new HostFile(
      `${name}-claim`,
      { ...files, file: spec.claim, observed: observed.claim },
      { parent: this, dependsOn: [baseline] },
    );
    const executable = new AgentExecutable(
      `${name}-executable`,
      { host, paths, executable: spec.executable, observed: observed.executable },
      { parent: this, dependsOn: [claim] },
    );
    const config = new HostFile(
      `${name}-config`,
      { ...files, file: spec.config, observed: observed.config },
      { parent: this, dependsOn: [claim] },
    );
    new LogRotation(
      `${name}-logs`,
      { ...files, file: spec.rotation, observed: observed.rotation },
      { parent: this, dependsOn: [claim] },
    );
    // In their order: a timer comes after the service that it starts.
    const units: SystemdUnit[] = [];
    for (const { unit, observed: seen } of observed.units) {
      units.push(
        new SystemdUnit(
          unit.name,
          { host, paths, unit, gpus: spec.beforeContainers, observed: seen },
          { parent: this, dependsOn: [executable, config, ...units] },
        ),
      );
    }
    this.reloads = pulumi
      .all(units.map(({ generation }) => generation))
      .apply((all) => createHash("sha256").update(all.join("\n")).digest("hex"));
    this.registerOutputs({});
  }
}

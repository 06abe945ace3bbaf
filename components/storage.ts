import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { VolumeSpec } from "../plan/plan";

export interface StorageArgs {
  readonly volumes: readonly VolumeSpec[];
  /** refuse a destroy as long as this is set */
  readonly protect: boolean;
}

/** The named volumes that keep a stack's data. */
export class Storage extends pulumi.ComponentResource {
  /** physical name → the same name, known once the volume is there */
  readonly volumeNames: ReadonlyMap<string, pulumi.Output<string>>;

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("aistack:index:Storage", name, {}, opts);
    this.volumeNames = new Map(
      args.volumes.map(({ key, name: volumeName }) => {
        // No labels and no driver options, ever: the provider replaces a volume when they change,
        // and a replaced volume is lost data. retainOnDelete is read from the state, so it must
        // have been there since the volume was made (pulumi/pulumi issue 13428).
        const volume = new docker.Volume(
          key,
          { name: volumeName },
          { parent: this, protect: args.protect, retainOnDelete: true },
        );
        return [volumeName, volume.name];
      }),
    );
    this.registerOutputs({});
  }
}

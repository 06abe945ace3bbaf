import * as pulumi from "@pulumi/pulumi";
import { HostFile, type HostFileArgs } from "./hostFile";

/** A file of logrotate's, which finds it by its folder: nothing has to be told. */
export class LogRotation extends pulumi.ComponentResource {
  constructor(name: string, args: HostFileArgs, opts?: pulumi.ComponentResourceOptions) {
    super("aistack:index:LogRotation", name, { path: args.file.path }, opts);
    new HostFile(name, args, { parent: this });
    this.registerOutputs({});
  }
}

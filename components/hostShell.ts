import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readPrivateKey } from "../host/privateKey";
import { quoteForShell, renderHostScript } from "../plan/hostScript";
import type { Observation } from "../plan/observation";
import type { HostConnection } from "../plan/settings";

export interface HostCommandArgs {
  /** where to run; undefined: this machine */
  readonly host: HostConnection | undefined;
  /**
   * POSIX shell, complete in itself; runs with `set -eu` and without standard input, when the resource is
   * made and whenever anything of it changes. So it must be able to run any number of times.
   */
  readonly script: string;
  /** the same for what undoes it; absent: what was made outlives the stack */
  readonly deleteScript?: string;
  /** variables of both scripts */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** variables that the state keeps encrypted, with all that the scripts print */
  readonly secretEnvironment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** run as root, by sudo where the user is another one */
  readonly asRoot?: boolean;
  /** what a probe saw of it before; absent: nobody looks */
  readonly observed?: Observation;
  /** what this is in the outside world, such as a path: another one is made after the old one was deleted */
  readonly identity?: string;
  /** show standard error while it runs */
  readonly logging?: "none" | "stderr";
}

/** A script on the host as a resource. */
export type HostCommand = command.local.Command | command.remote.Command;

/**
 * The only place that turns "run this script on the host" into a resource. What an edit changes goes by
 * standard input and so updates in place; `triggers` would replace, and the old `delete` undo the new `create`.
 */
export function runOnHost(
  name: string,
  args: HostCommandArgs,
  opts: pulumi.CustomResourceOptions,
): HostCommand {
  const secret = args.secretEnvironment !== undefined;
  const stdin = pulumi
    .all([pulumi.output(args.environment ?? {}), pulumi.output(args.secretEnvironment ?? {})])
    .apply(([open, hidden]) =>
      renderHostScript({
        create: args.script,
        ...(args.deleteScript === undefined ? {} : { delete: args.deleteScript }),
        environment: { ...open, ...hidden },
      }),
    );
  const shell = args.asRoot === true ? ROOT_SHELL : "exec sh -s";
  const inputs = {
    create: `${shell} create`,
    // The marker is an argument that no script reads. A property of its own would have to be `environment`,
    // which SSH servers refuse.
    ...(args.observed === undefined
      ? {}
      : { update: `${shell} create ${quoteForShell(printable(args.observed.text))}` }),
    ...(args.deleteScript === undefined ? {} : { delete: `${shell} delete` }),
    stdin: secret ? pulumi.secret(stdin) : stdin,
    ...(args.identity === undefined ? {} : { triggers: [args.identity] }),
    logging: args.logging ?? "none",
    addPreviousOutputInEnv: false,
  };
  const options: pulumi.CustomResourceOptions = pulumi.mergeOptions(opts, {
    deleteBeforeReplace: args.deleteScript !== undefined,
    ignoreChanges: args.observed?.inSync === true ? ["update"] : [],
    additionalSecretOutputs: secret ? ["stdout", "stderr"] : [],
  });
  return args.host === undefined
    ? new command.local.Command(name, inputs, options)
    : new command.remote.Command(name, { ...inputs, connection: connect(args.host) }, options);
}

/** Asks on the host who the user is: one text for both cases, so that another user is no change. */
const ROOT_SHELL = `exec sh -c 'if [ "$(id -u)" = 0 ]; then exec sh -s "$@"; else exec sudo -n sh -s "$@"; fi' sh`;

/** Arguments of a connection; the host's key is always among them, so nobody else is talked to. */
export function connect(host: HostConnection): command.types.input.remote.ConnectionArgs {
  const file = host.privateKeyFile;
  // The program runs in the checkout.
  const privateKey = file === undefined ? undefined : readPrivateKey(process.cwd(), file).usable;
  return {
    host: host.address,
    user: host.user,
    port: host.port,
    hostKey: host.hostKey,
    // Without one the provider asks the SSH agent, which alone can use a key that a passphrase protects.
    ...(privateKey === undefined ? {} : { privateKey: pulumi.secret(privateKey) }),
    dialErrorLimit: 3,
    perDialTimeout: 10,
  };
}

/** On one line of plain characters. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]+/g, " ");
}

import { execa } from "execa";

/** A service that a gate looks at. */
export interface GateTarget {
  readonly container: string;
  /** as it is reached from here */
  readonly url: string;
  /** arguments of ssh to its host; undefined: this machine */
  readonly ssh: readonly string[] | undefined;
}

/** `docker …` on the service's host; what it prints on both streams, undefined where it fails. */
export async function docker(
  { ssh }: Pick<GateTarget, "ssh">,
  ...args: readonly string[]
): Promise<string | undefined> {
  const [command, ...given] = ssh === undefined ? ["docker"] : ["ssh", ...ssh, "docker"];
  const ran = await execa(command ?? "", [...given, ...args], { reject: false, all: true });
  return ran.exitCode === 0 ? ran.all : undefined;
}

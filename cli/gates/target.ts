import { execa } from "execa";
import { quoteForShell } from "../../plan/hostScript";
import type { ServiceAddress } from "../models/serviceAddress";

/** A service that a gate looks at. */
export interface GateTarget extends ServiceAddress {
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

/** What a command in a service's container printed on both streams, on one line, and how it ended. */
export async function runInside(
  { ssh, container }: Pick<GateTarget, "ssh" | "container">,
  command: readonly string[],
  limitMs: number,
): Promise<{ exitCode: number; text: string }> {
  const given = ["exec", container, ...command];
  // A shell at the other end takes the words apart again.
  const [program = "", ...words] =
    ssh === undefined
      ? ["docker", ...given]
      : ["ssh", ...ssh, ["docker", ...given].map(quoteForShell).join(" ")];
  const ran = await execa(program, words, { reject: false, all: true, timeout: limitMs });
  const text = ran.timedOut ? `no answer within ${limitMs / 1000} s` : (ran.all ?? "");
  // A process that was stopped, or never started, has no exit code.
  return { exitCode: ran.exitCode ?? 1, text: text.replaceAll(/\s+/g, " ").trim() };
}

import { StackError } from "../plan/errors";
import { foreign } from "../plan/quote";
import type { HostConnection } from "../plan/settings";
import type { ProbeCommand } from "./probe";

/** The first line of a probe that is sent to another host: what comes before it is not the probe's. */
const MARK = "aistack-probe";

/** A probe by whose output `cutGreeting` tells what a user's own shell has printed before. */
export function markGreeting<Probe extends ProbeCommand>(probe: Probe): Probe {
  if (probe.stdin === undefined) return probe;
  return { ...probe, stdin: `echo ${MARK}\n${probe.stdin}` };
}

/**
 * What such a probe has printed.
 * @throws StackError where the user's shell has printed something: bash reads ~/.bashrc for each command that sshd runs, and its
 * text would stand in what the Docker engine answers over SSH, too
 */
export function cutGreeting({ user, address }: HostConnection, output: string): string {
  const end = output.indexOf(`${MARK}\n`);
  const greeting = output.slice(0, Math.max(end, 0)).trim();
  if (greeting === "") return output.slice(end < 0 ? 0 : end + MARK.length + 1);
  throw new StackError([
    {
      what: `the shell of ${foreign(user)} prints text where there is no terminal, which would stand in what the Docker engine answers: ${foreign(greeting, 60)}`,
      where: "aistack:host",
      fix: `Let it print on terminals alone: begin ~/.bashrc of ${foreign(user)} on ${address} with: case $- in *i*) ;; *) return ;; esac`,
    },
  ]);
}

import { execa } from "execa";
import type { ProbeCommand } from "../host/probe";
import { StackError } from "../plan/errors";
import type { HostConnection } from "../plan/settings";
import { explainSshFailure } from "../plan/sshFailure";

/**
 * Takes a look at a host, and returns what it prints.
 * @param host undefined: this machine
 * @throws StackError where a host over SSH cannot be looked at; anything else that fails is a bug
 */
export async function runProbe(
  root: string,
  host: HostConnection | undefined,
  { command, environment, stdin }: ProbeCommand,
): Promise<string> {
  const ran = await execa(command, {
    cwd: root,
    shell: true,
    env: { ...environment },
    ...(stdin === undefined ? {} : { input: stdin }),
    reject: false,
  });
  if (ran.exitCode === 0) return ran.stdout;
  const problem = host && explainSshFailure(host, ran.stderr);
  throw problem === undefined ? ran : new StackError([problem]);
}

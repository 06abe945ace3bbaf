import type { ProbeCommand } from "../host/probe";
import { cutGreeting, markGreeting } from "../host/probeGreeting";
import { probeFailure } from "../plan/probeFailure";
import type { HostConnection } from "../plan/settings";
import { execa } from "./execa";

/**
 * Takes a look at a host, and returns what it prints.
 * @param host undefined: this machine
 * @throws StackError where it cannot be looked at; what the probe printed is in no message
 */
export async function runProbe(
  root: string,
  host: HostConnection | undefined,
  probe: ProbeCommand,
): Promise<string> {
  const { command, environment, stdin } = host === undefined ? probe : markGreeting(probe);
  const { exitCode, signal, stdout, stderr } = await execa(command, {
    cwd: root,
    shell: true,
    env: { ...environment },
    ...(stdin === undefined ? {} : { input: stdin }),
    reject: false,
  });
  if (exitCode === 0) return host === undefined ? stdout : cutGreeting(host, stdout);
  throw probeFailure(host, exitCode ?? `signal ${signal}`, stderr);
}

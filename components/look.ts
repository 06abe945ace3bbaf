import * as command from "@pulumi/command";
import type { ProbeCommand } from "../host/probe";
import { cutGreeting, markGreeting } from "../host/probeGreeting";
import { probeFailure } from "../plan/probeFailure";
import type { HostConnection } from "../plan/settings";

/**
 * Takes a look at a host. Its outcome comes by a last line on standard error: an engine that sees a command fail tells
 * all that it has printed, and of a probe that is the environment of containers, passwords included.
 * @throws StackError where the host cannot be looked at
 */
export async function look(host: HostConnection | undefined, probe: ProbeCommand): Promise<string> {
  const { stdout, stderr } = await command.local
    .run({
      ...(host === undefined ? probe : markGreeting(probe)),
      // In a shell of its own, which the probe may replace.
      command: `(${probe.command})\necho "exit code $?" >&2`,
      logging: command.local.Logging.None,
    })
    .catch((error: Error) => {
      // The shell itself was ended. What comes before the command is the reason alone.
      const [reason = ""] = error.message.split(": running ", 1);
      throw probeFailure(host, reason === "" ? "it was ended" : reason, "");
    });
  const said = stderr.trimEnd().split("\n");
  const [, code] = /^exit code (\d+)$/.exec(said.pop() ?? "") ?? [];
  if (code === "0") return host === undefined ? stdout : cutGreeting(host, stdout);
  throw probeFailure(host, code === undefined ? "it was ended" : Number(code), said.join("\n"));
}

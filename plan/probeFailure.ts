import { OperationError, StackError } from "./errors";
import { foreign } from "./quote";
import type { HostConnection } from "./settings";
import { explainSshFailure } from "./sshFailure";

/**
 * Why a host could not be looked at. Of what the probe printed, nothing but the last line of its standard error is
 * told: its standard output holds the environment of containers, passwords included.
 * @param host undefined: this machine
 * @param ended how the probe ended: its exit code, or in words: `signal SIGKILL`
 */
export function probeFailure(
  host: HostConnection | undefined,
  ended: number | string,
  stderr: string,
): StackError {
  const known =
    host && explainSshFailure(host, stderr, typeof ended === "number" ? ended : undefined);
  if (known !== undefined) return new StackError([known]);
  const said = stderr.trimEnd().split("\n").at(-1)?.trim() ?? "";
  const how = typeof ended === "number" ? `exit code ${ended}` : ended;
  return new OperationError([
    {
      what: `the host could not be looked at: ${how}${said === "" ? "" : `, ${foreign(said)}`}`,
      where: host?.address ?? "this machine",
      fix: "Run it again; if it stays so, ./aistack doctor checks the host",
    },
  ]);
}

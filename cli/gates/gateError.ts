import { execa } from "execa";
import { OperationError } from "../../plan/errors";

/** Enough to see why a service does not serve. */
const LOG_LINES = 20;

/** A service that fails its gate, with the last lines that it logged. */
export async function gateError(container: string, what: string, fix: string) {
  const { all, exitCode } = await execa(
    "docker",
    ["logs", "--tail", String(LOG_LINES), container],
    {
      reject: false,
      all: true,
    },
  );
  const log = exitCode === 0 && all !== "" ? `\nIts last log lines:\n${all}\n` : "";
  return new OperationError([
    {
      what,
      where: container,
      fix: `${fix}${log}See all of its log with: docker logs ${container}`,
    },
  ]);
}

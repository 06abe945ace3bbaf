import { OperationError } from "../../plan/errors";
import { docker, type GateTarget } from "./target";

/** Enough to see why a service does not serve. */
const LOG_LINES = 20;

/** A service that fails its gate, with the last lines that it logged. */
export async function gateError(
  target: GateTarget,
  what: string,
  fix: string,
): Promise<OperationError> {
  const { container } = target;
  const said = (await docker(target, "logs", "--tail", String(LOG_LINES), container)) ?? "";
  const log = said === "" ? "" : `\nIts last log lines:\n${said}\n`;
  const onHost = target.ssh === undefined ? "" : " on its host";
  return new OperationError([
    {
      what,
      where: container,
      fix: `${fix}${log}See all of its log${onHost} with: docker logs ${container}`,
    },
  ]);
}

import { accessHost } from "../host/hostAccess";
import { hostChecksCommand, parseHostChecks } from "../host/hostChecks";
import type { Check } from "../plan/doctorCheck";
import { HostNotReadyError } from "../plan/errors";
import type { StackPlan } from "../plan/plan";
import { formatChecks } from "./checkTable";
import { log } from "./log";
import { print } from "./output";
import { runProbe } from "./runProbe";

/**
 * The installer's checks of a stack's host, where that is another machine; none for this one, which `install.sh` checks.
 * @throws StackError where it cannot be looked at
 */
export async function checkRemoteHost(
  root: string,
  stack: string,
  plan: StackPlan,
): Promise<readonly Check[]> {
  if (plan.host === undefined) return [];
  const access = accessHost(root, stack, plan.host);
  const checks = hostChecksCommand(root, stack, plan, access);
  return parseHostChecks(await runProbe(root, plan.host, checks));
}

/**
 * Shows the table of a remote host's checks.
 * @throws HostNotReadyError where one failed
 */
export function requireReadyHost({ host }: StackPlan, checks: readonly Check[]): void {
  if (host === undefined) return;
  const count = (state: Check["state"]) => checks.filter((check) => check.state === state).length;
  const [failed, warned] = [count("failed"), count("warning")];
  log().info({ event: "bootstrap.checks", host: host.address, failed, warned, checks });
  print(`Checks of ${host.address}:`);
  for (const line of formatChecks(checks)) print(`  ${line}`);
  if (failed === 0) return;
  throw new HostNotReadyError([
    {
      what: "this host is not ready, and nothing on it was changed",
      where: host.address,
      fix: "Mend what is marked FAIL and run this again",
    },
  ]);
}

import { LOOPBACK_ADDRESS } from "../../plan/agentConfig";
import { StackError } from "../../plan/errors";

/**
 * Checks the address that `--metrics` names.
 * @throws StackError where it is not on loopback
 */
export function checkMetricsAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const checked = LOOPBACK_ADDRESS.safeParse(address);
  if (checked.success) return address;
  throw new StackError(
    checked.error.issues.map(({ message }) => ({ what: message, where: "--metrics" })),
  );
}

import { StackError } from "../../plan/errors";
import { loopbackAddress } from "../../plan/validation";

/**
 * Checks the address that `--metrics` names.
 * @throws StackError where it is not on loopback
 */
export function checkMetricsAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const checked = loopbackAddress().safeParse(address);
  if (checked.success) return address;
  throw new StackError(
    checked.error.issues.map(({ message }) => ({ what: message, where: "--metrics" })),
  );
}

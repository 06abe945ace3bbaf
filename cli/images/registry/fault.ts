import type { Problem } from "../../../plan/errors";

/**
 * Why a registry's answer cannot be used.
 * `unreachable`: it may answer later; `refused`: credentials; `absent`: it does not have the image;
 * `invalid`: what it gives is not what it says, or not for this host.
 */
export type FaultKind = "unreachable" | "refused" | "absent" | "invalid";

/** A registry did not give what was asked of it. */
export class RegistryFault extends Error {
  override readonly name = "RegistryFault";
  readonly kind: FaultKind;
  readonly fix: string;

  constructor(kind: FaultKind, message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.fix = fix;
  }

  /** The fault as a problem of the image that was asked for. */
  toProblem(reference: string): Problem {
    return { what: this.message, where: reference, fix: this.fix };
  }
}

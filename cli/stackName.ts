import { InvalidArgumentError } from "commander";

/** Pulumi's own rule (pkg/backend/diy); a name becomes part of file names here. */
const NAME = /^[A-Za-z0-9_.-]{1,100}$/;

/** Refused as it is typed: Pulumi would do it after minutes in which engine and images were made ready. */
export function parseStackName(value: string): string {
  if (NAME.test(value)) return value;
  throw new InvalidArgumentError('A name is of letters, digits, ".", "-" and "_".');
}

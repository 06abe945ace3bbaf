import { join } from "node:path";
import { passphraseFile } from "./stackStore";

/** Variables under which `pulumi` typed by hand in the checkout finds engine, plugins, Node and passphrase. */
export function pulumiEnvironment(
  root: string,
  engine: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...engine,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(root),
    // A stack file that lost its salt takes it from the state again.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    // Compiled code of Pulumi's SDK is kept between runs: it is a third of a preview's time.
    NODE_COMPILE_CACHE: join(root, "bin", "compile-cache"),
  };
}

/** Shell text that exports the variables; for `eval "$(./aistack env)"`. */
export function shellExports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join("");
}

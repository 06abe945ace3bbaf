/** A stack file as a clone has it: where this checkout was installed from, Pulumi has put the salt of its passphrase there. */
export function withoutSalt(stackFile: string): string {
  return stackFile.replace(/^encryptionsalt:.*\n/m, "");
}

/**
 * The secrets that aistack generates, once for each stack. Values are never in a plan: it names them, and only
 * components and gates get what host/secretStore.ts keeps.
 */
export const SECRET_NAMES = [
  /** signs Open WebUI's sessions; 64 hexadecimal digits, which it never takes for a Fernet key */
  "webui-secret-key",
  /** of the account that Open WebUI makes at its first start */
  "webui-admin-password",
  /** LocalAI's only key, with every right */
  "localai-api-key",
] as const;

export type SecretName = (typeof SECRET_NAMES)[number];

/** The account that Open WebUI makes at its first start; null: its data has accounts already, and makes none. */
export type SeededAdmin = { readonly email: string } | null;

/** Values of the secrets that a stack uses. */
export type SecretValues = Readonly<Partial<Record<SecretName, string>>>;

/** A variable of a container's environment that holds a secret. */
export interface SecretVariable {
  readonly variable: string;
  readonly secret: SecretName;
}

/** The value of a secret that a plan names. @throws Error (a bug) where nobody generated it */
export function secretValue(secrets: SecretValues, name: SecretName): string {
  const value = secrets[name];
  if (value === undefined) throw new Error(`the secret ${name} was not generated`);
  return value;
}

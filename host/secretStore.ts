import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { StackError } from "../plan/errors";
import type { SecretName, SecretValues, SeededAdmin } from "../plan/secrets";

/*
 * Where a stack's generated secrets are kept: encrypted with the passphrase that also encrypts Pulumi's state. Not in
 * the state itself, because they must outlive a destroy as the data does that they belong to, and not in the stack
 * file, which is tracked (docs/decisions/0014-secrets.md).
 */

/** One encrypted value: AES-256-GCM, each part in base64. */
interface Sealed {
  readonly iv: string;
  readonly tag: string;
  readonly data: string;
}

interface StoreFile {
  readonly version: 1;
  /** of the key's derivation by scrypt */
  readonly salt: string;
  readonly secrets: Readonly<Record<string, Sealed>>;
  /** whom the administrator's password is for; absent in stores of earlier versions */
  readonly admin?: SeededAdmin;
}

export interface StackSecrets {
  readonly values: SecretValues;
  /** those that were not there before */
  readonly generated: readonly SecretName[];
  /** undefined where it was never noted */
  readonly admin: SeededAdmin | undefined;
}

/** Relative to the checkout. */
export function secretsFile(stack: string): string {
  return `.state/secrets/${stack}.json`;
}

/** How each secret is generated; all of them have 144 bits of a CSPRNG or more. */
const GENERATORS: Readonly<Record<SecretName, () => string>> = {
  "webui-secret-key": () => randomBytes(32).toString("hex"),
  // Typed by a person.
  "webui-admin-password": () => randomBytes(18).toString("base64url"),
  "localai-api-key": () => `sk-${randomBytes(32).toString("hex")}`,
};

/**
 * The stack's secrets, those generated that were not there before.
 * @param keep false: what is generated is thrown away, so that a preview writes nothing
 * @param seed the account that a first start would make now; it is kept beside its password
 * @throws StackError where what is kept cannot be read: a new secret would lock users out of their data
 */
export function ensureSecrets(
  root: string,
  stack: string,
  names: readonly SecretName[],
  keep: boolean,
  seed?: SeededAdmin,
): StackSecrets {
  if (names.length === 0) return { values: {}, generated: [], admin: undefined };
  const path = join(root, secretsFile(stack));
  const stored = readStore(path, stack);
  const salt = stored === undefined ? randomBytes(16) : Buffer.from(stored.salt, "base64");
  const key = deriveKey(readPassphrase(root), salt);
  const values: Partial<Record<SecretName, string>> = {};
  for (const [name, sealed] of Object.entries(stored?.secrets ?? {}))
    values[name as SecretName] = open(sealed, key, name, stack);
  const generated = names.filter((name) => values[name] === undefined);
  for (const name of generated) values[name] = GENERATORS[name]();
  // Where there is data, its account is the one that was made with the password that is kept.
  const isNew = generated.includes("webui-admin-password");
  const admin = seed === undefined || (seed === null && !isNew) ? stored?.admin : seed;
  if (keep && (generated.length > 0 || admin?.email !== stored?.admin?.email)) {
    const added = generated.map((name) => [name, seal(values[name] ?? "", key, name)]);
    const secrets = { ...stored?.secrets, ...Object.fromEntries(added) };
    const known = admin === undefined ? {} : { admin };
    writeStore(path, { version: 1, salt: salt.toString("base64"), secrets, ...known });
  }
  return { values, generated, admin };
}

function readStore(path: string, stack: string): StoreFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const store = JSON.parse(text) as StoreFile;
    if (store.version === 1 && typeof store.salt === "string" && store.secrets !== null)
      return store;
  } catch {
    // Told below, together with a file of another form.
  }
  throw unreadable(stack, "the file of the stack's secrets is damaged");
}

/** The passphrase as Pulumi finds it. */
function readPassphrase(root: string): string {
  const { PULUMI_CONFIG_PASSPHRASE: own, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  if (own !== undefined) return own;
  const path = file ?? join(root, ".state", "passphrase");
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const fix =
      'Restore the file from your backup, or run ./install.sh and then eval "$(./aistack env)"';
    throw new StackError([{ what: "the passphrase is not there", where: path, fix }]);
  }
}

function deriveKey(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase, salt, 32, { N: 2 ** 14, r: 8, p: 1 });
}

function seal(value: string, key: Buffer, name: string): Sealed {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  // The name is part of what is authenticated: one value cannot be put in another's place.
  cipher.setAAD(Buffer.from(name));
  const data = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return {
    iv: iv.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  };
}

function open(sealed: Sealed, key: Buffer, name: string, stack: string): string {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(sealed.iv, "base64"));
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(Buffer.from(sealed.tag, "base64"));
    const data = decipher.update(Buffer.from(sealed.data, "base64"));
    return Buffer.concat([data, decipher.final()]).toString("utf8");
  } catch {
    throw unreadable(stack, `the secret ${name} does not open with this passphrase`);
  }
}

function unreadable(stack: string, what: string): StackError {
  const fix =
    "Restore .state from your backup: with another secret, sessions and accounts of the existing data are lost";
  return new StackError([{ what, where: secretsFile(stack), fix }]);
}

function writeStore(path: string, store: StoreFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(store, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(temporary, path);
}

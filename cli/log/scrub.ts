import { isSecretKey } from "../../plan/secretNames";

/** What stands in a secret's place. */
export const REDACTED = "[redacted]";

/** Shorter values would take ordinary words out of messages. */
const LEAST_LENGTH = 6;

/** Texts that are secret by their form, wherever they stand; the group that is kept, if any, comes first. */
const SECRET_FORMS: readonly [form: RegExp, replacement: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  // The value of an Authorization header, to the end of its line or of the text that quotes it.
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)[^\r\n"']+/gi, `$1${REDACTED}`],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?/g, REDACTED],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, REDACTED],
  [/\b(?:hf_|ghp_|gho_|ghs_|github_pat_|glpat-|pul-)[A-Za-z0-9_-]{16,}/g, REDACTED],
  // Name and password within a URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:"']*:[^\s/@"']+@/gi, `$1${REDACTED}@`],
];

/**
 * Takes secrets out of what leaves the process: values that were registered, values under a key that
 * says so, and texts of a secret's form.
 */
export class Scrubber {
  readonly #values = new Set<string>();

  /** Registers a value; what is shorter than 6 characters is not taken. */
  register(value: string | undefined): void {
    let secret = value?.trim() ?? "";
    if (secret.length < LEAST_LENGTH) return;
    // As it stands, and as it stands in JSON, which itself may stand in JSON.
    for (let depth = 0; depth < 3; depth += 1) {
      this.#values.add(secret);
      secret = JSON.stringify(secret).slice(1, -1);
    }
  }

  /** Registers the values of variables whose names say that they are secret. */
  registerEnvironment(environment: NodeJS.ProcessEnv): void {
    for (const [name, value] of Object.entries(environment)) {
      if (isSecretKey(name)) this.register(value);
    }
  }

  text(text: string): string {
    let clean = text;
    // The longest first: one secret may hold another.
    for (const value of [...this.#values].sort((one, other) => other.length - one.length))
      clean = clean.replaceAll(value, REDACTED);
    for (const [form, replacement] of SECRET_FORMS) clean = clean.replace(form, replacement);
    return clean;
  }

  /** The same for plain data, its keys included; what was passed in stays as it is. */
  value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [
        this.text(key),
        isSecretKey(key) && hasContent(field) ? REDACTED : this.value(field),
      ]),
    );
  }

  /** One line of a log: a JSON object. A line that is none is scrubbed as text. */
  line(line: string): string {
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      return this.text(line);
    }
    return `${JSON.stringify(this.value(record))}\n`;
  }
}

/** Whether a password is set may be told; an empty one is no secret. */
function hasContent(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "" && typeof value !== "boolean";
}

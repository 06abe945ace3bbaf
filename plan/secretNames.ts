import { splitVariable } from "./environment";

/** Ends of a name's words that say "this is secret": `apiKey`, `WEBUI_SECRET_KEY`, `DB_PASS`, `OPENAI_API_KEYS`, `token`. */
const SECRET_NAME = new RegExp(
  `(?:${[
    "passwords?",
    "passwd",
    "passphrases?",
    "_pass",
    "secrets?",
    "token",
    // Of others, `tokens` is a number.
    "(?:api|access|auth|bearer|refresh)_?tokens",
    "authorization",
    "cookies?",
    "credentials?",
    "(?:api|private|secret|encryption|signing|master|session)_?keys?",
    "access_?keys?(?:_?ids?)?",
    "encryption_?salt",
  ].join("|")})$`,
);

/** True where the name of a field or of a variable says that its value is secret. */
export function isSecretKey(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_");
  return SECRET_NAME.test(words.toLowerCase());
}

/** The same of a container's variable, `NAME=value`. */
export function isSecretVariable(line: string): boolean {
  return isSecretKey(splitVariable(line)[0]);
}

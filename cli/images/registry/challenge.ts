/** How a registry wants to be signed in to. */
export interface Challenge {
  /** lower case: `bearer`, `basic` */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const SCHEME = /\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|$)/y;
const PARAMETER = /\s*,?\s*([A-Za-z_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;

/** Reads a WWW-Authenticate header (RFC 9110, section 11.6.1): one or more schemes, each with parameters. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const match = (expression: RegExp) => {
    expression.lastIndex = at;
    const found = expression.exec(header);
    if (found !== null) at = expression.lastIndex;
    return found;
  };
  while (at < header.length) {
    const parameter = challenges.length === 0 ? null : match(PARAMETER);
    if (parameter !== null) {
      const [, name = "", quoted, token = ""] = parameter;
      const value = quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, "$1");
      const current = challenges.at(-1);
      if (current !== undefined) current.parameters[name.toLowerCase()] = value;
      continue;
    }
    const scheme = match(SCHEME);
    if (scheme === null) break;
    challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters: {} });
  }
  return challenges;
}

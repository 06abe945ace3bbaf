import { type Problem, StackError } from "./errors";

/**
 * A unit of systemd as data. Rendering decides the escaping, so that no value can become a second
 * directive, a specifier or a variable.
 */
export interface UnitSections {
  readonly Unit: Directives;
  readonly Service?: Directives;
  readonly Timer?: Directives;
  readonly Install?: Directives;
}

/** By directive; a list gives one line for each of its values. */
export type Directives = Readonly<Record<string, UnitValue | readonly UnitValue[]>>;

/** `NOTHING` empties a directive that has a value by default. */
export type UnitValue = string | number | boolean | typeof NOTHING | Percent | CommandLine;

export const NOTHING = Symbol("nothing");

/** A text has its percent signs taken as text; a share is meant as one. */
export interface Percent {
  readonly percent: number;
}

/** What is executed: the path of an executable, then its arguments. */
export interface CommandLine {
  /** run with full privileges, whatever the unit's user and sandbox are */
  readonly privileged?: boolean;
  readonly words: readonly (string | UnitVariable)[];
}

/** A variable that systemd sets, as a word of its own. */
export interface UnitVariable {
  readonly variable: "MAINPID";
}

/**
 * The text of a unit file.
 * @param name of the unit, for messages
 * @throws StackError with every value that cannot be written
 */
export function renderUnit(name: string, sections: UnitSections): string {
  const problems: Problem[] = [];
  const blocks = Object.entries(sections).map(([section, directives]) => {
    const lines = Object.entries(directives as Directives).flatMap(([directive, given]) =>
      (Array.isArray(given) ? given : [given]).map((value: UnitValue) => {
        const fault = directiveFault(directive) ?? valueFault(value);
        if (fault !== undefined) {
          problems.push({ ...fault, where: `${name}: [${section}] ${JSON.stringify(directive)}` });
        }
        return `${directive}=${fault === undefined ? formatValue(value) : ""}`;
      }),
    );
    return [`[${section}]`, ...lines, ""].join("\n");
  });
  if (problems.length > 0) throw new StackError(problems);
  return blocks.join("\n");
}

function directiveFault(directive: string): Problem | undefined {
  if (/^[A-Z][A-Za-z0-9]*$/.test(directive)) return undefined;
  return { what: "is no name of a directive", fix: "Write it as systemd.directives(7) does" };
}

function valueFault(value: UnitValue): Problem | undefined {
  if (typeof value === "string") return textFault(value);
  if (typeof value === "number") return countFault(value);
  if (typeof value !== "object") return undefined;
  if ("percent" in value) return countFault(value.percent);
  return commandFault(value);
}

function countFault(value: number): Problem | undefined {
  return Number.isSafeInteger(value) && value >= 0
    ? undefined
    : { what: `${value} is no whole number of 0 or more` };
}

/**
 * What a plain text must not hold. Whether quotes and backslashes stand for themselves depends on the
 * directive, so they are refused; a command line can have them.
 */
function textFault(text: string): Problem | undefined {
  if (text === "")
    return { what: "is empty", fix: "Leave the directive out, or empty it explicitly" };
  if (/\p{Cc}/u.test(text)) {
    return {
      what: "holds a line break or another control character",
      fix: "Write it on one line",
    };
  }
  if (/["'\\]/.test(text)) {
    return { what: "holds a quotation mark or a backslash", fix: "Write it without" };
  }
  if (text !== text.trim()) {
    return { what: "begins or ends with a space", fix: "Write it without" };
  }
  return isText(text) ? undefined : { what: "is no valid Unicode text" };
}

function commandFault({ words }: CommandLine): Problem | undefined {
  const [executable] = words;
  if (typeof executable !== "string" || !/^\/[A-Za-z0-9._/@+-]+$/.test(executable)) {
    return {
      what: "does not begin with the path of an executable",
      fix: "Begin with an absolute path of letters, digits and . _ / @ + -",
    };
  }
  const texts = words.filter((word) => typeof word === "string");
  if (texts.some((word) => word.includes("\0"))) {
    return { what: "holds a NUL character, which no argument can" };
  }
  return texts.every(isText) ? undefined : { what: "is no valid Unicode text" };
}

/** Half of a character cannot be written as UTF-8. */
function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function formatValue(value: UnitValue): string {
  if (value === NOTHING) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value.replaceAll("%", "%%");
  if ("percent" in value) return `${value.percent}%`;
  const words = value.words.map((word) =>
    typeof word === "string" ? quoteWord(word) : `$${word.variable}`,
  );
  return `${value.privileged === true ? "+" : ""}${words.join(" ")}`;
}

/** One argument, whatever it holds: systemd.service(5), "Command lines". */
function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@+=:,./-]+$/.test(word)) return word;
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
      /[\x01-\x1f\x7f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
    )
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return `"${escaped}"`;
}

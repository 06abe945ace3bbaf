import type { Command, CommanderError } from "commander";
import type { Problem } from "../plan/errors";

/** The words that name a verb, its own verbs included; undefined where the first is none. */
export function verbOf(program: Command, words: readonly string[]): string | undefined {
  const path: string[] = [];
  let command = program;
  for (const word of words) {
    const next = command.commands.find((verb) => verb.name() === word);
    if (next === undefined) break;
    path.push(word);
    command = next;
  }
  return path.length === 0 ? undefined : path.join(" ");
}

/**
 * What the parser of the command line says, in the form that all messages have.
 * @param verb as `verbOf` tells it
 * @param behind all that was typed, where a verb stands behind its options
 */
export function toUsageProblem(
  error: CommanderError,
  verb: string | undefined,
  behind?: readonly [verb: string, ...others: string[]],
): Problem {
  if (behind !== undefined)
    return {
      what: `"${behind[0]}" stands behind its options`,
      where: "aistack",
      fix: `Write: aistack ${behind.join(" ")}`,
    };
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const { where, what } = sayPlainly(first);
  // "(Did you mean --stack?)", "(Did you mean one of up, ui?)"
  const guess = /^\(Did you mean (.+)\?\)$/.exec(rest.join(" "))?.[1];
  const meant =
    guess === undefined
      ? ""
      : `Did you mean ${guess.startsWith("one of") ? guess : `"${guess}"`}? `;
  return {
    what,
    where,
    fix: `${meant}See: aistack help${verb === undefined ? "" : ` ${verb}`}`,
  };
}

/** The parser's words where they are not plain ones, and theirs for a verb, which it calls a command. */
const PHRASES: readonly (readonly [said: RegExp, where: string, what: string])[] = [
  [/^option '(?:-\w, )?(--[\w-]+).*' argument missing$/, "$1", "its value is missing"],
  [
    /^option '(?:-\w, )?(--[\w-]+).*' argument '(.*)' is invalid\. (.+)\.$/,
    "$1",
    '"$2" is invalid. $3',
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.+)'\. (.+)\.$/,
    "<$2>",
    '"$1" is invalid. $3',
  ],
  [/^missing required argument '(.+)'$/, "<$1>", "it is missing"],
  [/^unknown command '(.*)'$/, "aistack", 'there is no verb "$1"'],
];

function sayPlainly(text: string): { where: string; what: string } {
  for (const [said, where, what] of PHRASES) {
    if (!said.test(text)) continue;
    const plain = text.replace(said, what).replace("Allowed choices are", "Accepted:");
    return { where: text.replace(said, where), what: plain };
  }
  return { where: "aistack", what: text.replaceAll("'", '"').replace(/\.$/, "") };
}

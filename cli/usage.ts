import type { CommanderError } from "commander";
import type { Problem } from "../plan/errors";

/**
 * What the parser of the command line says, in the form that all messages have.
 * @param verb what was typed first; undefined where that is no verb
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
  const what = first.replaceAll("'", '"').replace(/\.$/, "");
  // "(Did you mean --stack?)", "(Did you mean one of up, ui?)"
  const guess = /^\(Did you mean (.+)\?\)$/.exec(rest.join(" "))?.[1];
  const meant =
    guess === undefined
      ? ""
      : `Did you mean ${guess.startsWith("one of") ? guess : `"${guess}"`}? `;
  return {
    what,
    where: "aistack",
    fix: `${meant}See: aistack help${verb === undefined ? "" : ` ${verb}`}`,
  };
}

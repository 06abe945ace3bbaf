import { CommanderError } from "commander";
import { formatProblem, HostNotReadyError, OperationError, StackError } from "../plan/errors";
import { completeWords, putVerbFirst } from "./defaultVerb";
import { EXIT } from "./exitCodes";
import { log, secrets } from "./log";
import { openLog, traceRun } from "./log/run";
import { createProgram } from "./program";
import { toUsageProblem, verbOf } from "./usage";

export { writeTinyModel } from "./models/writeTinyModel";

/**
 * The aistack command.
 * @param args as typed, without the interpreter and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  const words = completeWords(args);
  let code: number = EXIT.done;
  const program = createProgram((result) => {
    code = result;
  });
  const verbs = program.commands.map((command) => command.name());
  const verb = verbOf(program, words);
  try {
    openLog(words);
  } catch (error) {
    return report(error, false);
  }
  return traceRun(verb ?? "", async () => {
    try {
      await program.parseAsync(words, { from: "user" });
      return code;
    } catch (error) {
      if (error instanceof CommanderError)
        return reportUsage(error, verb, putVerbFirst(args, verbs));
      return report(error, words.includes("--debug"));
    }
  });
}

const tell = (text: string) => process.stderr.write(`${secrets.text(text)}\n`);

/** Tells on standard error what was typed wrong. @returns the exit code that goes with it */
function reportUsage(
  error: CommanderError,
  verb: string | undefined,
  behind: readonly [string, ...string[]] | undefined,
): number {
  // Help was asked for and printed, or printed because nothing was asked for.
  if (error.exitCode === 0) return EXIT.done;
  if (error.code !== "commander.help") tell(formatProblem(toUsageProblem(error, verb, behind)));
  return EXIT.wrongInput;
}

/** Tells an error on standard error. @returns the exit code that goes with it */
function report(error: unknown, debug: boolean): number {
  if (error instanceof StackError) {
    log().error({ event: "app.refused", problems: error.problems });
    for (const problem of error.problems) tell(formatProblem(problem));
    if (debug) tell(error.stack ?? "");
    if (error instanceof OperationError) return EXIT.failed;
    return error instanceof HostNotReadyError ? EXIT.hostNotReady : EXIT.wrongInput;
  }
  // Anything else is a bug of aistack: its stack is what a report needs.
  log().error({ event: "app.bug", err: error });
  tell((error as Error).stack ?? String(error));
  return EXIT.failed;
}

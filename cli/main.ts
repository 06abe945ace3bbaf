import { CommanderError } from "commander";
import { formatProblem, HostNotReadyError, OperationError, StackError } from "../plan/errors";
import { EXIT } from "./exitCodes";
import { log, secrets } from "./log";
import { openLog, traceRun } from "./log/run";
import { createProgram } from "./program";
import { toUsageProblem } from "./usage";

export { writeTinyModel } from "./models/writeTinyModel";

/** What `aistack` alone does: the terminal UI, or a status where there is no terminal for it. */
const DEFAULT_VERB = "ui";

/**
 * The aistack command.
 * @param args as typed, without the interpreter and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  const words = args.length === 0 ? [DEFAULT_VERB] : [...args];
  let code: number = EXIT.done;
  const program = createProgram((result) => {
    code = result;
  });
  const verb = program.commands.find((command) => command.name() === words[0])?.name();
  try {
    openLog(words);
  } catch (error) {
    return report(error, verb, false);
  }
  return traceRun(verb ?? "", async () => {
    try {
      await program.parseAsync(words, { from: "user" });
      return code;
    } catch (error) {
      return report(error, verb, words.includes("--debug"));
    }
  });
}

/** Tells an error on standard error. @returns the exit code that goes with it */
function report(error: unknown, verb: string | undefined, debug: boolean): number {
  const tell = (text: string) => process.stderr.write(`${secrets.text(text)}\n`);
  if (error instanceof CommanderError) {
    // Help was asked for and printed, or printed because nothing was asked for.
    if (error.exitCode === 0) return EXIT.done;
    if (error.code !== "commander.help") tell(formatProblem(toUsageProblem(error, verb)));
    return EXIT.wrongInput;
  }
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

import { Command, CommanderError, Option } from "commander";
import { formatProblem, HostNotReadyError, OperationError, StackError } from "../plan/errors";
import { EXIT } from "./exitCodes";
import { registerAgentCommands } from "./verbs/agent";
import { registerCredentialsCommand } from "./verbs/credentials";
import { registerDetectCommand } from "./verbs/detect";
import { registerEnvironmentCommand } from "./verbs/env";
import { registerGpuCheckCommand } from "./verbs/gpuCheck";
import { registerImagesCommand } from "./verbs/images";
import { registerInstallCommand } from "./verbs/install";
import { registerOperationCommands } from "./verbs/operate";

export { writeTinyModel } from "./models/writeTinyModel";

/**
 * The aistack command.
 * @param args as typed, without the interpreter and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const finish = (result: number) => {
    code = result;
  };
  const program = new Command("aistack")
    .description(
      "A private AI server on this host: every change is shown before it happens, and no data is lost.",
    )
    .version("0.1.0")
    .exitOverride();
  registerInstallCommand(program, finish);
  registerOperationCommands(program, finish);
  registerGpuCheckCommand(program, finish);
  registerDetectCommand(program, finish);
  registerImagesCommand(program, finish);
  registerCredentialsCommand(program, finish);
  registerEnvironmentCommand(program, finish);
  registerAgentCommands(program, finish);
  for (const verb of program.commands.flatMap((one) => [one, ...one.commands])) {
    verb.exitOverride().addOption(new Option("--debug", "show the stack of an error"));
  }

  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    return report(error, args.includes("--debug"));
  }
}

function report(error: unknown, debug: boolean): number {
  // Commander has printed the message, with a did-you-mean, by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongInput;
  if (error instanceof StackError) {
    for (const problem of error.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    if (debug) process.stderr.write(`${error.stack}\n`);
    if (error instanceof OperationError) return EXIT.failed;
    return error instanceof HostNotReadyError ? EXIT.hostNotReady : EXIT.wrongInput;
  }
  // Anything else is a bug of aistack: its stack is what a report needs.
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  return EXIT.failed;
}

import { Command, Option } from "commander";
import { formatHelp } from "./help/format";
import { LOG_LEVELS } from "./log";
import { parseStackName } from "./stackName";
import { registerAgentCommands } from "./verbs/agent";
import { registerCompletionCommands } from "./verbs/completion";
import { registerControlCommands } from "./verbs/control";
import { registerCredentialsCommand } from "./verbs/credentials";
import { registerDetectCommand } from "./verbs/detect";
import { registerDoctorCommand } from "./verbs/doctor";
import { registerEnvironmentCommand } from "./verbs/env";
import { registerGpuCheckCommand } from "./verbs/gpuCheck";
import { registerHelpCommand } from "./verbs/help";
import { registerImagesCommand } from "./verbs/images";
import { registerInstallCommand } from "./verbs/install";
import { registerLogsCommand } from "./verbs/logs";
import { registerModelsCommand } from "./verbs/models";
import { registerOperationCommands } from "./verbs/operate";
import { registerStacksCommand } from "./verbs/stacks";
import { registerStatusCommand } from "./verbs/status";
import { registerUiCommand } from "./verbs/ui";
import { registerVersionCommand } from "./verbs/version";
import { VERSION } from "./version";

/** What a verb does with its exit code. */
export type Finish = (code: number) => void;

/**
 * All verbs with their options. Nothing is read and nothing started before one of them is parsed.
 * Errors are thrown as CommanderError and not printed.
 */
export function createProgram(finish: Finish): Command {
  const program = new Command("aistack")
    .description(
      "A private AI server: every change is shown before it happens, and no data is lost.",
    )
    .version(VERSION)
    .helpCommand(false)
    .helpOption("-h, --help", "explain this verb")
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ formatHelp });
  registerInstallCommand(program, finish);
  registerOperationCommands(program, finish);
  registerStatusCommand(program, finish);
  registerUiCommand(program, finish);
  registerControlCommands(program, finish);
  registerLogsCommand(program, finish);
  registerModelsCommand(program, finish);
  registerStacksCommand(program, finish);
  registerImagesCommand(program, finish);
  registerCredentialsCommand(program, finish);
  registerDoctorCommand(program, finish);
  registerGpuCheckCommand(program, finish);
  registerDetectCommand(program, finish);
  registerAgentCommands(program, finish);
  registerVersionCommand(program, finish);
  registerEnvironmentCommand(program, finish);
  registerCompletionCommands(program, finish);
  registerHelpCommand(program, finish);
  for (const verb of allCommands(program)) {
    verb.options.find(({ long }) => long === "--stack")?.argParser(parseStackName);
    verb
      .addOption(new Option("--debug", "show the stack of an error"))
      .addOption(
        new Option("--log-level <level>", "what goes into the log; default: info").choices(
          LOG_LEVELS,
        ),
      );
  }
  return program;
}

/** A command's verbs, and theirs. */
function allCommands(command: Command): Command[] {
  return command.commands.flatMap((verb) => [verb, ...allCommands(verb)]);
}

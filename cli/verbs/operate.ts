import type { Command } from "commander";
import { StackError } from "../../plan/errors";
import { findProjectRoot } from "../artifacts/projectRoot";
import { confirm } from "../confirm";
import { EXIT } from "../exitCodes";
import { observe } from "../observe";
import { destroy, type OperationOptions, preview, up } from "../operations";
import { installedEnvironment } from "../session";
import { chooseStack } from "../stackSelection";

interface VerbOptions {
  readonly stack?: string;
  readonly yes?: boolean;
}

export function registerOperationCommands(program: Command, finish: (code: number) => void): void {
  program
    .command("preview")
    .description("show what `up` would change; exit code 4 where there is something")
    .option("-s, --stack <name>", "the stack; default: the selected one")
    .action(async (options: VerbOptions) => {
      const session = await openSession(options, true);
      const { changes } = await preview(session);
      finish(changes === 0 ? EXIT.done : EXIT.changesPending);
    });

  program
    .command("up")
    .description(
      "bring the host to what the configuration says; the changes are shown before a question is asked",
    )
    .option("-s, --stack <name>", "the stack; default: the selected one")
    .option("-y, --yes", "do not ask")
    .action(async (options: VerbOptions) => {
      const session = await openSession(options, true);
      if (options.yes !== true) {
        const { changes } = await preview(session);
        if (changes === 0) return finish(EXIT.done);
        await confirm(`Make these ${changes} changes?`);
      }
      await up(session);
      finish(EXIT.done);
    });

  program
    .command("destroy")
    .description("remove containers and network; volumes and models stay")
    .option("-s, --stack <name>", "the stack; default: the selected one")
    .option("-y, --yes", "do not ask")
    .action(async (options: VerbOptions) => {
      const session = await openSession(options, false);
      if (options.yes !== true)
        await confirm(`Remove the containers of stack ${session.stack}? Its data stays.`);
      await destroy(session);
      finish(EXIT.done);
    });
}

/** Everything is checked before the engine starts, so that bad input touches nothing. */
async function openSession(options: VerbOptions, check: boolean): Promise<OperationOptions> {
  const root = findProjectRoot();
  const installed = await installedEnvironment(root);
  const stack = chooseStack(root, options.stack);
  if (check) {
    const { problems } = await observe(root, stack);
    if (problems.length > 0) throw new StackError(problems);
  }
  return {
    root,
    stack,
    environment: { ...(process.env as Record<string, string>), ...installed },
    onOutput: (text) => process.stdout.write(text),
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  };
}

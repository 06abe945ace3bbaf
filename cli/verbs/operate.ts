import type { Command } from "commander";
import { StackError } from "../../plan/errors";
import { findProjectRoot } from "../artifacts/projectRoot";
import { confirm } from "../confirm";
import { EXIT } from "../exitCodes";
import { lockBeforePull } from "../images/lockBeforePull";
import { lookAtHost, observe, planFromCheckout } from "../observe";
import { destroy, type OperationOptions, preview, up } from "../operations";
import { installedEnvironment, selectedStack } from "../session";
import { stackExists } from "../stackStore";

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
      await lockImagesFirst(session);
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

/** The update then pulls by digest from the start, and nothing is left to change after it. */
async function lockImagesFirst({ root, stack, onOutput }: OperationOptions): Promise<void> {
  const planned = planFromCheckout(root, stack);
  if (planned.services.every(({ image }) => image.digest !== undefined)) return;
  const { plan, facts } = await lookAtHost(root, stack, planned);
  await lockBeforePull(root, plan, facts, (line) => onOutput(`${line}\n`));
}

/** Everything is checked before the engine starts, so that bad input touches nothing. */
async function openSession(options: VerbOptions, check: boolean): Promise<OperationOptions> {
  const root = findProjectRoot();
  const stack = options.stack ?? (await selectedStack(root, await installedEnvironment(root)));
  if (!stackExists(root, stack)) {
    throw new StackError([
      {
        what: `there is no stack "${stack}"`,
        where: "--stack",
        fix: `Create it with: ./install.sh --stack ${stack}`,
      },
    ]);
  }
  if (check) {
    const { problems } = await observe(root, stack);
    if (problems.length > 0) throw new StackError(problems);
  }
  const environment = await installedEnvironment(root);
  return {
    root,
    stack,
    environment: { ...(process.env as Record<string, string>), ...environment },
    onOutput: (text) => process.stdout.write(text),
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  };
}

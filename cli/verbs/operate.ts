import type { Command } from "commander";
import { StackError } from "../../plan/errors";
import type { StackPlan } from "../../plan/plan";
import { findProjectRoot } from "../artifacts/projectRoot";
import { confirm } from "../confirm";
import { EXIT } from "../exitCodes";
import { lockBeforePull } from "../images/lockBeforePull";
import { type Observation, observe } from "../observe";
import { destroy, type OperationOptions, preview, printOutput } from "../operations";
import { printJson } from "../output";
import type { PreviewReport } from "../previewReport";
import { installedEnvironment } from "../session";
import { chooseStack } from "../stackSelection";
import { update } from "../update";
import { addReadingVerb, type ReadingOptions, stackOption } from "./options";

interface VerbOptions extends ReadingOptions {
  readonly yes?: boolean;
}

export function registerOperationCommands(program: Command, finish: (code: number) => void): void {
  addReadingVerb(
    program,
    "preview",
    "show what `up` would change; exit code 4 where there is something",
  ).action(async (options: VerbOptions) => {
    const { session } = await openChecked(options);
    const { changes } = await (options.json === true ? previewAsJson(session) : preview(session));
    finish(changes === 0 ? EXIT.done : EXIT.changesPending);
  });

  program
    .command("up")
    .description(
      "bring the host to what the configuration says; the changes are shown before a question is asked",
    )
    .addOption(stackOption())
    .option("-y, --yes", "do not ask")
    .action(async (options: VerbOptions) => {
      const checked = await openChecked(options);
      const { session, facts } = checked;
      const plan = await lockImagesFirst(session, checked);
      if (options.yes !== true) {
        const { changes } = await preview(session);
        if (changes === 0) return finish(EXIT.done);
        await confirm(`Make these ${changes} changes?`);
      }
      await update(session, plan, facts);
      finish(EXIT.done);
    });

  program
    .command("destroy")
    .description("remove containers and network; volumes and models stay")
    .addOption(stackOption())
    .option("-y, --yes", "do not ask")
    .action(async (options: VerbOptions) => {
      const session = await openSession(options);
      if (options.yes !== true)
        await confirm(`Remove the containers of stack ${session.stack}? Its data stays.`);
      await destroy(session);
      finish(EXIT.done);
    });
}

/** What the engine says beside its events is told only where it fails, and then not on standard output. */
async function previewAsJson(session: OperationOptions): Promise<PreviewReport> {
  const said: string[] = [];
  try {
    const report = await preview({ ...session, onOutput: (text) => said.push(text), color: false });
    printJson(report);
    return report;
  } catch (error) {
    process.stderr.write(said.join(""));
    throw error;
  }
}

/** The update then pulls by digest from the start, and nothing is left to change after it. */
async function lockImagesFirst(
  { root, stack, onOutput }: OperationOptions,
  { plan, facts }: Pick<Observation, "plan" | "facts">,
): Promise<StackPlan> {
  const locked = await lockBeforePull(root, plan, facts, (line) => onOutput(`${line}\n`));
  return locked.length === 0 ? plan : (await observe(root, stack)).plan;
}

/** Everything is checked before the engine starts, so that bad input touches nothing. */
async function openChecked(
  options: VerbOptions,
): Promise<{ session: OperationOptions } & Pick<Observation, "plan" | "facts">> {
  const root = findProjectRoot();
  const { plan, facts, problems } = await observe(root, chooseStack(root, options.stack));
  if (problems.length > 0) throw new StackError(problems);
  return { session: await openSession(options), plan, facts };
}

async function openSession(options: VerbOptions): Promise<OperationOptions> {
  const root = findProjectRoot();
  const stack = chooseStack(root, options.stack);
  const installed = await installedEnvironment(root);
  return {
    root,
    stack,
    environment: { ...(process.env as Record<string, string>), ...installed },
    onOutput: printOutput(),
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  };
}

import { Argument, type Command } from "commander";
import { builtImageNames } from "../../host/builtImages";
import { readCheckout } from "../../host/checkout";
import { readComposeProject } from "../../plan/composeFile";
import { StackError } from "../../plan/errors";
import { findProjectRoot } from "../artifacts";
import { modelOf, NAME_KINDS, type NameKind } from "../completion/model";
import { completionScript, SHELLS, type Shell } from "../completion/scripts";
import { EXIT } from "../exitCodes";
import { planFromCheckout } from "../observe";
import { print } from "../output";
import { chooseStack, listStacks } from "../stackSelection";

export function registerCompletionCommands(program: Command, finish: (code: number) => void): void {
  program
    .command("completion")
    .description("print a script that completes this command in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, modelOf(program)));
      finish(EXIT.done);
    });
  // What those scripts ask for.
  program
    .command("names", { hidden: true })
    .description("print names that only this checkout knows, one a line")
    .addArgument(new Argument("<kind>", "what is to be named").choices(NAME_KINDS))
    .action((kind: NameKind) => {
      for (const name of NAMES[kind](findProjectRoot())) print(name);
      finish(EXIT.done);
    });
}

const NAMES: Readonly<Record<NameKind, (root: string) => string[]>> = {
  stacks: listStacks,
  services: serviceNames,
  "known-services": knownServices,
  recipes: (root) => Object.keys(builtImageNames(root)),
};

/** The selected stack's services; where there is none, all that there could be. */
function serviceNames(root: string): string[] {
  try {
    const plan = planFromCheckout(root, chooseStack(root, undefined));
    return plan.services.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    return knownServices(root);
  }
}

function knownServices(root: string): string[] {
  return Object.keys(readComposeProject(readCheckout(root, "").composeFiles).services);
}

import type { Command } from "commander";
import { StackError } from "../../plan/errors";
import { suggest } from "../../plan/suggest";
import { visibleVerbs } from "../completion/model";
import { EXIT } from "../exitCodes";

export function registerHelpCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("help")
    .argument("[verb...]", "the verb to explain, and a verb of its own")
    .description("explain a verb; without one, list them all")
    .action((words: string[]) => {
      process.stdout.write(findCommand(program, words).helpInformation());
      finish(EXIT.done);
    });
}

function findCommand(program: Command, words: readonly string[]): Command {
  return words.reduce((parent, word) => {
    const found = parent.commands.find((command) => command.name() === word);
    if (found !== undefined) return found;
    const known = visibleVerbs(parent).map((command) => command.name());
    if (known.length === 0) {
      const what = `"${parent.name()}" has no verbs of its own, such as "${word}"`;
      const fix = `See: aistack help ${parent.name()}`;
      throw new StackError([{ what, where: "aistack help", fix }]);
    }
    const what = `there is no verb "${word}"`;
    throw new StackError([{ what, where: "aistack help", fix: suggest(word, known) }]);
  }, program);
}

import { type Command, Option } from "commander";

export interface ReadingOptions {
  readonly stack?: string;
  readonly json?: boolean;
}

export const stackOption = (what = "the stack; default: the selected one, or the only one") =>
  new Option("-s, --stack <name>", what);

export const jsonOption = () =>
  new Option("--json", "print JSON, whose form docs/cli.md describes");

/** Adds a verb that reads: it takes a stack and prints JSON on request. */
export function addReadingVerb(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .description(summary)
    .addOption(stackOption())
    .addOption(jsonOption());
}

import type { Command, Help } from "commander";
import { styled } from "../output";
import { EXIT_CODES, GROUPS, PAGES, type Page } from "./pages";
import { wrap } from "./wrap";

const INDENT = 4;
const WIDEST = 100;

/** A manual page of a command, or the list of all verbs; for `help` and `--help` alike. */
export function formatHelp(command: Command, helper: Help): string {
  const width = Math.min(helper.helpWidth ?? process.stdout.columns ?? 80, WIDEST);
  const sections =
    command.parent === null ? listVerbs(command, width) : describeVerb(command, helper, width);
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function describeVerb(command: Command, helper: Help, width: number): string[][] {
  const words = wordsOf(command);
  const page: Page = PAGES[words.join(" ")] ?? {};
  const options = helper.visibleOptions(command);
  const verbs = helper.visibleCommands(command);
  const codes = Object.entries(page.exitCodes ?? {});
  return [
    section("NAME", [`aistack ${words.join(" ")} - ${command.description()}`], width),
    section("SYNOPSIS", [helper.commandUsage(command)], width),
    ...optional(page.description, (texts) => paragraphs("DESCRIPTION", texts, width)),
    ...optional(
      command.registeredArguments.map(
        (argument): Entry => [`<${argument.name()}>`, argument.description],
      ),
      (entries) => list("ARGUMENTS", entries, width),
    ),
    ...optional(
      verbs.map((verb): Entry => [verb.name(), verb.description()]),
      (entries) => list("VERBS", entries, width),
    ),
    list(
      "OPTIONS",
      options.map((option): Entry => [option.flags, helper.optionDescription(option)]),
      width,
    ),
    ...optional(codes, (entries) => table("EXIT CODES", [["0", "done"], ...entries], width)),
    ...optional(page.examples, (entries) => list("EXAMPLES", entries, width)),
    ...optional(page.files, (entries) => list("FILES", entries, width)),
  ];
}

function listVerbs(program: Command, width: number): string[][] {
  const groups = Object.entries(GROUPS).map(([title, names]) =>
    table(
      title,
      names.flatMap((name): Entry[] => {
        const verb = program.commands.find((command) => command.name() === name);
        return verb === undefined ? [] : [[name, verb.description()]];
      }),
      width,
    ),
  );
  return [
    [styled("bold", "aistack"), ...wrap(program.description(), width, INDENT)],
    section("SYNOPSIS", ["aistack [verb] [options]"], width),
    paragraphs(
      "DESCRIPTION",
      [
        "Without a verb, a terminal gets the terminal UI and everything else a status. Options alone are those of `aistack ui`: aistack --json, aistack --stack NAME.",
      ],
      width,
    ),
    ...groups,
    table("EXIT CODES", EXIT_CODES, width),
    section("MORE", ["aistack help VERB, docs/cli.md"], width),
  ];
}

type Entry = readonly [term: string, text: string];

function optional<Item>(
  items: readonly Item[] | undefined,
  format: (items: readonly Item[]) => string[],
): string[][] {
  return items === undefined || items.length === 0 ? [] : [format(items)];
}

function section(title: string, texts: readonly string[], width: number): string[] {
  return [styled("bold", title), ...texts.flatMap((text) => wrap(text, width, INDENT))];
}

function paragraphs(title: string, texts: readonly string[], width: number): string[] {
  const lines = texts.flatMap((text, index) => [
    ...(index === 0 ? [] : [""]),
    ...wrap(text, width, INDENT),
  ]);
  return [styled("bold", title), ...lines];
}

/** Each term on a line of its own, its text below. */
function list(title: string, entries: readonly Entry[], width: number): string[] {
  const lines = entries.flatMap(([term, text]) => [
    " ".repeat(INDENT) + term,
    ...wrap(text, width, 2 * INDENT),
  ]);
  return [styled("bold", title), ...lines];
}

/** Short terms, each beside its text. */
function table(title: string, entries: readonly Entry[], width: number): string[] {
  const column = INDENT + Math.max(...entries.map(([term]) => term.length)) + 2;
  const lines = entries.flatMap(([term, text]) => {
    const [first = "", ...rest] = wrap(text, width, column);
    return [" ".repeat(INDENT) + term.padEnd(column - INDENT) + first.trimStart(), ...rest];
  });
  return [styled("bold", title), ...lines];
}

function wordsOf(command: Command): string[] {
  return command.parent === null ? [] : [...wordsOf(command.parent), command.name()];
}

import type { Argument, Command, Option } from "commander";
import { DEFAULT_VERB } from "../defaultVerb";

/** What the value of an option or argument can be completed from. */
export type ValueSource =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** `aistack names KIND` prints them */
  | { readonly kind: "names"; readonly names: NameKind }
  /** the shell knows them best */
  | { readonly kind: "files" }
  | { readonly kind: "none" };

/**
 * Names that only the checkout knows: stacks that were created, services of the selected one, all services that
 * there could be, and services whose image can be built.
 */
export const NAME_KINDS = ["stacks", "services", "known-services", "recipes"] as const;
export type NameKind = (typeof NAME_KINDS)[number];

export interface OptionModel {
  /** `-s`, `--stack` */
  readonly flags: readonly string[];
  readonly description: string;
  /** undefined: the option takes no value */
  readonly value: ValueSource | undefined;
  /** The value may be left out. */
  readonly optional: boolean;
}

export interface VerbModel {
  /** The words that lead to it: `images build`; empty: the command itself. */
  readonly path: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  /** What its arguments are, in their order; names of its own verbs come first where it has any. */
  readonly values: readonly ValueSource[];
  /** The last of the arguments may come again and again. */
  readonly repeats: boolean;
}

/** The command and all its verbs with what can follow them, for the scripts of the shells. */
export function modelOf(program: Command): VerbModel[] {
  const verbs = listVerbs(program);
  const main = verbs.find(({ command }) => command.name() === DEFAULT_VERB);
  const options = [...(main?.command.options ?? []), VERSION, HELP].map(optionOf);
  const root = { path: "", description: program.description(), options };
  return [
    { ...root, values: [namesOf(program)], repeats: false },
    ...verbs.map(({ path, command }) => modelVerb(path, command, program)),
    ...explained(verbs),
  ];
}

/** A verb's own verbs, by the last word of their paths. */
export function ownVerbs(
  { path }: VerbModel,
  verbs: readonly VerbModel[],
): { readonly name: string; readonly description: string }[] {
  const before = path === "" ? "" : `${path} `;
  return verbs
    .map((verb) => ({ ...verb, name: verb.path.slice(before.length) }))
    .filter(({ path: own, name }) => own.startsWith(before) && /^\S+$/.test(name))
    .filter(({ description }) => description !== "")
    .map(({ name, description }) => ({ name, description }));
}

const HELP = { short: "-h", long: "--help", description: "explain this verb" } as Option;
const VERSION = { short: "-V", long: "--version", description: "show the version" } as Option;

interface Verb {
  readonly path: string;
  readonly command: Command;
}

function listVerbs(parent: Command, path = ""): Verb[] {
  return visibleVerbs(parent).flatMap((command) => {
    const own = path === "" ? command.name() : `${path} ${command.name()}`;
    return [{ path: own, command }, ...listVerbs(command, own)];
  });
}

/** A command's own verbs, without those that scripts alone call. */
export function visibleVerbs(command: Command): Command[] {
  return command.commands.filter((verb) => !(verb as unknown as { _hidden?: boolean })._hidden);
}

function namesOf(command: Command): ValueSource {
  return { kind: "words", words: visibleVerbs(command).map((verb) => verb.name()) };
}

function modelVerb(path: string, command: Command, program: Command): VerbModel {
  const own = visibleVerbs(command);
  const args = command.registeredArguments as readonly (Argument & { argChoices?: string[] })[];
  const values = args.map((argument) =>
    argument.name() === "verb"
      ? namesOf(program)
      : (BY_PATH[`${path} ${argument.name()}`] ?? sourceOf([argument.name()], argument.argChoices)),
  );
  return {
    path,
    description: command.description(),
    options: [...command.options, HELP].map(optionOf),
    values: own.length > 0 ? [namesOf(command)] : values,
    repeats: args.at(-1)?.variadic === true && args.at(-1)?.name() !== "verb",
  };
}

/** `help images` goes on with the verbs of `images`. */
function explained(verbs: readonly Verb[]): VerbModel[] {
  return verbs
    .filter(({ command }) => visibleVerbs(command).length > 0)
    .map(({ path, command }) => ({
      path: `help ${path}`,
      description: "",
      options: [],
      values: [namesOf(command)],
      repeats: false,
    }));
}

function optionOf(option: Option): OptionModel {
  const { short, long, description, required = false, optional = false, argChoices } = option;
  // The value's own name: `--config <file>`.
  const value = /[<[](\w+)[>\]]/.exec(option.flags ?? "")?.[1] ?? "";
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    value: required || optional ? sourceOf([long?.slice(2) ?? "", value], argChoices) : undefined,
    optional,
  };
}

/** Services that are not those of the selected stack. */
const BY_PATH: Readonly<Record<string, ValueSource>> = {
  "install service": { kind: "names", names: "known-services" },
  "images build service": { kind: "names", names: "recipes" },
};

const BY_NAME: Readonly<Record<string, ValueSource>> = {
  stack: { kind: "names", names: "stacks" },
  service: { kind: "names", names: "services" },
  file: { kind: "files" },
  path: { kind: "files" },
};

/** By the names that the argument or option and its value have. */
function sourceOf(names: readonly string[], choices: readonly string[] | undefined): ValueSource {
  if (choices !== undefined) return { kind: "words", words: choices };
  const known = names.find((name) => BY_NAME[name] !== undefined) ?? "";
  return BY_NAME[known] ?? { kind: "none" };
}

import type { Argument, Command, Option } from "commander";

/** What the value of an option or argument can be completed from. */
export type ValueSource =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** `aistack names KIND` prints them */
  | { readonly kind: "names"; readonly names: NameKind }
  | { readonly kind: "none" };

/** Names that only the checkout knows. */
export const NAME_KINDS = ["stacks", "services"] as const;
export type NameKind = (typeof NAME_KINDS)[number];

export interface OptionModel {
  /** `-s`, `--stack` */
  readonly flags: readonly string[];
  readonly description: string;
  /** undefined: the option takes no value */
  readonly value: ValueSource | undefined;
}

export interface VerbModel {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  readonly values: ValueSource;
}

/** All verbs with what can follow them, for the scripts of the shells. */
export function modelOf(program: Command): VerbModel[] {
  const verbs = visible(program);
  return verbs.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options, HELP].map(optionOf),
    values: valuesOf(command, verbs),
  }));
}

const HELP = { short: "-h", long: "--help", description: "explain this verb" } as Option;

function visible(command: Command): Command[] {
  return command.commands.filter((verb) => !(verb as unknown as { _hidden?: boolean })._hidden);
}

function optionOf(option: Option): OptionModel {
  const { short, long, description, required = false, argChoices } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    value: required ? sourceOf(long?.slice(2) ?? "", argChoices) : undefined,
  };
}

function valuesOf(command: Command, verbs: readonly Command[]): ValueSource {
  const own = visible(command);
  if (own.length > 0) return { kind: "words", words: own.map((verb) => verb.name()) };
  const [argument] = command.registeredArguments as readonly (Argument & {
    argChoices?: string[];
  })[];
  if (argument === undefined) return { kind: "none" };
  if (argument.name() === "verb") return { kind: "words", words: verbs.map((verb) => verb.name()) };
  return sourceOf(argument.name(), argument.argChoices);
}

/** By the name that the argument or option has: `service`, `stack`. */
function sourceOf(name: string, choices: readonly string[] | undefined): ValueSource {
  if (choices !== undefined) return { kind: "words", words: choices };
  const names = NAME_KINDS.find((kind) => kind === `${name}s`);
  return names === undefined ? { kind: "none" } : { kind: "names", names };
}

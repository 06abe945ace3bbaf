import { type OptionModel, ownVerbs, type ValueSource, type VerbModel } from "./model";
import { quote } from "./shellWords";

export function fishScript(verbs: readonly VerbModel[]): string {
  const paths = verbs.filter(({ path }) => path !== "").map(({ path }) => quote(path));
  return `# Completion of aistack for fish. Put it into ~/.config/fish/completions/aistack.fish.
set -g __aistack_verbs ${paths.join(" ")}
function __aistack_names
  set -l words (commandline -opc)
  $words[1] names $argv[1] 2>/dev/null
end
function __aistack_at --description 'whether the words before the cursor are those of this verb'
  set -l verb ''
  for word in (commandline -opc)[2..-1]
    set -l longer (string trim -- "$verb $word")
    contains -- $longer $__aistack_verbs; and set verb $longer
  end
  test "$verb" = "$argv"
end
complete -c aistack -f
${verbs.flatMap((verb) => fishVerb(verb, verbs)).join("\n")}
`;
}

function fishVerb(verb: VerbModel, verbs: readonly VerbModel[]): string[] {
  const condition = `__aistack_at ${verb.path}`.trim();
  const at = (rest: string) => `complete -c aistack -n ${quote(condition)} ${rest}`;
  const own = ownVerbs(verb, verbs);
  // Fish does not count arguments: what may stand in any place is offered in each.
  const values = own.length > 0 ? [] : new Set(verb.values.map(fishWords));
  return [
    ...own.map(({ name, description }) => at(`-a ${name} -d ${quote(description)}`)),
    ...verb.options.map((option) => at(fishOption(option))),
    ...verb.options.flatMap((option) => optionalValue(condition, option)),
    ...[...values].filter((words) => words !== "").map(at),
  ];
}

/** `-x` takes a value and offers no file beside what we offer. */
function fishOption({ flags, description, value, optional }: OptionModel): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const words = value === undefined || optional ? "" : fishWords(value);
  const needs = value === undefined || optional ? "" : words === "-F" ? "-r" : "-x";
  return [...names, needs, words, `-d ${quote(description)}`]
    .filter((part) => part !== "")
    .join(" ");
}

/** To fish a value that may be left out is an argument after the option. */
function optionalValue(condition: string, { flags, value, optional }: OptionModel): string[] {
  if (value === undefined || !optional) return [];
  const after = `${condition}; and contains -- (commandline -opc)[-1] ${flags.join(" ")}`;
  return [`complete -c aistack -n ${quote(after)} ${fishWords(value)}`];
}

function fishWords(source: ValueSource): string {
  switch (source.kind) {
    case "words":
      return `-a ${quote(source.words.join(" "))}`;
    case "names":
      return `-a ${quote(`(__aistack_names ${source.names})`)}`;
    case "files":
      return "-F";
    case "none":
      return "";
  }
}

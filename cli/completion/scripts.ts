import type { OptionModel, ValueSource, VerbModel } from "./model";

/** The shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes the command in a shell. */
export function completionScript(shell: Shell, verbs: readonly VerbModel[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](verbs);
}

function bashScript(verbs: readonly VerbModel[]): string {
  return `# Completion of aistack for bash. Load it with: source <(./aistack completion bash)
_aistack() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} verb='' words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      -*) ;;
      *) verb=\${COMP_WORDS[index]}; break ;;
    esac
  done
  case "$verb $previous" in
${verbs.flatMap((verb) => bashOptions(verb)).join("\n")}
    *)
      case "$verb:$current" in
        :*) words=${quote(verbs.map(({ name }) => name).join(" "))} ;;
${verbs.map(bashVerb).join("\n")}
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _aistack aistack
`;
}

function bashOptions({ name, options }: VerbModel): string[] {
  return options.flatMap(({ flags, value }) => {
    if (value === undefined) return [];
    const patterns = flags.map((flag) => quote(`${name} ${flag}`)).join(" | ");
    return [`    ${patterns}) words=${bashWords(value)} ;;`];
  });
}

function bashVerb({ name, options, values }: VerbModel): string {
  const flags = options.flatMap((option) => option.flags).join(" ");
  return [
    `        ${name}:-*) words=${quote(flags)} ;;`,
    `        ${name}:*) words=${bashWords(values)} ;;`,
  ].join("\n");
}

/** \`COMP_WORDS\` begins with the command as it was typed, \`./aistack\` for example. */
function bashWords(source: ValueSource): string {
  switch (source.kind) {
    case "words":
      return quote(source.words.join(" "));
    case "names":
      return `$("\${COMP_WORDS[0]}" names ${source.names} 2>/dev/null)`;
    case "none":
      return "''";
  }
}

function zshScript(verbs: readonly VerbModel[]): string {
  return `#compdef aistack
# Completion of aistack for zsh. Put it into a folder of fpath as _aistack.
_aistack() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]} verb='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in
      -*) ;;
      *) verb=$word; break ;;
    esac
  done
  if [[ -z $verb ]]; then
    found=(${verbs.map(({ name, description }) => quote(`${name}:${description}`)).join(" ")})
    _describe verb found
    return
  fi
  case "$verb $previous" in
${verbs.flatMap((verb) => zshOptions(verb)).join("\n")}
    *)
      case "$verb:$current" in
${verbs.map(zshVerb).join("\n")}
      esac
      ;;
  esac
}
compdef _aistack aistack
`;
}

function zshOptions({ name, options }: VerbModel): string[] {
  return options.flatMap(({ flags, value }) => {
    if (value === undefined) return [];
    const patterns = flags.map((flag) => quote(`${name} ${flag}`)).join(" | ");
    return [`    ${patterns}) ${zshWords(value)} ;;`];
  });
}

function zshVerb({ name, options, values }: VerbModel): string {
  const described = options.flatMap(({ flags, description }) =>
    flags.map((flag) => quote(`${flag}:${description}`)),
  );
  return [
    `        ${name}:-*) found=(${described.join(" ")}); _describe option found ;;`,
    `        ${name}:*) ${zshWords(values)} ;;`,
  ].join("\n");
}

function zshWords(source: ValueSource): string {
  switch (source.kind) {
    case "words":
      return `compadd -- ${source.words.join(" ")}`;
    case "names":
      return `compadd -- \${(f)"$("\${words[1]}" names ${source.names} 2>/dev/null)"}`;
    case "none":
      return ":";
  }
}

function fishScript(verbs: readonly VerbModel[]): string {
  return `# Completion of aistack for fish. Put it into ~/.config/fish/completions/aistack.fish.
function __aistack_names
  set -l words (commandline -opc)
  $words[1] names $argv[1] 2>/dev/null
end
complete -c aistack -f
${verbs.flatMap(fishVerb).join("\n")}
`;
}

function fishVerb({ name, description, options, values }: VerbModel): string[] {
  const within = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
  const words = fishWords(values);
  return [
    `complete -c aistack -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    ...options.map((option) => `complete -c aistack ${within} ${fishOption(option)}`),
    ...(words === undefined ? [] : [`complete -c aistack ${within} -a ${words}`]),
  ];
}

function fishOption({ flags, description, value }: OptionModel): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const words = value === undefined ? undefined : fishWords(value);
  const taken = value === undefined ? "" : ` -r${words === undefined ? "" : ` -a ${words}`}`;
  return `${names.join(" ")}${taken} -d ${quote(description)}`;
}

function fishWords(source: ValueSource): string | undefined {
  switch (source.kind) {
    case "words":
      return quote(source.words.join(" "));
    case "names":
      return quote(`(__aistack_names ${source.names})`);
    case "none":
      return undefined;
  }
}

/** A word of a shell; what we quote holds no line end. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

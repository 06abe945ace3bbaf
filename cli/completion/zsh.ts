import { ownVerbs, type ValueSource, type VerbModel } from "./model";
import { argumentBranches, quote, stepBranches, valueBranches } from "./shellWords";

export function zshScript(verbs: readonly VerbModel[]): string {
  return `#compdef aistack
# Completion of aistack for zsh. Put it into a folder of fpath as _aistack.
_aistack() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]} verb='' word
  local -i index count=0
  local -a found
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*}
    compset -P '*='
    current=\${current#*=}
  fi
  for ((index = 2; index < CURRENT; index++)); do
    word=\${words[index]}
    case "$verb $word" in
${stepBranches(verbs, "index=$((index + 1))").join("\n")}
    esac
  done
  case "$verb $previous:$current" in
${valueBranches(verbs, zshWords).join("\n")}
    *:-*)
      case $verb in
${verbs.map(zshOptions).join("\n")}
      esac
      _describe option found
      ;;
    *)
      case "$verb:$count" in
${verbs.flatMap((verb) => zshVerbs(verb, verbs)).join("\n")}
${argumentBranches(verbs, zshWords).join("\n")}
      esac
      ;;
  esac
}
# Autoloaded, this file is the function itself, whose first call must complete too.
if [[ \${funcstack[1]} == _aistack ]]; then
  _aistack "$@"
else
  compdef _aistack aistack
fi
`;
}

function zshOptions({ path, options }: VerbModel): string {
  const described = options.flatMap(({ flags, description }) =>
    flags.map((flag) => quote(`${flag}:${description}`)),
  );
  return `        ${quote(path)}) found=(${described.join(" ")}) ;;`;
}

/** Names of a verb's own verbs, each with what it does. */
function zshVerbs(verb: VerbModel, verbs: readonly VerbModel[]): string[] {
  const own = ownVerbs(verb, verbs).map(({ name, description }) => quote(`${name}:${description}`));
  if (own.length === 0) return [];
  return [`        ${quote(`${verb.path}:0`)}) found=(${own.join(" ")}); _describe verb found ;;`];
}

function zshWords(source: ValueSource): string {
  switch (source.kind) {
    case "words":
      return `compadd -- ${source.words.join(" ")}`;
    case "names":
      return `compadd -- \${(f)"$("\${words[1]}" names ${source.names} 2>/dev/null)"}`;
    case "files":
      return "_files";
    case "none":
      return ":";
  }
}

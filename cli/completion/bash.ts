import type { ValueSource, VerbModel } from "./model";
import { argumentBranches, quote, stepBranches, valueBranches } from "./shellWords";

// Bash takes "--stack=lab" for three words, of which "=" is one.
const SKIP_VALUE =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  "index=$((index + 1)); if [[ ${COMP_WORDS[index]} == '=' ]]; then index=$((index + 1)); fi";

export function bashScript(verbs: readonly VerbModel[]): string {
  return `# Completion of aistack for bash. Load it with: source <(./aistack completion bash)
_aistack() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local verb='' words='' word index count=0
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case "$verb $word" in
${stepBranches(verbs, SKIP_VALUE).join("\n")}
    esac
  done
  case "$verb $previous:$current" in
${valueBranches(verbs, bashWords).join("\n")}
    *:-*)
      case $verb in
${verbs.map(bashOptions).join("\n")}
      esac
      ;;
    *)
      case "$verb:$count" in
${argumentBranches(verbs, bashWords).join("\n")}
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _aistack aistack
`;
}

function bashOptions({ path, options }: VerbModel): string {
  return `        ${quote(path)}) words=${quote(options.flatMap(({ flags }) => flags).join(" "))} ;;`;
}

/** `COMP_WORDS` begins with the command as it was typed, `./aistack` for example. */
function bashWords(source: ValueSource): string {
  switch (source.kind) {
    case "words":
      return `words=${quote(source.words.join(" "))}`;
    case "names":
      return `words=$("\${COMP_WORDS[0]}" names ${source.names} 2>/dev/null)`;
    case "files":
      // Nothing is offered by us, so that bash completes the file, with its own quoting.
      return "compopt -o default";
    case "none":
      return ":";
  }
}

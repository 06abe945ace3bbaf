# shellcheck shell=bash
# shellcheck disable=SC2034 # other parts read what is set here
# The installer's command line. What it leaves in `passed_on` is for `aistack install`.

readonly ACCEPTED_OPTIONS=(--profile --stack --images --yes --dry-run --check --json --help)
readonly IMAGE_SOURCES=(auto registry archive build)

passed_on=()
assume_yes=no dry_run=no images=auto only_check=no as_json=no
wanted_profile=minimal wanted_stack=''

usage() {
  cat <<'END'
usage: ./install.sh [--profile NAME] [--stack NAME] [--images SOURCE] [--yes] [--dry-run]
       ./install.sh --check [--json] [--profile NAME] [--stack NAME]

Makes this host a private AI server: checks it, installs what is missing (Docker, Node, the Pulumi
engine), shows what would change, asks, and brings the services up. Running it again is safe: it
finds everything in place and changes nothing.

  --profile NAME    which services the stack runs (default: minimal, which is Ollama, for a new one)
  --stack NAME      the stack to create or to bring up (default: the one of this machine, or a new one
                    with the profile's name)
  --images SOURCE   where container images come from: auto (default), registry, archive or build
  -y, --yes         do not ask
  --dry-run         show what would change, and change nothing on the host
  --check           only check the host; --json prints the checks as one JSON object
  -h, --help        this text

Exit codes: 0 done, 1 something failed, 2 wrong usage, 3 the host is not ready, 4 changes pending.
END
}

# Edits that turn one word into the other (Levenshtein).
distance() {
  local a=$1 b=$2 i j cost best
  local -a row=() next=()
  for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    next=("$i")
    for ((j = 1; j <= ${#b}; j++)); do
      cost=1
      [[ ${a:i-1:1} != "${b:j-1:1}" ]] || cost=0
      best=$((row[j - 1] + cost))
      ((row[j] + 1 >= best)) || best=$((row[j] + 1))
      ((next[j - 1] + 1 >= best)) || best=$((next[j - 1] + 1))
      next[j]=$best
    done
    row=("${next[@]}")
  done
  echo "${row[${#b}]}"
}

# wrong_usage WHAT TYPED ACCEPTED...: the message with the accepted word that was probably meant.
wrong_usage() {
  local what=$1 typed=$2 word nearest='' found limit
  shift 2
  limit=$((${#typed} / 3 > 1 ? ${#typed} / 3 : 1))
  for word; do
    found=$(distance "$typed" "$word")
    if ((found <= limit)); then
      limit=$((found - 1)) nearest=$word
    fi
  done
  local accepted=$*
  fail 2 "install.sh: $what" "${nearest:+Did you mean \"$nearest\"? }Accepted: ${accepted// /, }"
}

# parse_options ARGUMENT...
parse_options() {
  local option value
  while (($# > 0)); do
    option=$1
    shift
    case $option in
      --profile=* | --stack=* | --images=*)
        value=${option#*=} option=${option%%=*}
        ;;
      --profile | --stack | --images)
        (($# > 0)) || fail 2 "install.sh: $option needs a value" "See ./install.sh --help"
        value=$1
        shift
        ;;
      -y | --yes) assume_yes=yes ;;
      --dry-run) dry_run=yes ;;
      --check) only_check=yes ;;
      --json) only_check=yes as_json=yes ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) wrong_usage "unknown option \"$option\"" "$option" "${ACCEPTED_OPTIONS[@]}" ;;
    esac
    case $option in
      --profile) check_profile "$value" ;;
      --stack) check_stack "$value" ;;
      --images) check_images "$value" ;;
    esac
    case $option in
      --profile | --stack | --images) passed_on+=("$option" "$value") ;;
    esac
  done
  [[ $assume_yes == no ]] || passed_on+=(--yes)
  [[ $dry_run == no ]] || passed_on+=(--dry-run)
}

# A profile is a pattern of a stack file; `aistack install` knows which patterns are profiles.
check_profile() {
  local profile=$1 file
  local -a known=()
  if [[ $profile != */* && -f $root/stacks/Pulumi.$profile.yaml ]]; then
    wanted_profile=$profile
    return
  fi
  for file in "$root"/stacks/Pulumi.*.yaml; do
    file=${file##*/Pulumi.}
    known+=("${file%.yaml}")
  done
  wrong_usage "there is no profile \"$profile\"" "$profile" "${known[@]}"
}

check_stack() {
  [[ $1 =~ ^[A-Za-z0-9_.-]{1,100}$ ]] ||
    fail 2 "install.sh: \"$1\" cannot be a stack's name" "Use letters, digits, dashes, dots and underscores"
  wanted_stack=$1
}

check_images() {
  local source
  for source in "${IMAGE_SOURCES[@]}"; do
    if [[ $1 == "$source" ]]; then
      images=$1
      return
    fi
  done
  wrong_usage "--images cannot be \"$1\"" "$1" "${IMAGE_SOURCES[@]}"
}

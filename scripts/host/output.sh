# shellcheck shell=bash
# What the installer tells: on the terminal in few words, in its log in full.

log_file=/dev/null

green='' yellow='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR-} ]]; then
  green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'
fi

# Without colours, which only a terminal understands.
log() {
  local text=$* colour
  for colour in "$green" "$yellow" "$red" "$plain"; do text=${text//"$colour"/}; done
  printf '%s\n' "$text" >>"$log_file"
}

say() {
  printf '%s\n' "$*"
  log "$*"
}

# fail CODE WHAT [REMEDY]: one message, and the end.
fail() {
  local message="$2${3:+. $3}"
  printf '%s%s%s\n' "$red" "$message" "$plain" >&2
  log "$message"
  exit "$1"
}

# step TITLE COMMAND...: runs a command whose output only the log is to have, and tells how long it took.
step() {
  local title=$1 start=$SECONDS status=0 before
  shift
  printf '%s ... ' "$title"
  log "$title: $*"
  before=$(wc -c <"$log_file")
  # By file, not by pipe: a daemon that a package starts would hold the pipe open for as long as it runs.
  "$@" >>"$log_file" 2>&1 </dev/null || status=$?
  if ((status == 0)); then
    say "done in $((SECONDS - start)) s"
  else
    show_failure "$before"
    say "failed (exit status $status)"
  fi
  return "$status"
}

# Of what the log has got since, what was called an error, else the last words.
show_failure() {
  local output
  output=$(tail -c "+$(($1 + 1))" "$log_file")
  echo
  { grep -E '^(E:|npm (error|ERR!))' <<<"$output" || tail -n 12 <<<"$output"; } | head -n 12 | sed 's/^/    /' >&2
}

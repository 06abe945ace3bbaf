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

# open_log FOLDER NAME TEXT: this run's log, which only its owner can read; the one before it stays beside it.
open_log() {
  local folder=$1 name=$2
  if [[ -n $folder ]]; then
    log_file=$folder/$name.log
    # A run that goes on in a new process goes on in the same log.
    if [[ -s $log_file && -z ${AISTACK_JOINED_GROUP-} ]]; then mv -f "$log_file" "$log_file.1"; fi
    (umask 077 && : >>"$log_file")
  else
    log_file=$(mktemp "${TMPDIR:-/tmp}/aistack-$name.XXXXXXXX.log")
  fi
  log "# $(date --iso-8601=seconds) $3"
}

# The folder of log and lock, made where it is missing; nothing where it cannot be written to.
state_folder() {
  local folder=${XDG_STATE_HOME:-$HOME/.local/state}/aistack
  if (umask 077 && mkdir -p "$folder" && : >>"$folder/install.lock") 2>/dev/null; then echo "$folder"; fi
}

# take_lock FOLDER: file descriptor 9 holds the lock until this process and those that it waits for are
# gone; the kernel releases it, however they end.
take_lock() {
  local file=$1/install.lock holder
  # Where there is no folder for it, the checkout itself can be locked.
  if [[ -n $1 ]]; then exec 9>>"$file"; else exec 9<"$root"; fi
  if ! flock --nonblock 9; then
    holder=$(head -c 20 "$file" 2>/dev/null || true)
    say "Another installation${holder:+ (process $holder)} is running: waiting until it has ended."
    flock 9
  fi
  [[ -z $1 ]] || echo "$$" >"$file"
}

release_lock() { exec 9>&-; }

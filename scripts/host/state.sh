# shellcheck shell=bash
# The installer's own folder, with its log, its events and its lock.

# Empty where there is none that only this user can write to.
state_folder='' state_refused=''

# find_state_folder: makes it where it is missing.
find_state_folder() {
  local folder=${XDG_STATE_HOME:-$HOME/.local/state}/aistack
  state_folder=''
  # Nobody else has a say in what is written here as root, or where to.
  if ! (umask 077 && mkdir -p "$folder") 2>/dev/null; then
    state_refused="$folder cannot be made"
  elif ! is_private "$folder"; then
    state_refused="others may change what is in $folder"
  elif ! (umask 077 && : >>"$folder/install.lock") 2>/dev/null; then
    state_refused="$folder cannot be written to"
  else
    state_folder=$folder
  fi
}

# is_private FOLDER: whether nobody but root and this user can put anything else in its place or into it. A
# folder above it may be one for all, such as /tmp, where everybody can only move what is theirs.
is_private() {
  local path owner group mode
  local -a parts=()
  path=$(readlink -f "$1") || return 1
  # A line of what follows is a path.
  [[ $path != *$'\n'* && ! -L $1 ]] || return 1
  while [[ -n $path ]]; do
    parts+=("$path")
    path=${path%/*}
  done
  while read -r owner group mode path; do
    ((owner == 0 || owner == EUID)) || return 1
    mode=$((8#$mode))
    if ((mode & 8#1000)) && [[ $path != "${parts[0]}" ]]; then continue; fi
    # Many systems give each user a group of their own, and let it write to what they make.
    ((!(mode & 8#002))) && ((!(mode & 8#020) || group == 0 || group == $(id -g))) || return 1
  done < <(stat -c '%u %g %a %n' "${parts[@]}" / || echo "-1 -1 777 ?")
}

# open_log NAME TEXT: this run's log, which only its owner can read; the one before it stays beside it.
open_log() {
  local folder=$state_folder name=$1
  # Never a fixed name where everybody can write: a folder that is new and nobody else's.
  if [[ -z $folder ]]; then folder=$(mktemp -d "${TMPDIR:-/tmp}/aistack-$name.XXXXXXXX"); fi
  log_file=$folder/$name.log events_file=$folder/bootstrap.jsonl
  # A run that goes on in a new process goes on in the same log.
  if [[ -s $log_file && -z ${AISTACK_JOINED_GROUP-} ]]; then mv -f "$log_file" "$log_file.1"; fi
  if [[ -s $events_file && $(wc -c <"$events_file") -gt $EVENTS_LIMIT ]]; then mv -f "$events_file" "$events_file.1"; fi
  # What an older version or another program left there is not written through.
  drop_strange "$log_file"
  drop_strange "$events_file"
  (umask 077 && : >>"$log_file" && : >>"$events_file")
  log "# $(date --iso-8601=seconds) $2"
  if [[ -n $state_refused ]]; then log "No log in the usual place: $state_refused."; fi
}

# drop_strange FILE: removes what is no plain file of this user.
drop_strange() {
  if [[ -L $1 || (-e $1 && ! (-f $1 && -O $1)) ]]; then rm -f "$1"; fi
}

# take_lock: file descriptor 9 holds the lock until this process and those that it waits for are gone; the
# kernel releases it, however they end.
take_lock() {
  local file=$state_folder/install.lock holder
  # Where there is no folder for it, the checkout itself can be locked.
  if [[ -n $state_folder ]]; then exec 9>>"$file"; else exec 9<"$root"; fi
  if ! flock --nonblock 9; then
    holder=$(head -c 20 "$file" 2>/dev/null || true)
    say "Another installation${holder:+ (process $holder)} is running: waiting until it has ended."
    flock 9
  fi
  [[ -z $state_folder ]] || echo "$$" >"$file"
}

release_lock() { exec 9>&-; }

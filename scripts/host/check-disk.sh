# shellcheck shell=bash
# The check of free space: see checks.sh.

# Measured: a build of engine and Ollama leaves 11 GB of Go's caches, 1 GB of artifacts and images.
readonly DISK_FLOOR_GB=5 DISK_BUILD_GB=12

# Free space below a path, in GB; of a path that is not there yet, below its nearest folder.
free_gb() {
  local path=$1 kib
  while [[ ! -d $path && $path == */* ]]; do path=${path%/*}; done
  kib=$(df -Pk "${path:-/}" 2>/dev/null | awk 'NR == 2 { print $4 }' || true)
  [[ -z $kib ]] || echo $((kib * 1024 / 1000000000))
}

check_disk() {
  [[ $stack_is_remote == yes ]] || check_free "$docker_root" "images and models"
  check_free "$(cache_folder)" "engine and builds"
}

check_free() {
  local path=$1 use=$2 free remedy
  free=$(free_gb "$path")
  remedy="Free some space there: $path (docker system df, df -h)"
  if [[ -z $free ]]; then
    row warn disk "unknown for $path"
  elif everything_is_there; then
    if ((free >= 1)); then row ok disk "$free GB free for $use"; else row warn disk "less than 1 GB free for $use" "$remedy"; fi
  elif ((free < DISK_FLOOR_GB)); then
    row FAIL disk "$free GB free for $use; $DISK_FLOOR_GB GB are needed" "$remedy"
  elif ((free < DISK_BUILD_GB)) && must_build; then
    row warn disk "$free GB free for $use; building all from source takes $DISK_BUILD_GB GB" "$remedy"
  else
    row ok disk "$free GB free for $use"
  fi
}

cache_folder() { echo "${AISTACK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aistack}"; }

# True after an installation, as far as can be told without running the program: then nothing has to be
# fetched. Whether all of it is current, `aistack install` finds out.
everything_is_there() {
  if [[ -z $everything ]]; then
    if have_everything; then everything=yes; else everything=no; fi
  fi
  [[ $everything == yes ]]
}
everything=''

have_everything() {
  [[ $node_state == ready && $docker_state == @(running|remote) ]] && ((${#packages[@]} == 0)) || return 1
  [[ -n $(compgen -G "$(cache_folder)/artifacts/pulumi-home-*") ]] || return 1
  [[ $docker_state == running ]] || return 0
  has_images
}

# Images of services, built or pulled.
has_images() {
  [[ -n $(engine image ls --quiet "aistack.invalid/*" 2>/dev/null)$(engine image ls --quiet "ollama/ollama" 2>/dev/null) ]]
}

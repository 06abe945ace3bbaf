# shellcheck shell=bash
# What must be true of a host before anything on it is touched. All checks run, then one table tells
# of all of them, with a remedy for each that failed.

# Of memory the kernel keeps a little for itself, so that 2 GiB are seldom seen as 2 GiB.
readonly MEMORY_FLOOR_KIB=$((1800 * 1024)) MEMORY_COMFORT_KIB=$((3600 * 1024))
# Measured: a build of engine and Ollama leaves 11 GB of Go's caches, 1 GB of artifacts and images.
readonly DISK_FLOOR_GB=5 DISK_BUILD_GB=12

check_rows=()
check_failures=0

# row ok|warn|FAIL NAME SEEN [REMEDY]
row() {
  check_rows+=("$1" "$2" "$3" "${4-}")
  [[ $1 != FAIL ]] || check_failures=$((check_failures + 1))
}

# check_host: the facts come first (look_at_docker, look_at_node, list_missing_packages).
check_host() {
  check_distribution
  check_architecture
  check_user
  check_checkout
  check_memory
  check_docker
  check_node
  check_init
  check_cgroups
  check_clock
  finish_network_checks
  check_disk
}

tell_checks() {
  local i colour
  say "Checks of this host:"
  for ((i = 0; i < ${#check_rows[@]}; i += 4)); do
    case ${check_rows[i]} in
      ok) colour=$green ;;
      warn) colour=$yellow ;;
      *) colour=$red ;;
    esac
    say "$(printf '  %s%-4s%s  %-13s %s' "$colour" "${check_rows[i]}" "$plain" "${check_rows[i + 1]}" "${check_rows[i + 2]}")"
    [[ -z ${check_rows[i + 3]} ]] || say "$(printf '%22s-> %s' '' "${check_rows[i + 3]}")"
  done
}

# Read, not sourced: what stands in the file is text, not a program.
os_release() { { sed -n "s/^$1=//p" "${AISTACK_ROOT-}/etc/os-release" 2>/dev/null || true; } | head -n 1 | tr -d "\"'"; }

check_distribution() {
  local name
  name=$(os_release PRETTY_NAME)
  case $(os_release ID)-$(os_release VERSION_ID) in
    debian-12 | debian-13 | ubuntu-22.04 | ubuntu-24.04) row ok distribution "$name" ;;
    *)
      row FAIL distribution "${name:-unknown} is not supported" \
        "Use Debian 12 or 13, or Ubuntu 22.04 or 24.04"
      ;;
  esac
}

check_architecture() {
  local machine
  machine=$(uname -m)
  case $machine in
    x86_64 | aarch64) row ok architecture "$machine" ;;
    *) row FAIL architecture "$machine is not supported" "Use a machine with x86_64 or aarch64" ;;
  esac
}

# Root's rights are needed only for what is still to be installed or started.
check_user() {
  local name need=''
  name=$(id -un)
  ((${#packages[@]} == 0)) || need="installing ${packages[*]}"
  [[ $docker_state != stopped ]] || need+="${need:+ and }starting Docker"
  if [[ $(id -u) == 0 ]]; then
    row ok user "$name"
  elif have sudo && sudo -n true 2>/dev/null; then
    row ok user "$name, with sudo"
  elif [[ -z $need ]]; then
    row ok user "$name; nothing here needs root's rights"
  elif ! have sudo; then
    row FAIL user "$name is not root, and there is no sudo: needed for $need" "Run it as root: su -c \"./install.sh\""
  elif [[ -t 0 ]] && sudo --validate; then
    row ok user "$name, with sudo"
  else
    row FAIL user "$name may not use sudo, or only with a password that nobody is there to type: needed for $need" \
      "Run it on a terminal as a user with sudo, or as root"
  fi
}

check_checkout() {
  local path
  for path in "$root" "$root/node_modules" "$root/bin" "$root/.state" "$root/stacks" "$root/models"; do
    [[ ! -e $path || -w $path ]] && continue
    row FAIL checkout "$path cannot be written to by $(id -un)" "sudo chown -R $(id -un) \"$root\""
    return
  done
  row ok checkout "$root"
}

check_memory() {
  local kib seen
  kib=$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' "${AISTACK_ROOT-}/proc/meminfo" 2>/dev/null || true)
  if [[ -z $kib ]]; then
    row warn memory "unknown"
    return
  fi
  seen="$((kib / 1048576)).$((kib % 1048576 * 10 / 1048576)) GiB"
  if ((kib < MEMORY_FLOOR_KIB)); then
    row FAIL memory "$seen; 2 GiB are needed" "Give the machine more memory"
  elif ((kib < MEMORY_COMFORT_KIB)); then
    row warn memory "$seen; below 4 GiB only small models fit" "Give the machine more memory"
  else
    row ok memory "$seen"
  fi
}

check_docker() {
  case $docker_state in
    absent) row ok docker "not there; will be installed" ;;
    stopped) row ok docker "does not run; will be started" ;;
    denied)
      if can_join_docker_group; then
        row ok docker "runs; $(id -un) will be let use it"
      else
        row FAIL docker "runs, but $(id -un) may not use it" "$(docker_group_remedy)"
      fi
      ;;
    elsewhere) row FAIL docker "$DOCKER_HOST (DOCKER_HOST) does not answer" "Start that engine, or unset DOCKER_HOST" ;;
    running)
      if docker_is_new_enough; then
        row ok docker "$docker_version"
      else
        row FAIL docker "$docker_version is too old; $DOCKER_FLOOR is needed" "Install Docker $DOCKER_FLOOR or newer"
      fi
      ;;
  esac
}

check_node() {
  case $node_state in
    ready) row ok packages "this project's Node packages are there" ;;
    found) row ok packages "npm $npm_version will install this project's Node packages" ;;
    outdated) row ok packages "npm $npm_version on Node $node_version will fetch newer ones for this project" ;;
    old) row FAIL packages "npm ${npm_version:-of unknown version} is too old; npm $NPM_FLOOR is needed" "Remove it from the PATH or put a newer one there" ;;
    *) row ok packages "there is no npm; will be installed" ;;
  esac
}

check_init() {
  if has_systemd; then
    row ok init "systemd"
  elif [[ $docker_state == running ]]; then
    row ok init "no systemd; Docker runs"
  else
    row warn init "no systemd: Docker is started directly, and not at boot" "Start dockerd at boot by your own means"
  fi
}

check_cgroups() {
  local folder=${AISTACK_ROOT-}/sys/fs/cgroup
  if [[ -e $folder/cgroup.controllers ]]; then
    row ok cgroups "version 2"
  elif [[ -d $folder/memory ]]; then
    row warn cgroups "version 1; limits hold, but newer Docker engines drop it" "Boot with systemd.unified_cgroup_hierarchy=1"
  else
    row warn cgroups "not mounted"
  fi
}

# A clock that is years behind makes every certificate invalid.
check_clock() {
  local year
  year=$(date +%Y)
  if ((year >= 2025)); then
    row ok clock "$(date +%Y-%m-%d)"
  else
    row FAIL clock "says $(date +%Y-%m-%d), so certificates look invalid" "Set it: timedatectl set-ntp true, or date --set"
  fi
}

# Free space below a path, in GB; of a path that is not there yet, below its nearest folder.
free_gb() {
  local path=$1 kib
  while [[ ! -d $path && $path == */* ]]; do path=${path%/*}; done
  kib=$(df -Pk "${path:-/}" 2>/dev/null | awk 'NR == 2 { print $4 }' || true)
  [[ -z $kib ]] || echo $((kib * 1024 / 1000000000))
}

check_disk() {
  check_free "$docker_root" "images and models"
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
  [[ $node_state == ready && $docker_state == running ]] && ((${#packages[@]} == 0)) || return 1
  [[ -n $(compgen -G "$(cache_folder)/artifacts/pulumi-home-*") ]] || return 1
  [[ -n $(docker image ls --quiet "aistack.invalid/*" 2>/dev/null)$(docker image ls --quiet "ollama/ollama" 2>/dev/null) ]]
}

# shellcheck shell=bash
# The Docker engine: seen, and started where it does not run. One that runs is never restarted.

# The oldest engine whose API (1.41) the Docker plugin speaks.
readonly DOCKER_FLOOR=20.10
readonly DOCKER_START_LIMIT=60

# One file beside the log: Docker was installed by us, so it is for us to let this user use it.
docker_mark() { echo "$state_folder/installed-docker"; }

# absent, stopped, denied, elsewhere (DOCKER_HOST names one that does not answer), running, or remote (the stack's
# is another machine's, and of no concern here).
docker_state=absent docker_version='' docker_root=/var/lib/docker
# docker or distribution, whose packages they are: set where this run installed it.
docker_installed_from=''
# Named, since the docker command's own choice (`docker context use`, DOCKER_CONTEXT) may be another engine than the one
# that aistack takes (host/hostAccess.ts). remote.sh has another.
engine_command=(docker --host "${DOCKER_HOST:-unix:///var/run/docker.sock}")
# This program's own command line, set by whoever lets it join a group.
restart=()

# engine ARGUMENT...: docker, about the engine that aistack will use.
engine() { timeout 10 "${engine_command[@]}" "$@"; }

look_at_docker() {
  local answer
  docker_version='' docker_root=$(configured_docker_root)
  if ! have docker; then
    docker_state=absent
  elif answer=$(engine version --format '{{.Server.Version}}' 2>&1); then
    docker_state=running docker_version=${answer##*$'\n'}
    docker_root=$(engine info --format '{{.DockerRootDir}}' 2>/dev/null) || docker_root=$(configured_docker_root)
  elif [[ $answer == *'permission denied'* ]]; then
    docker_state=denied
  elif [[ -n ${DOCKER_HOST-} && $DOCKER_HOST != unix:///var/run/docker.sock ]]; then
    docker_state=elsewhere
  elif have dockerd; then
    docker_state=stopped
  else
    docker_state=absent
  fi
}

# Where an engine keeps its data, or would.
configured_docker_root() {
  local folder
  folder=$(sed -n 's/.*"data-root" *: *"\([^"]*\)".*/\1/p' "${AISTACK_ROOT-}/etc/docker/daemon.json" 2>/dev/null | head -n 1 || true)
  echo "${folder:-/var/lib/docker}"
}

has_systemd() { [[ -d ${AISTACK_ROOT-}/run/systemd/system ]]; }

ensure_docker() {
  look_at_docker
  if [[ $docker_state == absent ]]; then
    install_docker
    look_at_docker
  fi
  if [[ $docker_state == stopped ]]; then
    start_docker
    look_at_docker
  fi
  if [[ $docker_state == denied ]] && can_join_docker_group; then join_docker_group; fi
  case $docker_state in
    running)
      docker_is_new_enough ||
        fail 3 "Docker $docker_version is too old" "Install Docker $DOCKER_FLOOR or newer"
      tell_docker
      ;;
    denied) fail 3 "Docker runs, but $(id -un) may not use it" "$(docker_group_remedy)" ;;
    *) fail 3 "Docker does not answer" "Find the reason with: ${engine_command[*]} version" ;;
  esac
}

tell_docker() {
  local fields=(version "$(json "$docker_version")" root "$(json "$docker_root")")
  if [[ -n $docker_installed_from ]]; then
    record_event info bootstrap.docker.installed "${fields[@]}" source "$(json "$docker_installed_from")"
  else
    record_event info bootstrap.docker.detected "${fields[@]}"
  fi
}

# agree_to_restart_docker WHY: an engine that runs is not restarted before it was said what stops, and agreed to.
agree_to_restart_docker() {
  local containers answer=''
  look_at_docker
  [[ $docker_state == running ]] || return 0
  containers=$(engine ps --format '{{.Names}}' 2>/dev/null | paste -sd ' ' || true)
  say "$1. Docker restarts with that${containers:+, and these containers stop meanwhile: $containers}."
  if [[ $assume_yes == yes || -z $containers ]]; then return 0; fi
  if [[ -t 0 ]]; then read -r -p "Go on? [y/N] " answer; fi
  [[ $answer == [yY]* ]] ||
    fail 3 "Docker was not restarted, and nothing was changed" "Run this again when they may stop, or with --yes"
}

docker_group_remedy() {
  echo "Run \"sudo usermod -aG docker $(id -un)\" (members of that group equal root) and then ./install.sh again, or run it as root"
}

# Whether this user belongs to the group already, though this session began before, or may be made to:
# where Docker came by this installer, and by this user's own sudo.
can_join_docker_group() {
  [[ -z ${AISTACK_JOINED_GROUP-} ]] && have sudo && sudo -n true 2>/dev/null || return 1
  is_in_docker_group || [[ -e $(docker_mark) ]]
}

is_in_docker_group() {
  [[ " $(id -nG "$(id -un)") " == *" docker "* ]]
}

# A session keeps the groups it began with, so `restart` runs in a new one.
join_docker_group() {
  local user
  user=$(id -un)
  if ! is_in_docker_group; then
    say "$user joins the group docker, whose members equal root, from the next login on (to undo it: sudo gpasswd -d $user docker)."
    as_root usermod -aG docker "$user"
  fi
  export AISTACK_JOINED_GROUP=1
  forget_network_checks
  release_lock
  exec sudo --preserve-env --user "$user" -- "${restart[@]}"
}

start_docker() {
  local daemon_log=${AISTACK_ROOT-}/var/log/dockerd.log
  if has_systemd; then
    say "Docker does not run: starting it by systemd, at boot from now on."
    step "Starting Docker" as_root systemctl enable --now docker || true
    daemon_log="journalctl -u docker"
  else
    say "Docker does not run, and there is no systemd: starting dockerd in the background (its log: $daemon_log)."
    as_root bash "$root/scripts/host/start-dockerd.sh" "$daemon_log" >>"$log_file" 2>&1 9>&- || true
  fi
  local deadline=$((SECONDS + DOCKER_START_LIMIT))
  while ((SECONDS < deadline)); do
    look_at_docker
    case $docker_state in
      running | denied) return 0 ;;
    esac
    sleep 0.5
  done
  if [[ -r $daemon_log ]]; then tail -n 10 "$daemon_log" | sed 's/^/    /' >&2; fi
  fail 3 "Docker did not answer within $DOCKER_START_LIMIT s" "Its log tells why: $daemon_log"
}

#!/usr/bin/env bash
# The checks of a stack's host that is another machine. `aistack install` and `aistack doctor` send them there, with the parts in
# the places of the lines that read them (host/hostChecks.ts), and read the table as an event. They install nothing there, so what is missing
# is a fault.
#   remote.sh STACK BIND_ADDRESS SECONDS [SERVICE=PORT]... [-- IMAGE,...]...
# SECONDS: the clock of the machine that asks. IMAGE,...: under which names the host may have the image of one service.
set -euo pipefail

# Nothing of aistack is there.
root=/nonexistent
# shellcheck source=scripts/host/parts.sh
. "$root/scripts/host/parts.sh"

# Over SSH aistack leaves it to that host's docker command which engine it is.
engine_command=(docker)

check_remote_host() {
  stack_name=$1 stack_bind_address=$2 sender_seconds=$3
  stack_services=() stack_ports=()
  shift 3
  while (($# > 0)) && [[ $1 != -- ]]; do
    stack_services+=("${1%=*}")
    stack_ports+=("${1##*=}")
    shift
  done
  stack_images=("${@:2}")
  trap forget_network_checks EXIT
  look_at_docker
  if host_is_filled; then everything=yes; else everything=no; fi
  everything_is_there || start_network_checks
  check_distribution
  check_architecture
  check_remote_user
  check_memory
  check_remote_packages
  check_remote_docker
  check_ports
  check_native_ollama
  check_init
  check_cgroups
  check_confinement
  finish_network_checks
  check_network
  check_clock
  check_free "$docker_root" "images and models"
  checks_event render_event
}

# shellcheck disable=SC2034 # read by the checks of the network: nothing else is fetched from there
list_sites() { network_sites="registry https://registry-1.docker.io/v2/ container registry"; }

# What the machine that asks has for a clock, as of when it asked; a connection takes some of the tolerance.
find_clock_skew() {
  # shellcheck disable=SC2034 # read by check_clock
  clock_source="the machine that aistack runs on" clock_skew=$(($(date +%s) - sender_seconds))
}

check_remote_user() {
  local name
  name=$(id -un)
  if [[ $(id -u) == 0 ]]; then
    row ok user "$name"
  elif have sudo && sudo -n true 2>/dev/null; then
    row ok user "$name, with sudo"
  else
    row warn user "$name may not become root without a password" \
      "Only the agent and the rest of what lies on the host itself need it: allow that with sudo, or set another aistack:host user"
  fi
}

# What aistack looks at that host with, at every preview: its engine by curl, its ports by ss.
check_remote_packages() {
  if ! have curl; then
    row FAIL packages "curl is not there" "On that host: sudo apt-get install curl iproute2"
  elif ! have ss; then
    row warn packages "ss is not there, so a port that is taken is not seen" "On that host: sudo apt-get install iproute2"
  else
    row ok packages "curl and ss"
  fi
}

check_remote_docker() {
  case $docker_state in
    absent) row FAIL docker "not there" "On that host: sudo apt-get install docker.io, or install it from Docker's own repository" ;;
    stopped) row FAIL docker "does not run" "On that host: sudo systemctl enable --now docker" ;;
    denied)
      row FAIL docker "runs, but $(id -un) may not use it" \
        "On that host: sudo usermod -aG docker $(id -un) (members of that group equal root), or set another aistack:host user"
      ;;
    *) check_docker ;;
  esac
}

# With every service's image in place, little more has to be fetched.
host_is_filled() {
  local images name found
  [[ $docker_state == running ]] && ((${#stack_images[@]} > 0)) || return 1
  for images in "${stack_images[@]}"; do
    found=no
    for name in ${images//,/ }; do
      if engine image inspect "$name" >/dev/null 2>&1; then found=yes; fi
    done
    [[ $found == yes ]] || return 1
  done
}

# Nothing is built there, so no room is needed for it.
must_build() { return 1; }

check_remote_host "$@"

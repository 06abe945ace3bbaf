#!/usr/bin/env bash
# Makes a bare machine ready for work on aistack itself, then runs a command with the project's Node first on the PATH.
#   prepare.sh [node] [docker] [lint] [tests] [-- COMMAND...]
# node: this project's Node packages; docker: an engine that answers; lint and tests: what those need
# from the distribution. What is there already costs a few milliseconds.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
# shellcheck source=scripts/host/parts.sh
. "$root/scripts/host/parts.sh"

prepare() {
  local what folder
  local -a wanted=()
  folder=$(state_folder)
  take_lock "$folder"
  docker_state=unasked node_state=unasked
  for what; do
    case $what in
      node) look_at_node ;;
      docker) look_at_docker ;;
      lint | tests) wanted+=("$what") ;;
      *) fail 2 "prepare.sh: cannot prepare \"$what\"" "Accepted: node, docker, lint, tests" ;;
    esac
  done
  list_missing_packages
  for what in "${wanted[@]}"; do "list_packages_for_$what"; done

  if ((${#packages[@]} > 0)) || [[ $node_state != @(ready|unasked) || $docker_state != @(running|unasked) ]]; then
    open_log "$folder" prepare "prepare.sh $*"
    if ((${#packages[@]} > 0)); then install_quietly "${packages[@]}"; fi
    if [[ $docker_state != unasked ]]; then ensure_docker; fi
    if [[ $node_state != unasked ]]; then ensure_node_packages; fi
  fi
  release_lock
}

list_packages_for_lint() {
  have shellcheck || packages+=(shellcheck)
}

# A real OpenSSH server stands in for a remote host.
list_packages_for_tests() {
  have sshd || packages+=(openssh-server)
  have ssh-keygen || packages+=(openssh-client)
}

# A package for tests must not open a port of the machine: its service is never started.
install_quietly() {
  local sshd=no
  if [[ " $* " == *" openssh-server "* ]] && has_systemd; then sshd=yes; fi
  [[ $sshd == no ]] || as_root systemctl --quiet mask ssh.service ssh.socket
  install_packages "$@"
  if [[ $sshd == yes ]]; then
    as_root systemctl --quiet disable ssh.service ssh.socket || true
    as_root systemctl --quiet unmask ssh.service ssh.socket
  fi
}

restart=(bash "$root/scripts/host/prepare.sh" "$@")
things=()
while (($# > 0)) && [[ $1 != -- ]]; do
  things+=("$1")
  shift
done
shift $(($# > 0 ? 1 : 0))
prepare "${things[@]}"
(($# > 0)) || exit 0
export PATH=$root/node_modules/.bin:$PATH
exec "$@"

#!/usr/bin/env bash
# Makes a bare machine ready for work on aistack itself, then runs a command with the project's Node first on the PATH.
#   prepare.sh [node] [docker] [lint] [tests] [-- COMMAND...]
# node: this project's Node packages; docker: an engine that answers; lint and tests: what those need
# from the distribution. What is there already costs a few milliseconds. The command finds
# AISTACK_PREPARED set, so that it need not prepare again.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
# shellcheck source=scripts/host/parts.sh
. "$root/scripts/host/parts.sh"

prepare() {
  local what
  local -a wanted=()
  find_state_folder
  take_lock
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
    open_log prepare "prepare.sh $*"
    if ((${#packages[@]} > 0)); then install_quietly "${packages[@]}"; fi
    if [[ $docker_state != unasked ]]; then ensure_docker; fi
    if [[ $node_state != unasked ]]; then ensure_node_packages; fi
  fi
  release_lock
}

list_packages_for_lint() {
  have shellcheck || packages+=(shellcheck)
}

# What a test needs of the distribution: an OpenSSH server for a remote host, a compiler for a library that stands in for
# NVIDIA's, keys for a server that stands in for Docker's repository, a container registry, a systemd for the units, a
# terminal for the terminal UI, a second shell for the completion, and a browser for Open WebUI.
list_packages_for_tests() {
  if ! have gcc || [[ ! -e /usr/include/stdio.h ]]; then packages+=(gcc libc6-dev); fi
  have python3 || packages+=(python3)
  have sshd || packages+=(openssh-server)
  have ssh-keygen || packages+=(openssh-client)
  have gpg-agent || packages+=(gpg gpg-agent)
  have openssl || packages+=(openssl)
  have docker-registry || packages+=(docker-registry)
  have systemd-analyze || packages+=(systemd)
  have logrotate || packages+=(logrotate)
  have tmux || packages+=(tmux)
  have zsh || packages+=(zsh)
  have chromium || packages+=(chromium)
}

# A package for tests must not leave a port of the machine open: its service is not to run.
install_quietly() {
  local -a services=() units=()
  if [[ " $* " == *" openssh-server "* ]]; then services+=(ssh) units+=(ssh.service ssh.socket); fi
  if [[ " $* " == *" docker-registry "* ]]; then services+=(docker-registry) units+=(docker-registry.service); fi
  if ((${#services[@]} == 0)); then
    install_packages "$@"
  elif has_systemd; then
    as_root systemctl --quiet mask "${units[@]}"
    install_packages "$@"
    as_root systemctl --quiet disable "${units[@]}" || true
    as_root systemctl --quiet unmask "${units[@]}"
  else
    install_packages "$@"
    local service
    for service in "${services[@]}"; do
      as_root "/etc/init.d/$service" stop >>"$log_file" 2>&1 || true
    done
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
# Tells scripts/test.mjs that it need not come back here.
export AISTACK_PREPARED=1 PATH=$root/node_modules/.bin:$PATH
exec "$@"

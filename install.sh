#!/usr/bin/env bash
# The first command on a bare host: checks it, installs what is missing, and brings the services up.
# Safe to interrupt and to run again. ./install.sh --help tells the options.
set -Eeuo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/host/parts.sh
. "$root/scripts/host/parts.sh"

# Bash has read all of it before anything runs, and it ends by itself: a `git pull` may change this file
# meanwhile.
main() {
  local folder status=0
  parse_options "$@"
  restart=(bash "$root/install.sh" "$@")
  folder=$(state_folder)
  take_lock "$folder"
  open_log "$folder" install "install.sh $*"
  trap finish EXIT
  # What is not told is a fault of ours, and must not look like an end.
  trap 'say "install.sh: unexpected failure of: $BASH_COMMAND (${BASH_SOURCE[0]##*/}, line $LINENO)"' ERR
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  look_at_docker
  look_at_node
  list_missing_packages
  everything_is_there || start_network_checks
  check_host
  tell_checks
  tell_network
  if ((check_failures > 0)); then
    fail 3 "This host is not ready, and nothing on it was changed" "Mend what is marked FAIL and run this again"
  fi
  if [[ $dry_run == yes ]]; then end_dry_run_early; fi

  if ((${#packages[@]} > 0)); then install_missing; fi
  ensure_docker
  ensure_node_packages
  say "Running: aistack install ${passed_on[*]}"
  run_and_log "$root/aistack" install "${passed_on[@]}" || status=$?
  exit "$status"
}

install_missing() {
  if [[ " ${packages[*]} " == *" docker.io "* && -n $(state_folder) ]]; then : >"$(docker_mark)"; fi
  install_packages "${packages[@]}"
  if [[ $network_known == no ]]; then
    start_network_checks
    finish_network_checks
    tell_network
  fi
}

# A preview needs a Docker engine; a dry run installs none.
end_dry_run_early() {
  ((${#packages[@]} > 0)) || [[ $docker_state == stopped ]] || return 0
  if ((${#packages[@]} > 0)); then say "Would install: ${packages[*]}."; fi
  if [[ $docker_state != running ]]; then say "Would start Docker."; fi
  say "A preview of the services needs these, so the dry run ends here. Nothing was changed."
  exit 4
}

# shellcheck disable=SC2317 # called by a trap
finish() {
  forget_network_checks
  printf 'Log: %s\n' "$log_file"
}

main "$@"

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
  local status=0
  parse_options "$@"
  restart=(bash "$root/install.sh" "$@")
  trap finish EXIT
  # What is not told is a fault of ours, and must not look like an end.
  trap 'say "install.sh: unexpected failure of: $BASH_COMMAND (${BASH_SOURCE[0]##*/}, line $LINENO)" >&2' ERR
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [[ $only_check == yes ]]; then
    check_only
    return
  fi
  find_state_folder
  take_lock
  open_log install "install.sh $*"

  look_at_host
  everything_is_there || start_network_checks
  check_host
  tell_checks
  checks_event record_event
  tell_network
  if ((check_failures > 0)); then
    fail 3 "This host is not ready, and nothing on it was changed" "Mend what is marked FAIL and run this again"
  fi
  if [[ $dry_run == yes ]]; then tell_dry_run; else make_ready; fi
  ensure_node_packages
  say "Running: aistack install ${passed_on[*]}"
  run_and_log "$root/aistack" install "${passed_on[@]}" || status=$?
  exit "$status"
}

look_at_host() {
  read_stack_settings
  if [[ $stack_is_remote == yes ]]; then docker_state=remote; else look_at_docker; fi
  look_at_node
  look_at_baseline
  list_missing_packages
}

# Writes nothing, so it waits for nobody and keeps no log.
check_only() {
  look_at_host
  start_network_checks
  check_host
  if [[ $as_json == yes ]]; then
    checks_event render_event
  else
    tell_checks
    tell_network
  fi
  ((check_failures == 0)) || exit 3
}

# All that needs root's rights.
make_ready() {
  if [[ -z $(list_wanted)$baseline_faults && $docker_state == @(running|remote) ]]; then
    [[ $docker_state == remote ]] || tell_docker
    say "This host is ready; nothing on it had to be changed."
    return
  fi
  if ((${#packages[@]} > 0)); then install_packages "${packages[@]}"; fi
  if [[ $docker_state == absent && $network_known == no ]]; then
    start_network_checks
    finish_network_checks
    tell_network
  fi
  [[ $docker_state == remote ]] || ensure_docker
  ensure_baseline
}

# A preview needs a Docker engine; a dry run installs none.
tell_dry_run() {
  local wanted
  wanted=$(list_wanted)
  if [[ -n $baseline_faults ]]; then say "Would set up the user aistack and its folders."; fi
  [[ $docker_state != @(running|remote) || -n $wanted ]] || return 0
  if [[ -n $wanted ]]; then say "Would install: $wanted."; fi
  case $docker_state in
    running | remote) ;;
    denied) say "Would let $(id -un) use Docker." ;;
    *) say "Would start Docker." ;;
  esac
  say "A preview of the services needs these, so the dry run ends here. Nothing was changed."
  exit 4
}

# shellcheck disable=SC2317 # called by a trap
finish() {
  forget_network_checks
  forget_docker_key
  [[ $log_file == /dev/null ]] || printf 'Log: %s\n' "$log_file"
}

main "$@"

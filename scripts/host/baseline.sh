# shellcheck shell=bash
# The system user aistack and its folders: assets/shell/host-baseline.sh, which the component HostBaseline runs as well, also over
# SSH.

# What differs, one thing a line; nothing where all is as it should be. Needs no root, so that a run that has
# nothing to do asks for no password.
baseline_faults=''

look_at_baseline() {
  [[ $stack_is_remote == no ]] || return 0
  baseline_faults=$(CHECK=yes ROOT=${AISTACK_ROOT-}$stack_host_root sh "$root/assets/shell/host-baseline.sh")
}

ensure_baseline() {
  local line status=0 output
  [[ -n $baseline_faults ]] || return 0
  say "Setting up the user aistack and its folders:"
  output=$(as_root env ROOT="${AISTACK_ROOT-}$stack_host_root" sh "$root/assets/shell/host-baseline.sh" 2>&1) || status=$?
  while read -r line; do say "  $line"; done <<<"$output"
  ((status == 0)) || fail 1 "The user aistack and its folders could not be set up" "Mend what is told above and run this again"
}

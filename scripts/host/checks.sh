# shellcheck shell=bash
# What must be true of a host before anything on it is touched. All checks run, then one table tells
# of all of them, with a remedy for each that failed.

check_rows=()
check_failures=0 check_warnings=0

# row ok|warn|FAIL NAME SEEN [REMEDY]
row() {
  check_rows+=("$1" "$2" "$3" "${4-}")
  case $1 in
    FAIL) check_failures=$((check_failures + 1)) ;;
    warn) check_warnings=$((check_warnings + 1)) ;;
  esac
}

# check_host: the facts come first (look_at_docker, look_at_node, look_at_baseline, list_missing_packages,
# read_stack_settings).
check_host() {
  if [[ $stack_is_remote == yes ]]; then
    check_this_machine
  else
    check_server
  fi
  finish_network_checks
  check_network
  check_clock
  check_disk
}

# Where the stack is this machine's own.
check_server() {
  check_distribution
  check_architecture
  check_user
  check_checkout
  check_memory
  check_docker
  check_ports
  check_native_ollama
  check_node
  check_init
  check_cgroups
  check_confinement
}

# Where it is another one's, this one only runs aistack: no Docker, no service and no memory of its own is used.
check_this_machine() {
  row ok host "$stack_address, over SSH: aistack install checks that one itself; this machine only runs it"
  [[ -z $(list_wanted) ]] || check_distribution
  check_architecture
  check_user
  check_checkout
  check_node
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

# checks_event RENDER: the table as an event, by render_event or record_event.
checks_event() {
  local i level=info rows=''
  for ((i = 0; i < ${#check_rows[@]}; i += 4)); do
    rows+="${rows:+,}{\"status\":$(json "${check_rows[i],,}"),\"name\":$(json "${check_rows[i + 1]}"),\"seen\":$(json "${check_rows[i + 2]}")"
    [[ -z ${check_rows[i + 3]} ]] || rows+=",\"remedy\":$(json "${check_rows[i + 3]}")"
    rows+='}'
  done
  if ((check_failures > 0)); then level=error; elif ((check_warnings > 0)); then level=warn; fi
  "$1" "$level" bootstrap.checks failed "$check_failures" warned "$check_warnings" checks "[$rows]"
}

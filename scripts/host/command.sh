# shellcheck shell=bash
# Runs a command whose output goes to terminal and log alike.

# run_and_log COMMAND...: its exit status is the command's.
run_and_log() {
  # A pipe in place of a terminal would cost the progress bars.
  if [[ -t 0 && -t 1 ]] && have script; then
    run_on_terminal "$@"
  else
    run_plainly "$@"
  fi
}

# Standard output and error stay apart. Ctrl-C ends the command; tee is still there for its last words.
run_plainly() {
  {
    {
      "$@" 3>&-
      exit "$?"
    } 2>&1 1>&3 3>&- | tee -ia "$log_file" >&2
    exit "${PIPESTATUS[0]}"
  } 3>&1 | tee -ia "$log_file"
  return "${PIPESTATUS[0]}"
}

# By util-linux's script, so that the command still sees a terminal. The log gets neither the control
# sequences nor the lines that are only there to move: spinners and bars.
run_on_terminal() {
  local command status=0
  printf -v command '%q ' "$@"
  # script starts $SHELL, which may let nobody in (nologin), and need not read what bash quotes. The command gets the
  # user's own again; where the environment has none, bash has set one that is not exported.
  if [[ ${SHELL@a} == *x* ]]; then printf -v command 'SHELL=%q %s' "$SHELL" "$command"; else command="unset SHELL; $command"; fi
  SHELL=$BASH script --quiet --return --flush --command "$command" --log-out >(LC_ALL=C sed -u -E \
    -e 's/\x1b\[[0-9;?]*[A-Za-z]//g' -e 's/\r+$//' -e 's/.*\r//' \
    -e '/^Script (started|done) on /d' -e '/\xe2\xa0[\x80-\xbf]/d' -e '/\xe2\x96[\x80-\x9f]/d' >>"$log_file") || status=$?
  return "$status"
}

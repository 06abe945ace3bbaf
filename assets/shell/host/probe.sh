#!/bin/sh
# shellcheck disable=SC2086 # lists are split at their line ends, and only there
# Reads, without changing anything, how the host's files and units are. Prints one fact a line, fields parted
# by tabs; plan/hostFileFacts.ts reads them. It runs at every preview: few processes.
#
# Environment: ROOT (prefix of the paths, or empty), ACCOUNT, RECORDS (folder), CLAIM (file that names the stack), and lists,
# one a line: PATHS, UNITS, DROP_IN_FOLDERS, WRITES (folders of WRITER, the unit that runs all the time). EXECUTABLE: the one of PATHS that is too large to be hashed each time

newline='
'
IFS=$newline
set -f

if [ "$(id -u)" = 0 ] || [ -n "$ROOT" ]; then
  printf 'access\troot\n'
else
  printf 'access\tnone\n'
fi
if [ -d /run/systemd/system ]; then printf 'systemd\trunning\n'; fi
if command -v logrotate >/dev/null; then printf 'logrotate\tpresent\n'; fi

find $PATHS -maxdepth 0 -printf 'entry\t%p\t%y\t%m\t%u\t%g\t%l\n' 2>/dev/null || true
find -H $DROP_IN_FOLDERS -mindepth 1 -maxdepth 1 -name '*.conf' -printf 'drop-in\t%p\t%l\n' 2>/dev/null || true

set --
for path in $PATHS; do
  # A pipe at its place would never end.
  is_file "$path" || continue
  if [ "$path" = "$EXECUTABLE" ]; then
    known=$RECORDS/${path##*/}
    if is_file "$known" && { read -r hash && IFS= read -r noted; } <"$known" && [ "$noted" = "$(stamp "$path")" ]; then
      printf 'sha256\t%s\t%s\n' "$path" "$hash"
      continue
    fi
  fi
  set -- "$@" "$path"
done
if [ $# -gt 0 ]; then
  sha256sum "$@" | while IFS= read -r line; do
    printf 'sha256\t%s\t%s\n' "${line#*  }" "${line%% *}"
  done
fi

set +f
for record in "$RECORDS"/*; do
  if is_file "$record" && IFS= read -r hash <"$record"; then
    printf 'record\t%s\t%s\n' "${record##*/}" "$hash"
  fi
done
set -f

if is_file "$CLAIM" && IFS= read -r stack <"$CLAIM"; then printf 'stack\t%s\n' "$stack"; fi

if [ -z "$ROOT" ]; then
  if line=$(getent passwd "$ACCOUNT"); then printf 'user\t%s\n' "$line"; fi
  if line=$(getent group "$ACCOUNT"); then printf 'group\t%s\n' "$line"; fi
  if groups=$(id -nG "$ACCOUNT" 2>/dev/null); then printf 'groups\t%s\n' "$groups"; fi
fi

if [ -z "$ROOT" ] && [ -d /run/systemd/system ] && [ -n "$UNITS" ]; then
  properties=Id,LoadState,ActiveState,FragmentPath,NeedDaemonReload,DropInPaths
  status=0
  seen=$(timeout 20 systemctl show --property=$properties $UNITS) || status=$?
  if [ $status = 0 ]; then
    printf '%s\n' "$seen" | sed 's/^/unit\t/'
    process=
    [ -z "$WRITER" ] || process=$(timeout 20 systemctl show --property=MainPID --value "$WRITER") || true
    case $process in '' | 0) ;; *) lost_folders "$process" | sed "s/^/lost\t$WRITER\t/" ;; esac
  else
    printf 'unit-error\t%s\n' "$status"
  fi
fi

#!/bin/sh
# Environment: UNIT, FILE, CONTENT, MODE, OWNER (user:group, or empty), ROOT (prefix, or empty), LINK (by which it starts
# with the host, or empty), RUNNING (yes or no), SET_ASIDE (folder), and lists, one a line: READS (files that it has read
# when it started), WRITES (folders that it writes to), DROP_INS (folders of what alters this unit alone)

IFS='
'
changed=no
# Whether what runs was started as another unit than the declared one.
altered=no

# Drop-ins alter what is declared. They are the user's, so they are kept.
for within in $DROP_INS; do
  for drop_in in "$within"/*.conf; do
    if [ ! -e "$drop_in" ] && [ ! -L "$drop_in" ]; then continue; fi
    # It adds nothing: it hides one of the same name that is for other units, too.
    if [ "$(readlink "$drop_in")" = /dev/null ]; then continue; fi
    mkdir -p "$SET_ASIDE"
    kept=$SET_ASIDE/$UNIT.$(basename "$drop_in").$(date -u +%Y%m%dT%H%M%SZ)
    mv -T "$drop_in" "$kept"
    echo "$drop_in altered $UNIT; it was moved to $kept" >&2
    changed=yes altered=yes
  done
  if [ -d "$within" ] && [ ! -L "$within" ]; then rmdir --ignore-fail-on-non-empty "$within"; fi
done

if [ -L "$FILE" ]; then echo "$UNIT was masked by $FILE; it is unmasked" >&2; fi
if ! is_file "$FILE" || ! printf '%s' "$CONTENT" | cmp -s - "$FILE"; then changed=yes; fi
printf '%s' "$CONTENT" | (replace "$FILE" "$MODE" "$OWNER")
remember "$FILE"

if [ -n "$LINK" ] && [ ! -L "$LINK" ]; then
  mkdir -p "$(dirname "$LINK")"
  ln -sfT "${FILE#"$ROOT"}" "$LINK"
  changed=yes
fi

# Whether what runs was started before the newest of the files that it has read, or with other folders.
is_outdated() {
  process=$(property MainPID)
  case $process in '' | 0) return 1 ;; esac
  # shellcheck disable=SC2086 # split at line ends
  newest=$(stat -c %.Y "$FILE" $READS | sort -n | tail -n 1)
  age=$(process_age "$process") || return 1
  awk -v now="$(date +%s.%N)" -v newest="$newest" -v age="$age" 'BEGIN { exit !(now - newest < age) }' ||
    [ -n "$(lost_folders "$process")" ]
}

start() {
  verb=start
  if [ $altered = yes ] || is_outdated; then verb=restart; fi
  systemctl reset-failed "$UNIT" 2>/dev/null || true
  systemctl "$verb" "$UNIT" || tell_failure
}

tell_failure() {
  echo "$UNIT does not start. Its last log lines:" >&2
  journalctl --quiet --no-pager --lines 20 --unit "$UNIT" >&2 || true
  echo "See all of them with: journalctl --unit $UNIT" >&2
  # Nothing would remove what a first installation leaves behind, since it is not in the state. Only an update has a
  # second argument.
  if [ "$arguments" = 1 ]; then remove_unit; fi
  exit 1
}
arguments=$#

if [ -z "$ROOT" ]; then
  if [ "$(property NeedDaemonReload)" = yes ]; then changed=yes altered=yes; fi
  if [ $changed = yes ]; then systemctl daemon-reload; fi
  [ "$RUNNING" = no ] || start
fi

#!/bin/sh
# Environment: UNIT, FILE, CONTENT, MODE, OWNER (user:group, or empty), ROOT (prefix, or empty), LINK (by which it starts
# with the host, or empty), RUNNING (yes or no), READS (files that it has read when it started, one a line),
# SET_ASIDE (folder)

changed=no

# Drop-ins alter what is declared. They are the user's, so they are kept.
for parent in /etc/systemd/system /etc/systemd/system.control /run/systemd/system /run/systemd/system.control; do
  drop_ins=$ROOT$parent/$UNIT.d
  for drop_in in "$drop_ins"/*.conf; do
    if [ -e "$drop_in" ] || [ -L "$drop_in" ]; then
      mkdir -p "$SET_ASIDE"
      kept=$SET_ASIDE/$UNIT.$(basename "$drop_in").$(date -u +%Y%m%dT%H%M%SZ)
      mv -T "$drop_in" "$kept"
      echo "$drop_in altered $UNIT; it was moved to $kept" >&2
      changed=yes
    fi
  done
  [ ! -d "$drop_ins" ] || rmdir --ignore-fail-on-non-empty "$drop_ins"
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

property() { systemctl show --property="$1" --value "$UNIT"; }

# Seconds since a process was started, by a clock that does not jump.
process_age() {
  ticks=$(sed 's/^.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)
  awk -v ticks="$ticks" -v rate="$(getconf CLK_TCK)" '{ print $1 - ticks / rate }' /proc/uptime
}

# Whether what runs was started before the newest of the files that it has read.
is_outdated() {
  process=$(property MainPID)
  case $process in '' | 0) return 1 ;; esac
  newest=$(printf '%s\n' "$FILE" "$READS" | while IFS= read -r path; do
    if [ -n "$path" ]; then stat -c %.Y "$path"; fi
  done | sort -n | tail -n 1)
  age=$(process_age "$process") || return 1
  awk -v now="$(date +%s.%N)" -v newest="$newest" -v age="$age" 'BEGIN { exit !(now - newest < age) }'
}

start() {
  verb=start
  if is_outdated; then verb=restart; fi
  systemctl reset-failed "$UNIT" 2>/dev/null || true
  if ! systemctl "$verb" "$UNIT"; then
    echo "$UNIT does not start. Its last log lines:" >&2
    journalctl --quiet --no-pager --lines 20 --unit "$UNIT" >&2 || true
    echo "See all of them with: journalctl --unit $UNIT" >&2
    exit 1
  fi
}

if [ -z "$ROOT" ]; then
  if [ $changed = yes ] || [ "$(property NeedDaemonReload)" = yes ]; then systemctl daemon-reload; fi
  [ "$RUNNING" = no ] || start
fi

#!/bin/sh
# What the scripts of a unit share; follows files.sh.
#
# Environment: UNIT, FILE, ROOT (prefix, or empty), LINK (by which it starts with the host, or empty)

has_systemd() { [ -z "$ROOT" ] && [ -d /run/systemd/system ]; }

property() { systemctl show --property="$1" --value "$UNIT"; }

# remove_unit: ends it, and removes what was installed of it.
remove_unit() {
  if has_systemd && [ "$(property LoadState)" != not-found ]; then systemctl stop "$UNIT"; fi
  [ -z "$LINK" ] || rm -f "$LINK"
  forget "$FILE"
  if has_systemd; then
    systemctl daemon-reload
    systemctl reset-failed "$UNIT" 2>/dev/null || true
  fi
}

#!/bin/sh
has_systemd() { [ -z "$ROOT" ] && [ -d /run/systemd/system ]; }

if has_systemd && [ "$(systemctl show --property=LoadState --value "$UNIT")" != not-found ]; then
  systemctl stop "$UNIT"
fi
[ -z "$LINK" ] || rm -f "$LINK"
forget "$FILE"
if has_systemd; then
  systemctl daemon-reload
  systemctl reset-failed "$UNIT" 2>/dev/null || true
fi
for drop_in in "$ROOT/etc/systemd/system/$UNIT.d"/*.conf; do
  [ ! -e "$drop_in" ] || echo "$drop_in is not aistack's, so it stays" >&2
done

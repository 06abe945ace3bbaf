#!/bin/sh
# shellcheck disable=SC2154 # stage sets temporary
# The agent, checked before it takes the old one's place.
#
# Environment: FILE, SHA256, MODE, OWNER (user:group, or empty), SOURCE (absolute, or from the home of the user who
# copied it), COPIED (yes: the source is a copy that is to be removed)

case $SOURCE in
  /*) ;;
  *) SOURCE=$(getent passwd "${SUDO_USER:-$(id -un)}" | cut -d : -f 6)/$SOURCE ;;
esac

is_right() { is_file "$1" && [ "$(sha256sum <"$1")" = "$SHA256  -" ]; }

refuse() {
  echo "$1" >&2
  exit 1
}

if is_right "$FILE"; then
  settle "$FILE" "$MODE" "$OWNER"
else
  stage "$FILE" "$MODE" "$OWNER" <"$SOURCE"
  is_right "$temporary" || refuse "$SOURCE is not the agent that was built: its SHA-256 is not $SHA256"
  "$temporary" --version >/dev/null || refuse "the agent that was built does not run on this host ($(uname -m))"
  mv -T "$temporary" "$FILE"
fi
if [ "$COPIED" = yes ]; then rm -f "$SOURCE"; fi
remember "$FILE" "$SHA256"

#!/bin/sh
# The account and the folders of the host's outlive every stack; what holds logs and records is data.
#
# Environment: ROOT (prefix, or empty), FOLDERS (that go with the stack, one a line: MODE OWNER GROUP PATH)

printf '%s\n' "$FOLDERS" | sort -r -k 4 | while read -r _ _ _ folder; do
  if [ -d "$ROOT$folder" ] && [ ! -L "$ROOT$folder" ]; then
    rmdir --ignore-fail-on-non-empty "$ROOT$folder"
  fi
done

#!/bin/sh
# Folders that hold something stay: logs and records of the agent are data. The account stays as long as
# anything of its own does.

printf '%s\n' "$DIRECTORIES" | sort -r -k 3 | while read -r _ _ folder; do
  [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
done
if [ -z "$ROOT" ] && getent passwd "$ACCOUNT" >/dev/null; then
  left=$(printf '%s\n' "$DIRECTORIES" | while read -r _ _ folder; do
    if [ -e "$folder" ]; then echo "$folder"; fi
  done)
  if [ -z "$left" ]; then
    userdel "$ACCOUNT"
  else
    echo "$left" | sed 's/$/ holds files, so it stays/' >&2
  fi
fi

#!/bin/sh
# The account that the agent runs under, and its folders.
#
# Environment: ROOT (prefix, or empty), ACCOUNT, HOME_FOLDER, DOCKER_GROUP (yes or no), and
# DIRECTORIES, one a line: MODE OWNER PATH (OWNER user:group, or - for whose it is)

if [ -z "$ROOT" ]; then
  getent group "$ACCOUNT" >/dev/null || groupadd --system "$ACCOUNT"
  getent passwd "$ACCOUNT" >/dev/null ||
    useradd --system --gid "$ACCOUNT" --home-dir "$HOME_FOLDER" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
  case "$DOCKER_GROUP $(id -nG "$ACCOUNT" | tr ' ' '\n' | grep -cx docker)" in
    'yes 0')
      if ! getent group docker >/dev/null; then
        echo "aistack:agent.dockerGroup is set, but this host has no group docker" >&2
        exit 1
      fi
      usermod --append --groups docker "$ACCOUNT"
      ;;
    'no 1') gpasswd --delete "$ACCOUNT" docker >/dev/null ;;
  esac
fi

printf '%s\n' "$DIRECTORIES" | while read -r mode owner folder; do
  [ "$owner" != - ] || owner=''
  if [ -L "$folder" ]; then
    echo "$folder is a symbolic link to $(readlink "$folder"): what is written there would land elsewhere. Remove it" >&2
    exit 1
  fi
  mkdir -p "$folder"
  settle "$folder" "$mode" "$owner"
done

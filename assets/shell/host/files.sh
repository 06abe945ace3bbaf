#!/bin/sh
# How files are put on a host; followed by a script that calls these.
#
# Environment: RECORDS (folder that remembers what was last written)

is_file() { [ -f "$1" ] && [ ! -L "$1" ]; }

# settle PATH MODE OWNER: gives a path its mode and owner, where it has others. No OWNER: its owner stays.
settle() {
  [ -z "$3" ] || [ "$(stat -c %U:%G "$1")" = "$3" ] || chown "$3" "$1"
  [ "0$(stat -c %a "$1")" = "$2" ] || chmod "$2" "$1"
}

# stage PATH MODE OWNER: puts standard input beside PATH, under the name that `temporary` then holds.
stage() {
  folder=$(dirname "$1")
  base=$(basename "$1")
  mkdir -p "$folder"
  # Of a run that was killed. The ending keeps systemd and logrotate from reading it.
  rm -f "$folder/.$base".??????"~"
  temporary=$(mktemp --suffix='~' "$folder/.$base.XXXXXX")
  trap 'rm -f "$temporary"' EXIT
  cat >"$temporary"
  chmod "$2" "$temporary"
  [ -z "$3" ] || chown "$3" "$temporary"
}

# replace PATH MODE OWNER: puts standard input there. Nobody ever reads half of it, and a link at its place is
# replaced, not followed. The same content is left as it is.
replace() {
  stage "$@"
  if is_file "$1" && cmp -s "$temporary" "$1"; then
    rm -f "$temporary"
    settle "$@"
  else
    mv -T "$temporary" "$1"
  fi
}

# stamp PATH: what changes whenever the file does; hashing it takes longer.
stamp() { stat -c '%s %.9Y %.9Z' "$1"; }

# remember PATH [SHA256]: notes that what is there was written by us.
remember() {
  hash=${2-$(sha256sum <"$1")}
  printf '%s\n%s\n' "${hash%% *}" "$(stamp "$1")" | (replace "$RECORDS/$(basename "$1")" 0644 '')
}

# forget PATH: removes what replace and remember made.
forget() {
  rm -f "$1" "$RECORDS/$(basename "$1")"
}

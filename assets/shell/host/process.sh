#!/bin/sh
# shellcheck disable=SC2046,SC2086 # WRITES is split at line ends
# What can be told of a unit's process. Fields are separated by line ends alone: set IFS.
#
# Environment: WRITES (folders that it writes to, one a line)

# process_age PROCESS: seconds since it was started, by a clock that does not jump.
process_age() {
  ticks=$(sed 's/^.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)
  awk -v ticks="$ticks" -v rate="$(getconf CLK_TCK)" '{ print $1 - ticks / rate }' /proc/uptime
}

# lost_folders PROCESS: those of WRITES that are others than it was started with. Of a deleted folder it keeps the open
# files; in the one that was made in its place, which looks the same to it, its sandbox does not let it write.
lost_folders() {
  [ -n "$WRITES" ] || return 0
  age=$(process_age "$1") || return 0
  {
    printf 'now %s %s\n' "$(date +%s.%N)" "$age"
    stat -c 'here %d:%i %.W %n' $WRITES || true
    stat -c 'there %d:%i %n' $(printf "/proc/$1/root%s\n" $WRITES) || true
  } 2>/dev/null | awk -v prefix="/proc/$1/root" '
    $1 == "now" { now = $2; age = $3 }
    $1 == "here" { name = $4; names[++count] = name; here[name] = $2; born[name] = $3 }
    $1 == "there" { there[substr($3, length(prefix) + 1)] = $2 }
    END {
      for (i = 1; i <= count; i++) {
        name = names[i]
        if ((born[name] <= now && now - born[name] < age) || there[name] != here[name]) print name
      }
    }'
}

#!/usr/bin/env bash
# Ends machines of boot.sh and removes their cgroups: the one of a folder, and those whose owner is gone.
#   unshare --mount sweep.sh FOLDER
set -euo pipefail

folder=$1
mount --make-rprivate /
mkdir -p "$folder/cgroup"
mount -t cgroup2 cgroup2 "$folder/cgroup"
for group in "$folder"/cgroup/aistack-systemd-*; do
  [[ -d $group ]] || continue
  if [[ ${group##*/} == "${folder##*/}".* || ! -e /proc/${group##*.} ]]; then
    echo 1 >"$group/cgroup.kill"
    until grep -q 'populated 0' "$group/cgroup.events"; do sleep 0.05; done
    find "$group" -depth -type d -exec rmdir {} +
  fi
done

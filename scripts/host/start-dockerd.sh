#!/usr/bin/env bash
# Starts dockerd in the background where no systemd does: in containers and on test machines. Runs as root.
#   start-dockerd.sh LOG_FILE
set -euo pipefail

readonly log_file=$1
readonly run=${AISTACK_ROOT-}/run

# Where /run outlives a reboot, the number in a pid file may by now be another program's. dockerd would
# take that for an engine that runs, and refuse to start.
drop_stale() {
  local pid
  [[ -s $1 ]] || return 0
  pid=$(tr -cd 0-9 <"$1")
  if [[ -z $pid || $(cat "/proc/$pid/comm" 2>/dev/null) != "$2" ]]; then rm -f "$1"; fi
}
drop_stale "$run/docker.pid" dockerd
drop_stale "$run/docker/containerd/containerd.pid" containerd
drop_stale "$run/docker/containerd/docker-containerd.pid" containerd

# A bare first process may not have mounted them, and no container starts without.
if [[ -z ${AISTACK_ROOT-} && -z $(ls -A /sys/fs/cgroup 2>/dev/null) ]]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi

mkdir -p "$(dirname "$log_file")"
setsid nohup dockerd >>"$log_file" 2>&1 </dev/null &

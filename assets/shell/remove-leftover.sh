#!/bin/sh
# Removes a container or a network that an interrupted update has left, by its id: whatever else took its name meanwhile
# is not touched. One that is gone already is as good as removed.
#
# Environment: DOCKER_SOCKET (path), KIND (container or network), ID, GRACE (seconds that a container has to end)
set -u

# ask METHOD PATH: what the engine answers, its HTTP status on the last line.
ask() {
  curl --silent --show-error --max-time $((GRACE + 60)) --unix-socket "$DOCKER_SOCKET" \
    --request "$1" --write-out '\n%{http_code}' "http://engine$2"
}

if [ "$KIND" = container ]; then
  # What it was doing, it ends: it may have served for hours.
  ask POST "/containers/$ID/stop?t=$GRACE" >/dev/null || exit
  answer=$(ask DELETE "/containers/$ID?force=true") || exit
else
  answer=$(ask DELETE "/networks/$ID") || exit
fi
status=${answer##*
}
case $status in
  204 | 404) ;;
  *)
    printf '%s\n' "${answer%
*}" >&2
    exit 1
    ;;
esac

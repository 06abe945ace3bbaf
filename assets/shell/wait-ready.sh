#!/bin/sh
# Waits until a service answers, and tells what it logged where it never does.
#
# Environment: URL (must answer 200), CONTAINER (its name), SECONDS_ALLOWED
# Prints "ready"; exit 1 with the service's last log lines after the time allowed.
set -eu

deadline=$(($(date +%s) + SECONDS_ALLOWED))
until curl --silent --fail --max-time 5 --output /dev/null "$URL"; do
  state=$(docker inspect --format '{{.State.Status}}' "$CONTAINER" 2>/dev/null || echo missing)
  if [ "$(date +%s)" -ge "$deadline" ] || [ "$state" = exited ] || [ "$state" = dead ]; then
    echo "$CONTAINER does not answer at $URL (container $state, waited up to $SECONDS_ALLOWED s). Its last log lines:" >&2
    docker logs --tail 20 "$CONTAINER" >&2 || true
    echo "See all of them with: docker logs $CONTAINER" >&2
    exit 1
  fi
  sleep 0.2
done
echo ready

#!/bin/sh
# Reads, in one go and without changing anything, what aistack must know of a host before it decides.
# Prints one fact a line: NAME<tab>VALUE. plan/hostFacts.ts reads them.
#
# Environment: DOCKER_SOCKET (path), OLLAMA_URL (base URL or empty), and names one a line:
# IMAGES, CONTAINERS, NETWORKS
set -u

fact() { printf '%s\t%s\n' "$1" "$2"; }
# The engine's answers are single lines of JSON; a line feed would break the form above.
engine() { curl --silent --max-time 10 --unix-socket "$DOCKER_SOCKET" "http://engine$1" | tr -d '\n\r'; }

# Inspects each name; one that the engine does not have is left out.
each() {
  printf '%s\n' "$1" | while IFS= read -r name; do
    [ -n "$name" ] || continue
    found=$(curl --silent --fail --max-time 10 --unix-socket "$DOCKER_SOCKET" "http://engine$3$name$4" | tr -d '\n\r')
    [ -z "$found" ] || fact "$2" "$name	$found"
  done
}

if [ ! -S "$DOCKER_SOCKET" ]; then
  fact docker absent
elif [ ! -w "$DOCKER_SOCKET" ]; then
  fact docker denied
elif version=$(engine /version) && [ -n "$version" ]; then
  fact docker "$version"
  info=$(engine /info)
  root=$(printf '%s' "$info" | sed -n 's/.*"DockerRootDir":"\([^"]*\)".*/\1/p')
  fact data-root "$root"
  fact free-kib "$(df -Pk "${root:-/}" 2>/dev/null | awk 'NR == 2 { print $4 }')"
  fact containers "$(engine '/containers/json?all=true')"
  each "$IMAGES" image /images/ /json
  each "$CONTAINERS" container /containers/ /json
  each "$NETWORKS" network /networks/ ''
else
  fact docker down
fi

# -p names the process; without privileges it names only the user's own.
ss -Hltnp 2>/dev/null | while IFS= read -r socket; do fact listener "$socket"; done

if [ -n "${OLLAMA_URL:-}" ]; then
  models=$(curl --silent --fail --max-time 3 "$OLLAMA_URL/api/tags" | tr -d '\n\r')
  fact models "${models:-unreachable}"
fi
exit 0

#!/bin/sh
# Reads, in one go and without changing anything, what aistack must know of a host before it decides.
# Prints one fact a line: NAME<tab>VALUE. plan/hostFacts.ts reads them. It runs at every preview, so it
# starts few processes: one curl asks the engine everything over one connection.
#
# Environment: DOCKER_SOCKET (path), OLLAMA_URL (base URL or empty), and names one a line:
# IMAGES, CONTAINERS, NETWORKS, VOLUMES, GPU_CONTAINERS
set -u

fact() { printf '%s\t%s\n' "$1" "$2"; }

# Adds a question to the one curl: what it prints after an answer is the name of the next one.
# An object that the engine does not have gives an empty value.
ask() {
  curl_arguments="$curl_arguments
write-out = \"\\n$1\"
next
silent
fail
max-time = 10
unix-socket = \"$DOCKER_SOCKET\"
url = \"http://engine$2\""
}

ask_each() {
  while IFS= read -r name; do
    [ -z "$name" ] || ask "$2\\t$name\\t" "$3$name$4"
  done <<NAMES
$1
NAMES
}

ask_engine() {
  curl_arguments="silent
fail
max-time = 10
unix-socket = \"$DOCKER_SOCKET\"
url = \"http://engine/version\""
  ask 'info\t' /info
  ask 'containers\t' '/containers/json?all=true'
  ask_each "$IMAGES" image /images/ /json
  ask_each "$CONTAINERS" container /containers/ /json
  ask_each "$NETWORKS" network /networks/ ''
  ask_each "$VOLUMES" volume /volumes/ ''
  printf 'docker\t'
  printf '%s\nwrite-out = "\\n"\n' "$curl_arguments" | curl --config -
}

if [ ! -S "$DOCKER_SOCKET" ]; then
  fact docker absent
elif [ ! -w "$DOCKER_SOCKET" ]; then
  fact docker denied
elif ! command -v curl >/dev/null; then
  fact docker unasked
else
  ask_engine
fi

# Local file systems only: a dead network mount would hold everything up.
df -Pkl 2>/dev/null | while IFS= read -r line; do fact disk "$line"; done
# -p names the process; without privileges it names only the user's own.
ss -Hltnp 2>/dev/null | while IFS= read -r socket; do fact listener "$socket"; done

# A container can lose its GPUs while it runs (a `systemctl daemon-reload` is enough): only a look from within tells.
for name in ${GPU_CONTAINERS:-}; do
  said=$(timeout 10 docker --host "unix://$DOCKER_SOCKET" exec "$name" nvidia-smi --list-gpus 2>&1)
  fact gpu-inside "$name	$?	$(printf '%s' "$said" | tr '\n\t' '  ')"
done

if [ -n "${OLLAMA_URL:-}" ]; then
  printf 'models\t'
  # The host's own service: no proxy of a company's may see what it is asked.
  curl --silent --fail --noproxy '*' --max-time 3 --write-out '\n' "$OLLAMA_URL/api/tags"
fi
exit 0

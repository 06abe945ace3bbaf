# shellcheck shell=bash
# Which of the sites that aistack can take things from answer: asked side by side, five seconds at most.

readonly SITE_LIMIT=5

# Unknown until asked: curl may have to be installed first.
network_known=no vendor_answers=no registry_answers=no
network_folder=''
network_pids=()

# Asks in the background, so that the host's checks go on meanwhile.
start_network_checks() {
  command -v curl >/dev/null || return 0
  network_folder=$(mktemp -d)
  local name url
  while read -r name url; do
    # curl keeps its limit by itself, unless name resolution hangs: hence the second watch.
    (
      timeout "$SITE_LIMIT" curl --silent --output /dev/null --max-time "$SITE_LIMIT" "$url" &&
        : >"$network_folder/$name"
    ) >/dev/null 2>&1 </dev/null 9>&- &
    network_pids+=("$!")
  done <<END
vendor ${AISTACK_VENDOR_URL:-https://get.pulumi.com}
registry https://registry-1.docker.io/v2/
docker https://download.docker.com
node https://nodejs.org/dist/
END
}

finish_network_checks() {
  ((${#network_pids[@]} > 0)) || return 0
  local pid
  for pid in "${network_pids[@]}"; do wait "$pid" || true; done
  network_pids=()
  network_known=yes
  [[ ! -e $network_folder/vendor ]] || vendor_answers=yes
  [[ ! -e $network_folder/registry ]] || registry_answers=yes
}

forget_network_checks() {
  if [[ -n $network_folder ]]; then rm -rf "$network_folder"; fi
}

# Whether something will have to be compiled here.
must_build() {
  [[ $network_known == yes ]] || return 1
  [[ $vendor_answers == no || $images == build ]] || [[ $images == auto && $registry_answers == no ]]
}

tell_network() {
  [[ $network_known == yes ]] || return 0
  local sites='' name title
  while read -r name title; do
    sites+="${sites:+, }$title $([[ -e $network_folder/$name ]] && echo yes || echo no)"
  done <<'END'
vendor Pulumi's downloads
registry container registry
docker Docker's downloads
node Node's downloads
END
  local meaning
  case $vendor_answers-$images-$registry_answers in
    yes-build-* | yes-auto-no) meaning="the engine is downloaded, images are built from source, about 12 minutes the first time on two cores" ;;
    yes-*) meaning="nothing has to be built" ;;
    no-build-* | no-auto-no) meaning="engine and images are built from source, about 25 minutes the first time on two cores" ;;
    *) meaning="the engine is built from source, about 13 minutes the first time on two cores" ;;
  esac
  [[ $(ls "$network_folder") ]] || meaning="reaches package registries only: $meaning"
  say "Network: $meaning (answering: $sites)."
  if [[ $images == registry && $registry_answers == no ]]; then
    say "${yellow}The container registry does not answer, and --images registry forbids a build: the images must be on this engine already.$plain"
  fi
}

# shellcheck shell=bash
# Which of the sites that aistack can take things from answer: asked side by side, five seconds at most.

readonly SITE_LIMIT=5

# Unknown until asked: curl may have to be installed first.
network_known=no vendor_answers=no registry_answers=no docker_answers=no
network_folder='' network_sites=''
network_pids=()

# NAME URL TITLE, one a line, into network_sites. The package mirror is asked as apt asks it, so mostly without encryption: it
# answers also where the clock is wrong.
list_sites() {
  local mirror
  mirror=$(package_mirror)
  network_sites="vendor ${AISTACK_VENDOR_URL:-https://get.pulumi.com} Pulumi's downloads
registry https://registry-1.docker.io/v2/ container registry
docker $DOCKER_REPOSITORY Docker's downloads
node https://nodejs.org/dist/ Node's downloads"
  [[ -z $mirror ]] ||
    network_sites="mirror ${mirror%/}/dists/$(os_release VERSION_CODENAME)/InRelease package mirror"$'\n'$network_sites
}

# Where apt takes the distribution's packages from, as far as it is a plain address.
package_mirror() {
  local file apt=${AISTACK_ROOT-}/etc/apt
  for file in "$apt"/sources.list.d/{debian,ubuntu}.sources "$apt"/sources.list; do
    if [[ -r $file ]]; then sed -n -E 's#^(URIs:|deb( \[[^]]*\])?) *(https?://[^ ]+).*#\3#p' "$file"; fi
  done | sed -n 1p
}

# Asks in the background, so that the host's checks go on meanwhile.
start_network_checks() {
  command -v curl >/dev/null || return 0
  network_folder=$(mktemp -d)
  list_sites
  local name url
  while read -r name url _; do
    # curl keeps its limit by itself, unless name resolution hangs: hence the second watch. What it brings is
    # the answer's head, with the site's clock.
    (
      timeout "$SITE_LIMIT" curl --silent --head --output "$network_folder/$name.head" \
        --max-time "$SITE_LIMIT" "$url" && : >"$network_folder/$name"
    ) >/dev/null 2>&1 </dev/null 9>&- &
    network_pids+=("$!")
  done <<<"$network_sites"
}

finish_network_checks() {
  ((${#network_pids[@]} > 0)) || return 0
  local pid
  for pid in "${network_pids[@]}"; do wait "$pid" || true; done
  network_pids=()
  network_known=yes
  ! answered vendor || vendor_answers=yes
  ! answered registry || registry_answers=yes
  ! answered docker || docker_answers=yes
}

answered() { [[ -e $network_folder/$1 ]]; }

forget_network_checks() {
  if [[ -n $network_folder ]]; then rm -rf "$network_folder"; fi
}

# Whether something will have to be compiled here.
must_build() {
  [[ $network_known == yes ]] || return 1
  [[ $vendor_answers == no || $images == build ]] || [[ $images == auto && $registry_answers == no ]]
}

clock_source='' clock_skew=''

# find_clock_skew: clock_skew is by how many seconds this host's clock is ahead of the first site that told the time, negative
# where it is behind; nothing where none did.
find_clock_skew() {
  local name url head date age
  clock_source='' clock_skew=''
  [[ $network_known == yes ]] || return 0
  while read -r name url _; do
    head=$network_folder/$name.head
    [[ -s $head ]] || continue
    date=$(date --date "$(header date "$head")" +%s 2>/dev/null) || continue
    # What a cache kept tells the time it was kept at.
    age=$(header age "$head")
    [[ $age =~ ^[0-9]{1,9}$ ]] || age=0
    # The file was written when the answer came.
    clock_skew=$(($(stat -c %Y "$head") - date - 10#$age))
    clock_source=${url#*://} clock_source=${clock_source%%/*}
    return 0
  done <<<"$network_sites"
}

# header NAME FILE: its last value, or "none"; the name in small letters.
header() {
  awk -v name="$1" '
    { sub(/\r$/, ""); line = $0; colon = index(line, ":") }
    tolower(substr(line, 1, colon - 1)) == name { value = substr(line, colon + 2) }
    END { print value == "" ? "none" : value }' "$2"
}

# Which sites answer, as a row of the table of checks.
check_network() {
  [[ $network_known == yes ]] || return 0
  local name url title answering='' silent=''
  while read -r name url title; do
    if answered "$name"; then answering+="${answering:+, }$title"; else silent+="${silent:+, }$title"; fi
  done <<<"$network_sites"
  local seen="answers: ${answering:-none}${silent:+; does not: $silent}"
  if [[ $silent == 'package mirror'* && -n $(list_wanted) ]]; then
    row warn network "$seen" "Should packages fail to install: check name resolution, and the proxy in /etc/apt/apt.conf.d"
  else
    row ok network "$seen"
  fi
}

tell_network() {
  [[ $network_known == yes ]] || return 0
  local meaning
  case $vendor_answers-$images-$registry_answers in
    yes-build-* | yes-auto-no) meaning="the engine is downloaded, images are built from source, about 12 minutes the first time on two cores" ;;
    yes-*) meaning="nothing has to be built" ;;
    no-build-* | no-auto-no) meaning="engine and images are built from source, about 25 minutes the first time on two cores" ;;
    *) meaning="the engine is built from source, about 13 minutes the first time on two cores" ;;
  esac
  answered vendor || answered registry || answered docker || answered node ||
    meaning="reaches package registries only: $meaning"
  say "Network: $meaning."
  if [[ $images == registry && $registry_answers == no ]]; then
    say "${yellow}The container registry does not answer, and --images registry forbids a build: the images must be on this engine already.$plain"
  fi
}

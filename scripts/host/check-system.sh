# shellcheck shell=bash
# Checks of the machine and its system: see checks.sh.

# Of memory the kernel keeps a little for itself, so that 2 GiB are seldom seen as 2 GiB.
readonly MEMORY_FLOOR_KIB=$((1800 * 1024)) MEMORY_COMFORT_KIB=$((3600 * 1024))

# os_release KEY: read, not sourced: what stands in the file is text, not a program.
os_release() {
  local file=${AISTACK_ROOT-}/etc/os-release key value
  [[ -r $file ]] || return 0
  while IFS='=' read -r key value || [[ -n $key ]]; do
    if [[ $key == "$1" ]]; then
      printf '%s\n' "${value//[\"\']/}"
      return
    fi
  done <"$file"
}

check_distribution() {
  local name
  name=$(os_release PRETTY_NAME)
  case $(os_release ID)-$(os_release VERSION_ID) in
    debian-12 | debian-13 | ubuntu-22.04 | ubuntu-24.04) row ok distribution "$name" ;;
    *)
      row FAIL distribution "${name:-unknown} is not supported" \
        "Use Debian 12 or 13, or Ubuntu 22.04 or 24.04"
      ;;
  esac
}

check_architecture() {
  local machine
  machine=$(uname -m)
  case $machine in
    x86_64 | aarch64) row ok architecture "$machine" ;;
    *) row FAIL architecture "$machine is not supported" "Use a machine with x86_64 or aarch64" ;;
  esac
}

# Root's rights are needed only for what is still to be installed or started.
check_user() {
  local name need=''
  name=$(id -un)
  [[ -z $(list_wanted) ]] || need="installing $(list_wanted)"
  [[ $docker_state != stopped ]] || need+="${need:+ and }starting Docker"
  if [[ $(id -u) == 0 ]]; then
    row ok user "$name"
  elif have sudo && sudo -n true 2>/dev/null; then
    row ok user "$name, with sudo"
  elif [[ -z $need && -z $baseline_faults ]]; then
    row ok user "$name; nothing here needs root's rights"
  elif [[ -t 0 ]] && have sudo && sudo --validate; then
    row ok user "$name, with sudo"
  elif [[ -z $need ]]; then
    baseline_faults=''
    row warn user "$name may not become root, so the user aistack and its folders are left out" \
      "Only services on the host itself need them: run ./install.sh as root for those"
  elif ! have sudo; then
    row FAIL user "$name is not root, and there is no sudo: needed for $need" "Run it as root: su -c \"./install.sh\""
  else
    row FAIL user "$name may not use sudo, or only with a password that nobody is there to type: needed for $need" \
      "Run it on a terminal as a user with sudo, or as root"
  fi
}

check_checkout() {
  local path
  for path in "$root" "$root/node_modules" "$root/bin" "$root/.state" "$root/stacks" "$root/models"; do
    [[ ! -e $path || -w $path ]] && continue
    row FAIL checkout "$path cannot be written to by $(id -un)" "sudo chown -R $(id -un) \"$root\""
    return
  done
  row ok checkout "$root"
}

check_memory() {
  local kib seen
  kib=$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' "${AISTACK_ROOT-}/proc/meminfo" 2>/dev/null || true)
  if [[ -z $kib ]]; then
    row warn memory "unknown"
    return
  fi
  seen="$((kib / 1048576)).$((kib % 1048576 * 10 / 1048576)) GiB"
  if ((kib < MEMORY_FLOOR_KIB)); then
    row FAIL memory "$seen; 2 GiB are needed" "Give the machine more memory"
  elif ((kib < MEMORY_COMFORT_KIB)); then
    row warn memory "$seen; below 4 GiB only small models fit" "Give the machine more memory"
  else
    row ok memory "$seen"
  fi
}

check_node() {
  case $node_state in
    ready) row ok packages "this project's Node packages are there" ;;
    found) row ok packages "npm $npm_version will install this project's Node packages" ;;
    outdated) row ok packages "npm $npm_version on Node $node_version will fetch newer ones for this project" ;;
    old) row FAIL packages "npm ${npm_version:-of unknown version} is too old; npm $NPM_FLOOR is needed" "Remove it from the PATH or put a newer one there" ;;
    *) row ok packages "there is no npm; will be installed" ;;
  esac
}

check_init() {
  if has_systemd; then
    row ok init "systemd"
  elif [[ $docker_state == running ]]; then
    row ok init "no systemd; Docker runs"
  else
    row warn init "no systemd: Docker is started directly, and not at boot" "Start dockerd at boot by your own means"
  fi
}

check_cgroups() {
  local folder=${AISTACK_ROOT-}/sys/fs/cgroup
  if [[ -e $folder/cgroup.controllers ]]; then
    row ok cgroups "version 2"
  elif [[ -d $folder/memory ]]; then
    row warn cgroups "version 1; limits hold, but newer Docker engines drop it" "Boot with systemd.unified_cgroup_hierarchy=1"
  else
    row warn cgroups "not mounted"
  fi
}

# What the kernel confines programs by. Both supported distributions use AppArmor.
check_confinement() {
  if [[ $(cat "${AISTACK_ROOT-}/sys/fs/selinux/enforce" 2>/dev/null) == 1 ]]; then
    row warn confinement "SELinux enforces its rules: containers may be kept from their volumes" \
      "Give Docker its SELinux policy (package container-selinux), or make SELinux permissive"
  elif ! enforces_apparmor; then
    row ok confinement "neither AppArmor nor SELinux is enforced"
  elif have apparmor_parser || [[ $docker_state == absent ]]; then
    row ok confinement "AppArmor"
  else
    row warn confinement "AppArmor is enforced, but its profiles cannot be loaded: Docker may refuse containers" \
      "sudo apt-get install apparmor"
  fi
}

enforces_apparmor() { [[ $(cat "${AISTACK_ROOT-}/sys/module/apparmor/parameters/enabled" 2>/dev/null) == Y ]]; }

# A clock that is years behind makes every certificate invalid; one that is minutes off makes logs and
# sessions wrong. Compared with what a site says, where one was asked.
readonly CLOCK_TOLERANCE=60
check_clock() {
  local skew direction="ahead of"
  if (($(date +%Y) < 2025)); then
    row FAIL clock "says $(date +%Y-%m-%d), so certificates look invalid" "Set it: timedatectl set-ntp true, or date --set"
    return
  fi
  find_clock_skew
  skew=$clock_skew
  if [[ -z $skew ]]; then
    row ok clock "$(date +%Y-%m-%d)"
  elif ((skew <= CLOCK_TOLERANCE && skew >= -CLOCK_TOLERANCE)); then
    row ok clock "$(date +%Y-%m-%d), as $clock_source says"
  else
    if ((skew < 0)); then direction=behind; fi
    row warn clock "${skew#-} s $direction $clock_source" "Set it: timedatectl set-ntp true, or date --set"
  fi
}

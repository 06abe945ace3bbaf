# shellcheck shell=bash
# What the distribution's packages have to bring, and how they are installed.

# Filled by list_missing_packages.
packages=()

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: by sudo, where this is not root already.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# What the installation needs and the host lacks, but for Docker itself, which docker-install.sh brings. Asks
# look_at_docker and look_at_node, which come first.
list_missing_packages() {
  packages=()
  have curl || packages+=(curl)
  [[ -s ${AISTACK_ROOT-}/etc/ssl/certs/ca-certificates.crt ]] || packages+=(ca-certificates)
  if [[ $stack_is_remote == no ]]; then
    have ss || packages+=(iproute2)
    have useradd || packages+=(passwd)
  fi
  case $node_state in
    absent) packages+=(nodejs npm) ;;
    no-npm) packages+=(npm) ;;
  esac
}

# list_wanted: all that will be installed, in words; nothing where nothing is.
list_wanted() {
  local wanted=("${packages[@]}")
  [[ $docker_state != absent ]] || wanted+=(Docker)
  echo "${wanted[*]}"
}

lists_are_fresh=no

refresh_package_lists() {
  [[ $lists_are_fresh == no ]] || return 0
  # One mirror of several that does not answer is no reason to stop; what is missing then, the next step tells.
  step "Reading the lists of packages" apt_get update || true
  finish_interrupted
  lists_are_fresh=yes
}

# install_packages PACKAGE...
install_packages() {
  refresh_package_lists
  if ! step "Installing $*" apt_get install --yes --no-install-recommends --no-remove "$@"; then
    fail 1 "apt-get could not install $*" "Mend what it says, or install them by hand, and run this again"
  fi
}

# What a killed installation left half-done stands in the way of every other.
finish_interrupted() {
  if [[ $docker_state == running && $(dpkg --audit 2>&1) =~ (^|$'\n')\ *(docker\.io|docker-ce|containerd|containerd\.io|runc)\  ]]; then
    agree_to_restart_docker "An installation of ${BASH_REMATCH[2]} was interrupted and has to be finished"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a >>"$log_file" 2>&1 </dev/null 9>&- || true
  if [[ -n $(dpkg --audit 2>&1) ]]; then
    step "Finishing an interrupted installation of packages" \
      apt_get --fix-broken install --yes --no-install-recommends || true
  fi
}

# NEEDRESTART_SUSPEND: nothing that runs is restarted, a Docker engine least of all. What a package
# starts must not keep our lock: it would hold it for as long as it runs.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" 9>&-
}

has_candidate() {
  local candidate
  candidate=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
  [[ -n $candidate && $candidate != '(none)' ]]
}

# shellcheck shell=bash
# What the distribution's packages have to bring, and how they are installed.

# Filled by list_missing_packages.
packages=()

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: by sudo, where this is not root already.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# What the installation needs and the host lacks. Asks look_at_docker and look_at_node, which come first.
list_missing_packages() {
  packages=()
  have curl || packages+=(curl)
  [[ -s ${AISTACK_ROOT-}/etc/ssl/certs/ca-certificates.crt ]] || packages+=(ca-certificates)
  have ss || packages+=(iproute2)
  if [[ $docker_state == absent ]]; then
    # The distribution's engine on every network: it is there wherever apt works, and new enough on all
    # releases that are supported. Whoever has Docker's own keeps it.
    packages+=(docker.io)
    have iptables || packages+=(iptables)
    # A kernel that enforces AppArmor refuses containers as long as its profiles cannot be loaded.
    if [[ $(cat "${AISTACK_ROOT-}/sys/module/apparmor/parameters/enabled" 2>/dev/null) == Y ]]; then
      have apparmor_parser || packages+=(apparmor)
    fi
  fi
  case $node_state in
    absent) packages+=(nodejs npm) ;;
    no-npm) packages+=(npm) ;;
  esac
}

# install_packages PACKAGE...
install_packages() {
  local -a wanted=("$@")
  # One mirror of several that does not answer is no reason to stop; what is missing then, the next step tells.
  step "Reading the lists of packages" apt_get update || true
  finish_interrupted
  # Debian 13 parts the docker command from the engine.
  if [[ " $* " == *" docker.io "* ]] && ! have docker && has_candidate docker-cli; then
    wanted+=(docker-cli)
  fi
  if ! step "Installing ${wanted[*]}" apt_get install --yes --no-install-recommends --no-remove "${wanted[@]}"; then
    fail 1 "apt-get could not install ${wanted[*]}" "Mend what it says, or install them by hand, and run this again"
  fi
}

# What a killed installation left half-done stands in the way of every other.
finish_interrupted() {
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

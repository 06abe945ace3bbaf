# shellcheck shell=bash
# All parts of the installer, for whoever prepares a host: install.sh, and the tests (prepare.sh).
# Set `root` to the checkout first.

# shellcheck source=scripts/host/output.sh
. "$root/scripts/host/output.sh"
# shellcheck source=scripts/host/events.sh
. "$root/scripts/host/events.sh"
# shellcheck source=scripts/host/state.sh
. "$root/scripts/host/state.sh"
# shellcheck source=scripts/host/options.sh
. "$root/scripts/host/options.sh"
# shellcheck source=scripts/host/network.sh
. "$root/scripts/host/network.sh"
# shellcheck source=scripts/host/packages.sh
. "$root/scripts/host/packages.sh"
# shellcheck source=scripts/host/docker.sh
. "$root/scripts/host/docker.sh"
# shellcheck source=scripts/host/docker-install.sh
. "$root/scripts/host/docker-install.sh"
# shellcheck source=scripts/host/node.sh
. "$root/scripts/host/node.sh"
# shellcheck source=scripts/host/stack-settings.sh
. "$root/scripts/host/stack-settings.sh"
# shellcheck source=scripts/host/baseline.sh
. "$root/scripts/host/baseline.sh"
# shellcheck source=scripts/host/checks.sh
. "$root/scripts/host/checks.sh"
# shellcheck source=scripts/host/check-system.sh
. "$root/scripts/host/check-system.sh"
# shellcheck source=scripts/host/check-docker.sh
. "$root/scripts/host/check-docker.sh"
# shellcheck source=scripts/host/check-ports.sh
. "$root/scripts/host/check-ports.sh"
# shellcheck source=scripts/host/check-disk.sh
. "$root/scripts/host/check-disk.sh"
# shellcheck source=scripts/host/command.sh
. "$root/scripts/host/command.sh"

# Not every way to run a command sets HOME or names the folders of the administrator's commands.
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d : -f 6)}
export HOME PATH=$PATH:${AISTACK_ROOT-}/usr/sbin:${AISTACK_ROOT-}/sbin

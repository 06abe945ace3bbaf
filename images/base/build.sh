#!/usr/bin/env bash
# Builds the Debian (or Ubuntu) root file system that the service images stand on.
#   build.sh OUT_DIR          OUT_DIR/rootfs.tar, OUT_DIR/packages.txt
#   build.sh --requirements   what the machine needs, one "kind:thing package:debian-package" a line
# Environment: SUDO ("sudo", or empty when root).
set -euo pipefail

readonly PACKAGES=ca-certificates,curl,jq,libgomp1,libstdc++6,python3
readonly HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

requirements() {
  cat <<'END'
command:apt-get package:apt
file:/usr/sbin/debootstrap package:debootstrap
command:wget package:wget
command:unshare package:util-linux
command:tar package:tar
END
  case $(distribution) in
    ubuntu) echo "file:/usr/share/keyrings/ubuntu-archive-keyring.gpg package:ubuntu-keyring" ;;
    *) echo "file:/usr/share/keyrings/debian-archive-keyring.gpg package:debian-archive-keyring" ;;
  esac
}

die() { echo "images/base: $*" >&2; exit 1; }

# The image is of the host's own release: its apt is known to reach that mirror, and what is compiled
# on the host finds the same glibc in the image. A derivative names the release it is made of.
os_release() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | tr -d "\"'"; }
distribution() {
  if [[ $(os_release ID) == ubuntu || -n $(os_release UBUNTU_CODENAME) ]]; then echo ubuntu; else echo debian; fi
}
release() {
  local name
  for name in UBUNTU_CODENAME DEBIAN_CODENAME VERSION_CODENAME; do
    if [[ -n $(os_release "$name") ]]; then os_release "$name"; return; fi
  done
}

# Debian's sources may say "mirror+file:/etc/apt/mirrors/x.list", which only apt itself understands.
plain_uri() {
  case $1 in
    mirror+file:* | mirror:file:*) grep -v '^#' "/${1#*:/}" | awk 'NF { print $1; exit }' ;;
    *) echo "$1" ;;
  esac
}

# The key that the sources file names for this entry, or the distribution's own.
keyring_of() {
  local named
  named=$(sed -n 's/.*[Ss]igned-[Bb]y[:=] *\(\/[^] ,]*\).*/\1/p' "${1%:*}" 2>/dev/null | head -1)
  echo "${named:-/usr/share/keyrings/$distribution-archive-keyring.gpg}"
}

# gpgv reads binary keyrings only; sources may name an armored one.
binary_keyring() {
  if ! grep -q 'BEGIN PGP' "$1"; then echo "$1"; return; fi
  sed -e '1,/^[[:space:]]*$/d' -e '/^=/,$d' "$1" | base64 -d >"$scratch/keyring.gpg" || die "cannot read the keyring $1"
  echo "$scratch/keyring.gpg"
}

[[ ${1:-} == --requirements ]] && { requirements; exit 0; }
[[ $# == 1 && -d $1 ]] || die "usage: build.sh OUT_DIR | build.sh --requirements"
command -v apt-get >/dev/null || die "this machine has no apt: a base image can be built on Debian and Ubuntu only. Set aistack:images source to registry or archive."
out=$(cd "$1" && pwd)
scratch=$out/.scratch
# An address may hold a user and a password, so everything that names one is the owner's alone.
umask 077
rm -rf "$scratch" "$out/rootfs.tar" "$out/packages.txt"
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT

distribution=$(distribution)
suite=$(release)
components=main
[[ $distribution != ubuntu ]] || components=main,universe
mirror='' keyring=''
while IFS='|' read -r uri name codename component entry; do
  [[ ,$components, == *",$component,"* ]] || continue
  codename=${codename#\$(*}
  case $name in
    "$suite" | "$suite-updates" | "$suite-security") ;;
    *) [[ ${codename%%-*} == "$suite" ]] || continue ;;
  esac
  key=$(keyring_of "$entry")
  echo "deb [signed-by=$key] $uri $name $component"
  if [[ -z $mirror && ($name == "$suite" || $codename == "$suite") ]]; then
    mirror=$(plain_uri "$uri")
    keyring=$(binary_keyring "$key")
    printf 'mirror=%q\nkeyring=%q\n' "$mirror" "$keyring" >"$scratch/found"
  fi
done < <(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(SOURCESENTRY)' \
  'Created-By: Packages' 'Target-Of: deb') >"$scratch/sources.list"
[[ -s $scratch/found ]] || die "apt's sources name no mirror for ${suite:-this release}: check /etc/apt/sources.list.d and run apt-get update"
. "$scratch/found"
[[ -r $keyring ]] || die "the keyring $keyring is missing: install $distribution-archive-keyring"
for scheme in http https; do
  proxy=''
  eval "$(apt-config shell proxy "Acquire::$scheme::Proxy")"
  [[ -z $proxy || $proxy == DIRECT ]] || export "${scheme}_proxy=$proxy"
done

# By file, because sudo drops the environment and an argument can be read by everyone on the machine.
{
  printf '%s=%q\n' out "$out" scratch "$scratch" suite "$suite" mirror "$mirror" keyring "$keyring" \
    components "$components" packages "$PACKAGES"
  printf 'export %s=%q\n' http_proxy "${http_proxy:-}" https_proxy "${https_proxy:-}" no_proxy "${no_proxy:-}"
} >"$scratch/config"

# Everything is made in a memory file system inside mount and process namespaces of its own: whatever
# kills this script, no mount and no process outlives it, and no file of root's stays in OUT_DIR.
# The input is a pipe whose other end closes within a second after this script has died.
${SUDO:-} unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
  bash "$HERE/rootfs.sh" "$scratch/config" < <(exec tail --pid=$$ -f /dev/null)

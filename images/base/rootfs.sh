#!/usr/bin/env bash
# The part of the base recipe that needs root. build.sh starts it as the first process of its own
# namespaces, with the settings in a file and an input that ends when build.sh is gone.
set -euo pipefail
. "$1"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What debootstrap says for this package list, one line a step; used for progress only.
readonly STEPS=520

make() {
  local root=/mnt step=0
  progress() { echo "::progress $step/$((STEPS + 4)) $1"; }
  mount -t tmpfs -o mode=0755,size=3g aistack-base "$root"
  umask 022

  debootstrap --variant=minbase --components="$components" --keyring="$keyring" --include="$packages" \
    "$suite" "$root" "$mirror" 2>&1 | while IFS= read -r line; do
    case $line in
      'I: '*) step=$((step < STEPS ? step + 1 : STEPS)); progress "${line#I: }" ;;
      *) echo "$line" ;;
    esac
  done | sed -u 's#://[^/@ ]*@#://#g' || { tail -n 30 "$root/debootstrap/debootstrap.log" >&2; exit 1; }

  step=$STEPS; progress "applying the updates since the release"
  # By the host's apt, from outside: it knows its own proxies, certificates and credentials. Its hooks
  # and its other sources must not reach in.
  cat >"$scratch/apt.conf" <<END
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Dpkg::Use-Pty "0";
APT::Architecture "$(dpkg --print-architecture)";
Dir::Etc::SourceList "$scratch/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$root/var/lib/apt";
Dir::State::status "$root/var/lib/dpkg/status";
Dir::Cache "$root/var/cache/apt";
Dir::Log "$root/var/log/apt";
DPkg::Chroot-Directory "$root";
DPkg::Options { "--force-confold"; "--force-unsafe-io"; };
END
  mount -t proc proc "$root/proc"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C
  apt-get -c "$scratch/apt.conf" -qq update 2>&1 | sed -u 's#://[^/@ ]*@#://#g'
  apt-get -c "$scratch/apt.conf" -qq -y upgrade 2>&1 | sed -u 's#://[^/@ ]*@#://#g'
  rm "$root/usr/sbin/policy-rc.d"
  umount "$root/proc"

  step=$((STEPS + 1)); progress "removing what a container does not need"
  # No file is younger than the package index it came from, so the same packages give the same archive.
  local epoch
  epoch=$(sed -n 's/^Date: //p' "$root"/var/lib/apt/lists/*Release | while IFS= read -r date; do date -d "$date" +%s; done | sort -n | tail -1)
  shrink "$root" "$epoch"
  chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$out/packages.txt"

  step=$((STEPS + 2)); progress "writing rootfs.tar"
  tar -C "$root" --format=gnu --sort=name --numeric-owner --mtime="@$epoch" --clamp-mtime \
    --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$out/rootfs.tar.part" .
  chown --reference="$out" "$out/rootfs.tar.part" "$out/packages.txt"
  chown -R --reference="$out" "$scratch"
  chmod 0644 "$out/rootfs.tar.part" "$out/packages.txt"
  mv "$out/rootfs.tar.part" "$out/rootfs.tar"
  step=$((STEPS + 4)); progress "the base image is built"
}

shrink() {
  local root=$1 epoch=$2
  find "$root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
  find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
  rm -rf "$root"/usr/share/{man,info,locale,lintian,bug,doc-base,groff,linda,bash-completion}/*
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/{apt,debconf,ldconfig,man}/* "$root"/var/log/* "$root"/tmp/* "$root"/run/*
  rm -rf "$root/debootstrap"
  # What differs from run to run, or tells of the machine it was built on: its name, name servers, mirror.
  rm -f "$root"/etc/{passwd,shadow,group,gshadow}- "$root"/var/lib/dpkg/*-old "$root/etc/hostname" "$root/etc/resolv.conf"
  rm -f "$root"/etc/apt/sources.list.d/*
  : >"$root/etc/machine-id"
  echo '# aistack: rebuild the image to change its packages' >"$root/etc/apt/sources.list"
  awk -F: -v OFS=: -v day=$((epoch / 86400)) '{ $3 = day; print }' "$root/etc/shadow" >"$scratch/shadow"
  cat "$scratch/shadow" >"$root/etc/shadow"
}

exec 3<&0
(make) </dev/null 3<&- &
worker=$!
# The end of the input means that nobody waits for the result any more. When this process ends, as the
# first of its namespace, the kernel ends all others in it.
{ cat <&3 >/dev/null; kill -KILL $worker; } 2>/dev/null &
wait $worker

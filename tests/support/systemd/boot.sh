#!/usr/bin/env bash
# Boots the host's own systemd as process 1 of a machine that shares the host's network and, through a throw-away
# overlay, its files: nothing that is written there is written here. It ends with the process that runs this.
#   boot.sh OWNER FOLDER BIND...
# OWNER: the process that the machine is for; FOLDER: an empty one; BIND: paths that are the same inside and outside
set -euo pipefail

if [[ $1 != inside ]]; then
  owner=$1 folder=$2
  mount --make-rprivate /
  # A cgroup of its own in the version that every systemd takes, whichever one the host itself has mounted.
  mkdir -p "$folder/cgroup"
  mount -t cgroup2 cgroup2 "$folder/cgroup"
  group=$folder/cgroup/${folder##*/}.$owner
  mkdir "$group"
  echo $$ >"$group/cgroup.procs"
  shift
  exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child bash "${BASH_SOURCE[0]}" inside "$@"
fi

shift
folder=$1 root=$1/overlay/root
shift
mount --make-rprivate /
mkdir "$folder/overlay"
mount -t tmpfs -o size=1g tmpfs "$folder/overlay"
mkdir "$folder"/overlay/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/overlay/upper,workdir=$folder/overlay/work" "$root"

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/run/lock"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for path in "$@"; do
  if [[ -d $path ]]; then
    mkdir -p "$root$path"
  else
    mkdir -p "$(dirname "$root$path")"
    touch "$root$path"
  fi
  mount --rbind "$path" "$root$path"
done

# As a host that aistack was never on, whatever this one has.
rm -rf "$root"/{etc,etc/logrotate.d,var/lib,var/log,usr/local/lib}/aistack "$root"/etc/systemd/system/aistack-*
for file in passwd group shadow gshadow; do
  sed -i '/^aistack:/d' "$root/etc/$file"
done

# Of what the host starts, only the journal: whatever else it has would act upon the host.
rm -rf "$root"/{etc,usr/lib}/systemd/system/*.{wants,requires}
wants=$root/etc/systemd/system/sysinit.target.wants
mkdir "$wants"
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
  ln -s "/usr/lib/systemd/system/$unit" "$wants/$unit"
done
# Not the kernel's auditing, which is the host's too.
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nAudit=\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/test.conf"
: >"$root/etc/fstab"
: >"$root/etc/machine-id"

cd "$root"
mkdir -p oldroot
pivot_root . oldroot
umount -l /oldroot
exec env -i container=aistack-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=basic.target --show-status=no --log-target=journal --log-level=notice

#!/bin/sh
# The host's part of aistack that outlives every stack: the system user and group aistack, and the folders for
# configuration, data and logs. Makes what is missing, mends what is wrong, and prints one line for each; prints
# nothing where all is as it should be. Runs as root, any number of times. install.sh and the HostBaseline
# component both run it.
#
# Environment:
#   ROOT          where the host's files begin; empty: at the root. The accounts are then those of ROOT/etc.
#   ACCOUNTS      no: of no concern, and folders stay with whom they belong to; needs no root then
#   FOLDERS       further folders, one a line: MODE OWNER GROUP PATH, the mode as four octal digits
#   DOCKER_GROUP  yes: the user belongs to the group docker, whose members equal root; no: it does not;
#                 empty: as it is
#   CHECK         yes: changes nothing, only prints what differs; needs no root
# Exit status: 1 where something cannot be mended without taking it from somebody; standard error tells what.
set -eu

root=${ROOT:-}
check=${CHECK:-no}
docker_group=${DOCKER_GROUP:-}
accounts=${ACCOUNTS:-yes}
# Below it are a distribution's own users, from it on people.
first_person=1000
refused=0

# differs TEXT: true where it is to be mended.
differs() {
  if [ "$check" = yes ]; then
    printf '%s\n' "$1"
    return 1
  fi
}

mended() { printf '%s: mended\n' "$1"; }
made() { printf '%s was missing: made\n' "$1"; }

# refuse WHAT REMEDY
refuse() {
  if [ "$check" = yes ]; then
    printf '%s\n' "$1"
  else
    printf '%s. %s\n' "$1" "$2" >&2
    refused=1
  fi
}

# entry passwd|group NAME: its line, or nothing.
entry() {
  if [ -z "$root" ]; then
    getent "$1" "$2" || true
  elif [ -e "$root/etc/$1" ]; then
    grep "^$2:" "$root/etc/$1" || true
  fi
}

# part NUMBER LINE: of a line whose parts colons separate.
part() { printf '%s\n' "$2" | cut -d : -f "$1"; }

# account COMMAND ARGUMENT...: one of the tools for users and groups.
account() {
  tool=$1
  shift
  "$tool" ${root:+--prefix "$root"} "$@"
}

ensure_accounts() {
  if [ -z "$(entry group aistack)" ] && differs 'group aistack is missing'; then
    # A root that is not a system's yet has no accounts at all.
    if [ -n "$root" ]; then mkdir -p "$root/etc" && touch "$root/etc/passwd" "$root/etc/group"; fi
    account groupadd --system aistack
    made 'group aistack'
  fi
  if [ -z "$(entry passwd aistack)" ] && differs 'user aistack is missing'; then
    account useradd --system --gid aistack --home-dir /var/lib/aistack --no-create-home \
      --shell /usr/sbin/nologin --comment 'aistack services' aistack
    made 'user aistack'
  fi
}

ensure_user() {
  user=$(entry passwd aistack)
  group=$(entry group aistack)
  if [ -z "$user" ] || [ -z "$group" ]; then return 0; fi
  uid=$(part 3 "$user")
  if [ "$uid" -eq 0 ] || [ "$uid" -ge "$first_person" ]; then
    refuse "user aistack is no system user (its number is $uid)" \
      'Rename that user (usermod --login OTHER aistack), so that aistack can have one of its own'
    # Nothing is to belong to a person.
    exit "$refused"
  fi
  if [ "$(part 4 "$user")" != "$(part 3 "$group")" ] && differs 'user aistack has another group than aistack'; then
    account usermod --gid aistack aistack
    mended 'user aistack had another group than aistack'
  fi
  shell=$(part 7 "$user")
  case $shell in
    */nologin | */false) ;;
    *)
      if differs "user aistack can log in (its shell is $shell)"; then
        account usermod --shell /usr/sbin/nologin aistack
        mended "user aistack could log in (its shell was $shell)"
      fi
      ;;
  esac
  ensure_docker_group
}

ensure_docker_group() {
  docker=$(entry group docker)
  case ,$(part 4 "$docker"), in
    *,aistack,*) member=yes ;;
    *) member=no ;;
  esac
  case $docker_group-$member in
    yes-no)
      if [ -z "$docker" ]; then
        refuse 'there is no group docker that user aistack could belong to' \
          'Install Docker first, or set aistack:agent.dockerGroup: false'
      elif differs 'user aistack does not belong to the group docker'; then
        account usermod --append --groups docker aistack
        mended 'user aistack did not belong to the group docker'
      fi
      ;;
    no-yes)
      if differs 'user aistack belongs to the group docker, whose members equal root'; then
        # In a step of its own: should it fail, the user is not to lose those groups too.
        others=$(other_groups)
        account usermod --groups "$others" aistack
        mended 'user aistack belonged to the group docker, whose members equal root'
      fi
      ;;
  esac
}

# The groups that name the user as a member, without docker.
other_groups() {
  awk -F : '$1 != "docker" && ("," $4 ",") ~ /,aistack,/ { names = names comma $1; comma = "," } END { print names }' \
    "$root/etc/group"
}

# id_of passwd|group NAME: its number; of root also where there is no line.
id_of() {
  line=$(entry "$1" "$2")
  if [ -n "$line" ]; then part 3 "$line"; elif [ "$2" = root ]; then echo 0; fi
}

# folder MODE OWNER GROUP PATH
folder() {
  path=$root$4
  if [ -L "$path" ]; then
    refuse "$path is a symbolic link, which is not followed" 'Remove it, or mount the other place there'
    return 0
  elif [ -e "$path" ] && [ ! -d "$path" ]; then
    refuse "$path is not a folder" 'Move it away'
    return 0
  elif [ ! -d "$path" ]; then
    differs "$path is missing" || return 0
    mkdir -p "${path%/*}"
    mkdir -m 0700 "$path"
    own "$(owner_of "$2" "$3")" "$1"
    made "$path"
    return 0
  fi
  owner=$(owner_of "$2" "$3")
  # Without the accounts, which have been named already, nothing can be compared.
  [ -n "$owner" ] || return 0
  wanted="$owner ${1#0}"
  seen=$(stat -c '%u:%g %a' "$path")
  if [ "$seen" != "$wanted" ]; then
    text="has owner and mode $seen instead of $wanted"
    if differs "$path $text"; then
      own "$owner" "$1"
      mended "$path $(printf '%s' "$text" | sed 's/^has/had/')"
    fi
  fi
}

# owner_of USER GROUP: whom the folder is to belong to, in numbers; nothing where one of them is missing.
owner_of() {
  if [ "$accounts" = no ]; then
    seen=$(stat -c '%u:%g %a' "$path")
    echo "${seen% *}"
    return
  fi
  user=$(id_of passwd "$1")
  group=$(id_of group "$2")
  if [ -n "$user" ] && [ -n "$group" ]; then echo "$user:$group"; fi
}

# own OWNER MODE: from inside, so that nobody who may write beside it can put another thing in its place meanwhile.
own() (
  cd -P "$path"
  if [ "$(pwd -P)" != "$real_root${path#"$root"}" ]; then
    echo "$path was exchanged for something else meanwhile" >&2
    exit 1
  fi
  [ "$accounts" = no ] || chown "$1" .
  # Five digits: a folder would keep its special bits otherwise.
  chmod "0$2" .
)

if [ -n "$root" ] && [ "$check" != yes ]; then mkdir -p "$root"; fi
real_root=''
if [ -n "$root" ] && [ -d "$root" ]; then real_root=$(cd -P "$root" && pwd -P); fi

if [ "$accounts" != no ]; then
  ensure_accounts
  ensure_user
fi
folder 0750 root aistack /etc/aistack
folder 0750 aistack aistack /var/lib/aistack
folder 0750 aistack aistack /var/log/aistack
while read -r mode user group path; do
  [ -z "$path" ] || folder "$mode" "$user" "$group" "$path"
done <<END
${FOLDERS:-}
END
[ "$refused" = 0 ] || exit 1

# shellcheck shell=bash
# Checks of the ports that the stack will publish: see checks.sh. Who holds one is read from /proc, which is
# there before anything is installed.

# What check_ports found, by port: nothing, "ours" for a container of aistack's, or who it is.
declare -A port_holders=()

check_ports() {
  local i service port free='' holder containers
  containers=$(list_containers)
  for i in "${!stack_services[@]}"; do
    service=${stack_services[i]} port=${stack_ports[i]}
    [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || continue
    # A container's port need not have a process that listens, and the one it has is Docker's.
    holder=$(container_on_port "$port" <<<"$containers")
    [[ -n $holder ]] || holder=$(listener_on_port "$port")
    port_holders[$port]=$holder
    case $holder in
      '') free+="${free:+, }$port" ;;
      ours) free+="${free:+, }$port (aistack's own)" ;;
      *) row FAIL ports "$port for $service is in use by $holder" "$(port_remedy "$holder" "$service")" ;;
    esac
  done
  [[ -z $free ]] || row ok ports "free: $free"
}

# A user who will be let use Docker is told of its containers like one who may: without them aistack's own would be
# somebody else's, each time until the next login.
list_containers() {
  local -a ask
  case $docker_state in
    running) ask=(engine) ;;
    denied)
      can_join_docker_group || return 0
      ask=(sudo -n timeout 10 "${engine_command[@]}")
      ;;
    *) return 0 ;;
  esac
  "${ask[@]}" ps --format $'{{.Names}}\t{{.Ports}}\t{{if .Label "dev.aistack.spec"}}ours{{end}}' 2>/dev/null || true
}

# container_on_port PORT: which of the containers on standard input has it on an address that the stack's
# would meet.
container_on_port() {
  local port=$1 name ports ours mapping first last address="0\.0\.0\.0|\[?::\]?|${stack_bind_address//./\\.}"
  local -a mappings
  [[ $stack_bind_address != 0.0.0.0 ]] || address='.*'
  while IFS=$'\t' read -r name ports ours; do
    IFS=', ' read -ra mappings <<<"$ports"
    for mapping in "${mappings[@]}"; do
      # Ports in a row are told as one: 0.0.0.0:11430-11440->11430-11440/tcp
      [[ $mapping =~ ^($address):([0-9]+)(-([0-9]+))?-\>.*/tcp$ ]] || continue
      first=${BASH_REMATCH[2]} last=${BASH_REMATCH[4]}
      if ((first <= port && port <= ${last:-$first})); then
        echo "${ours:-container $name}"
        return
      fi
    done
  done
}

listener_on_port() {
  local inode
  inode=$(listening_inode "$1")
  [[ -z $inode ]] || process_of "$inode"
}

# listening_inode PORT: of the socket that a listener on the stack's address would meet.
listening_inode() {
  local a b c d address port
  IFS=. read -r a b c d <<<"$stack_bind_address"
  # The kernel writes addresses in words of the machine's own byte order.
  address=$(printf '%02X%02X%02X%02X' "$d" "$c" "$b" "$a" 2>/dev/null) || return 0
  port=$(printf '%04X' "$1")
  { cat "${AISTACK_ROOT-}/proc/net/tcp" "${AISTACK_ROOT-}/proc/net/tcp6" 2>/dev/null || true; } |
    awk -v own="$address" -v port="$port" '
      $4 != "0A" { next }
      { split($2, local, ":") }
      local[2] != port { next }
      own == "00000000" || local[1] == own || local[1] ~ /^0+$/ || local[1] == "0000000000000000FFFF0000" own { print $10; exit }'
}

# process_of INODE: name, process and unit of who has that socket open. Others' are for root to see.
process_of() {
  local proc=${AISTACK_ROOT-}/proc link pid unit
  local -a look=(find "$proc" -maxdepth 3 -path "$proc/[0-9]*/fd/*" -lname "socket:\[$1\]" -print -quit)
  link=$("${look[@]}" 2>/dev/null) || true
  if [[ -z $link && $(id -u) != 0 ]] && have sudo; then link=$(sudo -n "${look[@]}" 2>/dev/null) || true; fi
  if [[ -z $link ]]; then
    echo "a process of another user (run as root to see which)"
    return
  fi
  pid=${link#"$proc/"}
  pid=${pid%%/*}
  # What runs below user@.service is a person's own.
  unit=$(sed -n '/\/user@/d; s/.*\/\([A-Za-z0-9@_.-]*\.service\).*/\1/p' "$proc/$pid/cgroup" 2>/dev/null | head -n 1 || true)
  echo "$(cat "$proc/$pid/comm" 2>/dev/null || echo process) (pid $pid${unit:+, $unit})"
}

# port_remedy HOLDER SERVICE
port_remedy() {
  local holder=$1 service=$2 stop="Stop it" note='' docker=docker
  [[ $docker_state != denied ]] || docker="sudo docker"
  case $holder in
    container\ *) stop="$docker stop ${holder#container }" ;;
    # Docker holds ports for its containers: without it none of them would run.
    'docker-proxy ('* | *', docker.service)' | *', containerd.service)')
      stop="Stop the container of Docker's that has it (see: $docker ps)"
      ;;
    *.service\))
      stop=${holder##*, }
      stop="sudo systemctl disable --now ${stop%)}"
      [[ $holder != *' ollama.service)' ]] || note=" (its models stay in /usr/share/ollama)"
      ;;
  esac
  echo "$stop$note, or choose another port with aistack:ports: {$service: PORT} in stacks/Pulumi.$stack_name.yaml"
}

# An Ollama that was installed on the host itself, by its vendor's installer: where it does not hold the port
# yet, it would at the next boot.
check_native_ollama() {
  local i port=''
  for i in "${!stack_services[@]}"; do
    [[ ${stack_services[i]} != ollama ]] || port=${stack_ports[i]}
  done
  [[ $port == 11434 && -n $(compgen -G "${AISTACK_ROOT-}/etc/systemd/system/*.wants/ollama.service") ]] || return 0
  # Told as the port's holder already, or listening somewhere else.
  systemctl is-active --quiet ollama.service 2>/dev/null && return 0
  local status=FAIL
  # With a server of ours in place this is no reason to leave it as it is.
  [[ ${port_holders[$port]-} != ours ]] || status=warn
  row "$status" ollama "ollama.service is installed on this host and would take port $port at the next boot" \
    "sudo systemctl disable ollama.service (its models stay in /usr/share/ollama)"
}

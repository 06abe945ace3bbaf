#!/bin/sh
# Reads, without changing anything, what aistack must know of a host's GPUs and of what brings them into
# containers. Prints one fact a line: NAME<tab>VALUE. plan/gpuFacts.ts reads them. A command's output
# becomes facts NAME, one a line, and its exit code, or "timeout", fact NAME-code.
#
# Not to be run as it is: host/gpuProbe.ts puts nvml_probe in front, a function that prints nvml_probe.py.
#
# Environment: DOCKER_SOCKET (path); and for tests, where things are: AISTACK_NVML, AISTACK_PROC, AISTACK_SYS,
# AISTACK_DEV, AISTACK_ETC, AISTACK_RUN
set -u

# Linux under Windows keeps its nvidia-smi there.
PATH=$PATH:/usr/sbin:/sbin:/usr/lib/wsl/lib
proc=${AISTACK_PROC:-/proc}
sys=${AISTACK_SYS:-/sys}
dev=${AISTACK_DEV:-/dev}
etc=${AISTACK_ETC:-/etc}
run=${AISTACK_RUN:-/var/run}
# The engine that the docker command would ask; only one on this machine has a socket.
engine=${DOCKER_HOST:-unix:///var/run/docker.sock}
case $engine in
  unix://*) socket=${DOCKER_SOCKET:-${engine#unix://}} ;;
  *) socket=${DOCKER_SOCKET:-} ;;
esac

# A command's time, in steps of 50 ms: 5 seconds.
LIMIT=100
# Begins the line that ends a command's output.
ENDED='aistack: ended with'
TAB=$(printf '\t')

fact() { printf '%s\t%s\n' "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }

# bounded NAME COMMAND...: runs a command that may hang in the driver, where not even SIGKILL ends it. So
# nothing here waits for it: the reader goes when it has the last line, whoever still holds the pipe.
bounded() {
  name=$1
  shift
  run_bounded "$@" 2>&1 </dev/null | while IFS= read -r line; do
    case $line in
      "$ENDED "*)
        fact "$name-code" "${line#"$ENDED "}"
        break
        ;;
      ?*) fact "$name" "$line" ;;
    esac
  done
}

run_bounded() {
  "$@" &
  child=$!
  steps=0
  while kill -0 "$child" 2>/dev/null; do
    if [ "$steps" -ge "$LIMIT" ]; then
      kill -KILL "$child"
      printf '\n%s timeout\n' "$ENDED"
      return
    fi
    sleep 0.05
    steps=$((steps + 1))
  done
  wait "$child"
  printf '\n%s %s\n' "$ENDED" "$?"
}

# -I: nothing in the user's environment or folder changes what Python does; -S: nor what is installed beside its own
# library, which also takes time to look for.
read_nvml() {
  if have python3; then
    bounded nvml python3 -I -S -c "$(nvml_probe)"
  else
    fact nvml-code no-python
  fi
}

# What the driver's own command says, where NVML could not be asked directly.
read_nvidia_smi() {
  have nvidia-smi || return 0
  answer=$(bounded smi nvidia-smi \
    --query-gpu=index,uuid,name,memory.total,driver_version,mig.mode.current,compute_cap \
    --format=csv,noheader,nounits)
  printf '%s\n' "$answer"
  case $answer in *"smi-code${TAB}0") ;; *) return 0 ;; esac
  # The table has no column for CUDA, and none for MIG instances.
  bounded smi-xml nvidia-smi -q -x | grep -e '<cuda_version>' -e "^smi-xml-code$TAB"
  case $answer in *Enabled*) bounded smi-list nvidia-smi -L ;; esac
}

read_toolkit() {
  if have nvidia-ctk; then
    bounded ctk nvidia-ctk --version
    bounded cdi nvidia-ctk cdi list
  fi
  read_cdi_specs "$etc/cdi" /etc/cdi
  read_cdi_specs "$run/cdi" /var/run/cdi
}

# read_cdi_specs FOLDER NAME: those that name NVIDIA's GPUs, with the name that the folder has on a host.
read_cdi_specs() {
  for file in "$1"/*.yaml "$1"/*.json; do
    [ -r "$file" ] || continue
    ! grep -Eq '"?kind"?: *"?nvidia\.com/gpu"?' "$file" || fact cdi-spec "$2/${file##*/}"
  done
}

read_engine() {
  if [ -S "$socket" ] && have curl; then
    bounded engine curl --silent --show-error --fail --max-time 4 --unix-socket "$socket" http://engine/info
  elif have docker; then
    bounded engine docker info --format '{{json .}}'
  fi
}

# Cards on the bus, of NVIDIA (0x10de) and for display or compute (class 3), whatever drives them.
read_cards() {
  for card in "$sys"/bus/pci/devices/*; do
    read_id "$card/vendor"
    [ "$id" = 0x10de ] || continue
    read_id "$card/class"
    case $id in 0x03*) ;; *) continue ;; esac
    driver=$(readlink "$card/driver") || driver=''
    fact card "${card##*/}$TAB${driver##*/}"
  done
}

# DRM render nodes of every vendor, each with its group, ids and, where the driver tells it, memory in bytes.
read_render_nodes() {
  for node in "$dev"/dri/renderD*; do
    [ -e "$node" ] || continue
    device=$sys/class/drm/${node##*/}/device
    group=$(stat -c %g "$node")
    read_id "$device/vendor"
    vendor=$id
    read_id "$device/device"
    model=$id
    read_id "$device/mem_info_vram_total"
    fact render "${node##*/}$TAB$group$TAB$vendor$TAB$model$TAB$id"
  done
  [ ! -e "$dev/kfd" ] || fact kfd "$(stat -c %g "$dev/kfd")"
}

# The file's first line into id; empty where there is none.
read_id() {
  id=
  [ ! -r "$1" ] || IFS= read -r id <"$1"
}

read_host() {
  for line in ID VERSION_ID ID_LIKE; do
    value=$(sed -n "s/^$line=//p" "$etc/os-release" 2>/dev/null | tr -d "\"'")
    fact "os-$line" "$value"
  done
  sed -n "s/^MemTotal: *\([0-9]*\) kB$/memory${TAB}\1/p" "$proc/meminfo" 2>/dev/null
  [ ! -e "$dev/dxg" ] || fact wsl yes
  # Of the module that the kernel has loaded, not of the library.
  [ ! -r "$proc/driver/nvidia/version" ] || sed -n "s/^NVRM version: */module$TAB/p" "$proc/driver/nvidia/version"
}

nvml=$(read_nvml)
printf '%s\n' "$nvml"
case $nvml in
  *"nvml-code${TAB}0") ;;
  # It would hang as NVML does, and one process that cannot be killed is enough.
  *"nvml-code${TAB}timeout") ;;
  *) read_nvidia_smi ;;
esac
read_toolkit
read_engine
read_cards
read_render_nodes
read_host
exit 0

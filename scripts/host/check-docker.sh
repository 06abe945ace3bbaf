# shellcheck shell=bash
# The check of the Docker engine: see checks.sh.

check_docker() {
  local risk
  case $docker_state in
    absent) row ok docker "not there; will be installed" ;;
    stopped) row ok docker "does not run; will be started" ;;
    denied)
      if can_join_docker_group; then
        row ok docker "runs; $(id -un) will be let use it"
      else
        row FAIL docker "runs, but $(id -un) may not use it" "$(docker_group_remedy)"
      fi
      ;;
    elsewhere) row FAIL docker "$DOCKER_HOST (DOCKER_HOST) does not answer" "Start that engine, or unset DOCKER_HOST" ;;
    running)
      risk=$(docker_risk)
      if ! docker_is_new_enough; then
        row FAIL docker "$docker_version is too old; $DOCKER_FLOOR is needed" "Install Docker $DOCKER_FLOOR or newer"
      elif [[ -n $risk ]]; then
        row warn docker "$docker_version; $risk" "$DOCKER_ADVICE"
      else
        row ok docker "$docker_version"
      fi
      ;;
  esac
}

# The oldest engine without the faults below.
readonly DOCKER_SAFE=29.5.1
readonly DOCKER_ADVICE="Install Docker $DOCKER_SAFE or newer from Docker's own repository when its restart suits you"

# What is known against the engine that runs, the worst of it; as of autumn 2026. Not a reason to refuse it:
# it is what the distributions ship, and they may have mended it under the same number.
docker_risk() {
  local version
  version=$(version_number "$docker_version")
  if ((version < 28000000)); then
    echo "before 28.0.0 the same network can reach ports published on 127.0.0.1 (moby issue 45610)"
  elif ((version >= 28002000 && version < 28003003)); then
    echo "before 28.3.3 a reload of firewalld opens ports published on 127.0.0.1 (CVE-2025-54388)"
  elif ((version < $(version_number "$DOCKER_SAFE"))); then
    echo "before $DOCKER_SAFE docker cp may run a container's program as root (CVE-2026-41567)"
  fi
}

# version_number 1.2.3-more: 1002003, so that versions can be compared; 0 where it is none.
version_number() {
  [[ $1 =~ ^([0-9]{1,6})\.([0-9]{1,3})(\.([0-9]{1,3}))? ]] || { echo 0; return; }
  echo $((10#${BASH_REMATCH[1]} * 1000000 + 10#${BASH_REMATCH[2]} * 1000 + 10#0${BASH_REMATCH[4]}))
}

docker_is_new_enough() { (($(version_number "$docker_version") >= $(version_number "$DOCKER_FLOOR"))); }

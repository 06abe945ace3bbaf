#!/usr/bin/env bash
# Builds one piece of the engine from its Go module.
#
#   engine/build.sh PIECE OUT_DIR      PIECE is cli, language, docker, command or compose
#   engine/build.sh --requirements     what the host needs beside Go, a line each
#
# Progress goes to stdout as `::progress DONE/TOTAL text`, everything else is for the log.
# GO names the go command to use (default: the one on the PATH).
set -euo pipefail

usage() {
  echo "usage: engine/build.sh cli|language|docker|command|compose OUT_DIR" >&2
  exit 2
}

# The pieces are pure Go: no compiler, no header, nothing but Go itself.
[[ ${1-} == --requirements ]] && exit 0
[[ $# -eq 2 ]] || usage

readonly piece=$1 out_dir=$2
readonly go=${GO:-go}
engine_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly engine_dir

pulumi_version=3.259.0
docker_plugin_version=5.2.0
ldflags="-s -w"
case $piece in
  cli)
    package=github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
    binary=pulumi
    ldflags+=" -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$pulumi_version"
    ;;
  language)
    package=github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs
    binary=pulumi-language-nodejs
    ;;
  docker)
    package=.
    binary=pulumi-resource-docker
    ldflags+=" -X main.version=$docker_plugin_version"
    ;;
  command)
    package=.
    binary=pulumi-resource-command
    ;;
  compose)
    package=github.com/docker/compose/v2/cmd
    binary=docker-compose
    ldflags+=" -X github.com/docker/compose/v2/internal.Version=v2.35.1"
    ;;
  *) usage ;;
esac

# One fixed environment, so that a user's own Go settings can neither change what is built nor write
# to our go.sum. Where modules come from (GOPROXY and the like) stays the user's business.
export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GO111MODULE=on
# grpcnotrace, as in the vendor's own build: with gRPC's tracing the linker can drop nothing.
flags=(-mod=readonly -trimpath -buildvcs=false -tags=grpcnotrace)

# `go build -v` names each package as it is compiled; what is cached already it leaves out.
report_progress() {
  local total=$1 done=0 line
  while IFS= read -r line; do
    # A package is a bare import path: no blank, and no colon as in file:line: message.
    if [[ $line =~ ^[^[:space:]:]+$ ]]; then
      done=$((done < total ? done + 1 : total))
      echo "::progress $done/$total compiling $line"
    elif [[ $line == 'go: downloading '* ]]; then
      echo "::progress $done/$total ${line#go: }"
    else
      echo "$line"
    fi
  done
}

mkdir -p "$out_dir"
out_file=$(cd "$out_dir" && pwd)/$binary
readonly out_file
cd "$engine_dir/$piece"

echo "::progress 0/1 downloading Go modules"
"$go" version
total=$("$go" list "${flags[@]}" -deps "$package" | wc -l)
"$go" build "${flags[@]}" -v -ldflags "$ldflags" -o "$out_file" "$package" 2>&1 | report_progress "$total"
echo "::progress $total/$total built $binary"

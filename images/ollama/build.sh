#!/usr/bin/env bash
# Builds Ollama's server from its Go module, for networks without a container registry.
#   build.sh OUT_DIR          OUT_DIR/bin/ollama, OUT_DIR/lib/ollama/*.so, OUT_DIR/image.json
#   build.sh --requirements   what the machine needs, one "kind:thing package:debian-package" a line
# Environment: GO (a Go toolchain of 1.24.1 or newer, when the one on PATH will not do), BASE_DIR (the result of images/base;
# when given, the result is run with the libraries of that image).
set -euo pipefail

readonly VERSION=0.17.4
readonly MODULE=github.com/ollama/ollama
readonly MIN_GO=1.24.1
readonly HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

requirements() {
  cat <<'END'
command:gcc package:gcc
command:g++ package:g++
command:make package:make
command:cmake package:cmake
file:/usr/include/nlohmann/json.hpp package:nlohmann-json3-dev
file:/usr/include/stb/stb_image.h package:libstb-dev
END
}

die() { echo "images/ollama: $*" >&2; exit 1; }
progress() { echo "::progress $1/$2 $3"; }

# Go's packages are worth one step each, but a package full of C++ takes as long as its files are many:
# counted this way a step takes about the same time everywhere. `go build -v` names a package when it
# starts it, so what a package is worth is added when the next one is named.
count_packages() {
  local done=$1 total=$2 pending=0 name
  declare -A weight=()
  while read -r name files; do weight[$name]=$files; done <"$scratch/weights"
  while IFS= read -r name; do
    if [[ -z ${weight[$name]:-} ]]; then echo "$name"; continue; fi
    done=$((done + pending))
    pending=${weight[$name]}
    progress "$done" "$total" "compiling ${name#"$MODULE"/}"
  done
}

go_version_ok() {
  local have
  have=$("$1" env GOVERSION 2>/dev/null) || return 1
  have=${have#go}
  [[ $(printf '%s\n' "$MIN_GO" "${have%%[!0-9.]*}" | sort -V | head -1) == "$MIN_GO" ]]
}

[[ ${1:-} == --requirements ]] && { requirements; exit 0; }
[[ $# == 1 && -d $1 ]] || die "usage: build.sh OUT_DIR | build.sh --requirements"
out=$(cd "$1" && pwd)
scratch=$out/.scratch
rm -rf "$scratch" "$out/bin" "$out/lib"
mkdir -p "$scratch" "$out/bin"
cd "$HERE"

go=${GO:-go}
go_version_ok "$go" || die "Go $MIN_GO or newer is needed to build Ollama; point GO at such a toolchain"
# The user's own Go settings must not reach into a pinned build.
export GOFLAGS=-mod=readonly GOWORK=off GOTOOLCHAIN=local CGO_ENABLED=1

progress 0 1 "fetching the sources of Ollama $VERSION"
"$go" mod download "$MODULE" github.com/gen2brain/malgo
source=$("$go" list -m -f '{{.Dir}}' "$MODULE")
malgo=$("$go" list -m -f '{{.Dir}}' github.com/gen2brain/malgo)
[[ $("$go" list -m -f '{{.Version}}' "$MODULE") == "v$VERSION" ]] || die "go.mod does not pin Ollama $VERSION"

# A module archive leaves out folders named vendor, and Ollama keeps the headers of three libraries in
# one. nlohmann and stb come from Debian packages and are found by themselves. miniaudio is handed over
# by CPATH, because Go's build cache does not look at it: a -I with this folder's name would make every
# build start anew. The macro stands in for it, so that another version is another cache entry.
mkdir "$scratch/include"
ln -s "$malgo" "$scratch/include/miniaudio"
export CPATH=$scratch/include${CPATH:+:$CPATH}
export CGO_CPPFLAGS="-DAISTACK_MINIAUDIO_OF=${malgo##*@}"
# Go's default without -g: debug information would double the time and be stripped at the end.
export CGO_CFLAGS=-O2 CGO_CXXFLAGS=-O2 CGO_FFLAGS=-O2 CGO_LDFLAGS=-O2

# The kernels for each instruction set; see cpu/CMakeLists.txt. On arm64 the vendor has one set only,
# which is the one in the binary.
variants=()
[[ $("$go" env GOARCH) != amd64 ]] || variants=(sse42 sandybridge haswell skylakex icelake alderlake)
readonly STEPS_PER_VARIANT=18

"$go" list -deps -f '{{$n := len .CXXFiles}}{{$c := len .CFiles}}{{.ImportPath}} {{if .CgoFiles}}{{$n}} {{$c}}{{else}}0 0{{end}}' "$MODULE" |
  awk '{ print $1, 1 + 10 * ($2 + $3) }' >"$scratch/weights"
packages=$(awk '{ sum += $2 } END { print sum }' "$scratch/weights")
kernels=$((10 * STEPS_PER_VARIANT * ${#variants[@]}))
total=$((packages + kernels + 10))

"$go" build -v -trimpath -buildmode=pie -o "$out/bin/ollama" \
  -ldflags "-s -w -X=$MODULE/version.Version=$VERSION -X=$MODULE/server.mode=release" \
  "$MODULE" 2>&1 | count_packages 0 "$total"

if ((${#variants[@]} > 0)); then
  progress "$packages" "$total" "configuring the CPU kernels"
  cmake -S "$HERE/cpu" -B "$scratch/cpu" -G "Unix Makefiles" -DOLLAMA_SRC="$source" >"$scratch/cmake.log" 2>&1 ||
    { cat "$scratch/cmake.log" >&2; die "CMake could not configure the CPU kernels"; }
  step=$packages
  make -C "$scratch/cpu" -j"$(nproc)" "${variants[@]/#/ggml-cpu-}" | while IFS= read -r line; do
    case $line in
      *Building*) step=$((step + 10)); ((step < total)) || step=$((total - 1))
        progress "$step" "$total" "compiling the CPU kernels: ${line##*/}" ;;
      *warning* | *rror*) echo "$line" ;;
    esac
  done
  mkdir -p "$out/lib/ollama"
  cp -a "$scratch"/cpu/lib/*.so* "$out/lib/ollama/"
fi

progress $((total - 5)) "$total" "trying the result"
export HOME=$scratch/home OLLAMA_HOST=127.0.0.1:1
mkdir "$HOME"
if [[ -n ${BASE_DIR:-} ]]; then
  # With the loader and libraries of the base image: a binary linked against a newer glibc fails here,
  # not on the day the container starts.
  mkdir "$scratch/root"
  tar -C "$scratch/root" -xf "$BASE_DIR/rootfs.tar" --wildcards --no-same-owner \
    './lib64' './usr/lib64/*' './lib' './usr/lib/*-linux-gnu*/ld-linux*' './usr/lib/*-linux-gnu*/lib*.so*' 2>/dev/null || true
  loader=$(find "$scratch/root/usr/lib" "$scratch/root/usr/lib64" -name 'ld-linux*.so*' 2>/dev/null | head -1)
  [[ -n $loader ]] || die "$BASE_DIR/rootfs.tar holds no dynamic loader"
  run=("$loader" --library-path "$(dirname "$(find "$scratch/root/usr/lib" -name libc.so.6 | head -1)")")
  for library in "$out"/lib/ollama/*.so; do
    [[ -e $library ]] || continue
    "${run[@]}" --list "$library" >"$scratch/list" 2>&1 && ! grep -q 'not found' "$scratch/list" ||
      { cat "$scratch/list" >&2; die "${library##*/} does not load with the libraries of the base image"; }
  done
else
  run=()
fi
"${run[@]}" "$out/bin/ollama" --version >"$scratch/version" 2>&1 ||
  { cat "$scratch/version" >&2; die "the new ollama does not run with the libraries of the base image"; }
grep -q "$VERSION" "$scratch/version" || { cat "$scratch/version" >&2; die "the new ollama is not $VERSION"; }

files='"/usr/bin/ollama": "bin/ollama"'
((${#variants[@]} == 0)) || files+=', "/usr/lib/ollama": "lib/ollama"'
# Environment, entry point and port are those of the vendor's image of this version.
cat >"$out/image.json" <<END
{
  "base": "base",
  "files": { $files },
  "env": {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "OLLAMA_HOST": "0.0.0.0:11434"
  },
  "entrypoint": ["/bin/ollama"],
  "cmd": ["serve"],
  "exposed": ["11434/tcp"],
  "labels": {
    "org.opencontainers.image.title": "ollama",
    "org.opencontainers.image.version": "$VERSION",
    "dev.aistack.acceleration": "cpu"
  }
}
END
rm -rf "$scratch"
progress "$total" "$total" "Ollama $VERSION is built"

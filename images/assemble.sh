#!/usr/bin/env bash
# Makes a Docker image of what a recipe built, without a builder and without pulling anything.
#   assemble.sh IMAGE_DIR BASE_TAG TAG   IMAGE_DIR holds image.json and the files it names
#   assemble.sh --requirements
# Environment: BASE_DIR (the result of images/base; needed while BASE_TAG does not exist), RECIPE_HASH
# (becomes the label dev.aistack.recipe; an image that already carries it is left alone),
# BASE_RECIPE_HASH (the same for the base image), DOCKER (the docker command, default "docker").
#
# image.json: "files" maps a path in the image to a file or folder in IMAGE_DIR; "env", "entrypoint",
# "cmd", "exposed" and "labels" are the image's configuration; "verify" are the arguments of the trial
# run at the end, ["--version"] unless told otherwise.
set -euo pipefail

readonly RECIPE_LABEL=dev.aistack.recipe

requirements() {
  cat <<'END'
command:docker package:docker.io
command:jq package:jq
command:tar package:tar
END
}

die() { echo "images/assemble: $*" >&2; exit 1; }
progress() { echo "::progress $1/5 $2"; }

[[ ${1:-} == --requirements ]] && { requirements; exit 0; }
[[ $# == 3 ]] || die "usage: assemble.sh IMAGE_DIR BASE_TAG TAG | assemble.sh --requirements"
dir=$1 base=$2 tag=$3
docker=${DOCKER:-docker}
json=$dir/image.json
[[ -r $json ]] || die "$json does not exist"
jq -e . "$json" >/dev/null || die "$json is no JSON"

label_of() { $docker image inspect --format "{{index .Config.Labels \"$RECIPE_LABEL\"}}" "$1" 2>/dev/null || true; }
exists() { $docker image inspect "$1" >/dev/null 2>&1; }

# The image must start without a network, as it has to on the day of an outage.
verify() {
  local arguments
  mapfile -t arguments < <(jq -r '.verify // ["--version"] | .[]' "$json")
  $docker run --rm --network none --name "$temporary-verify" "$1" "${arguments[@]}"
}

# One name per image to make: what a killed run left is found by name and swept. The caller sees to it
# that one tag is assembled once at a time.
temporary=aistack-assemble-$(tr -c 'a-zA-Z0-9\n' - <<<"$tag")
stage='' image=''
cleanup() {
  $docker rm --force "$temporary" "$temporary-verify" >/dev/null 2>&1 || true
  [[ -z $stage ]] || rm -rf "$stage"
  [[ -z $image ]] || $docker image rm "$image" >/dev/null 2>&1 || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
cleanup

if [[ -n ${RECIPE_HASH:-} && $(label_of "$tag") == "$RECIPE_HASH" ]] && verify "$tag"; then
  progress 5 "$tag is there already"
  exit 0
fi

progress 0 "importing the base image"
if ! exists "$base"; then
  [[ -r ${BASE_DIR:-}/rootfs.tar ]] || die "the image $base does not exist, and BASE_DIR names no base to import"
  $docker import --change "LABEL $RECIPE_LABEL=${BASE_RECIPE_HASH:-unknown}" --change 'CMD ["/bin/bash"]' \
    "$BASE_DIR/rootfs.tar" "$base" >/dev/null
fi

progress 1 "staging files"
# Hard links where the file system allows, so that gigabytes are not copied twice. The stage lies in
# the recipe's result for that reason, under a name that the next run sweeps.
rm -rf "$dir"/.assemble.*
stage=$(mktemp -d "$dir/.assemble.XXXXXX")
while IFS=$'\t' read -r target source; do
  [[ -e $dir/$source ]] || die "$json names $source, which does not exist"
  if [[ -d $dir/$source ]]; then
    mkdir -p -m 0755 "$stage$target"
    cp -al "$dir/$source/." "$stage$target/" 2>/dev/null || cp -a "$dir/$source/." "$stage$target/"
  else
    mkdir -p "$stage$(dirname "$target")"
    cp -al "$dir/$source" "$stage$target" 2>/dev/null || cp -a "$dir/$source" "$stage$target"
  fi
done < <(jq -r '.files | to_entries[] | [.key, .value] | @tsv' "$json")

progress 2 "copying files into the image"
# `docker import` keeps one flat layer, so the base is shared by all images that stand on it.
$docker create --name "$temporary" --network none "$base" /bin/true >/dev/null
# Owned by root whoever built them; folders that the base has already keep their own mode.
(cd "$stage" && find . -mindepth 1 -type d ! -perm 0755 -exec chmod 0755 {} +)
tar -C "$stage" --owner=0 --group=0 --numeric-owner --sort=name -cf - . | $docker cp - "$temporary:/"

progress 3 "writing the image"
# Dockerfile syntax, in which a dollar sign would be expanded.
changes=$(jq -r --arg hash "${RECIPE_HASH:-unknown}" --arg name "$RECIPE_LABEL" '
  def quoted: @json | gsub("\\$"; "\\$");
  ((.env // {}) | to_entries[] | "ENV \(.key)=\(.value | quoted)"),
  ((.labels // {}) + {($name): $hash} | to_entries[] | "LABEL \(.key)=\(.value | quoted)"),
  ((.exposed // [])[] | "EXPOSE \(.)"),
  "ENTRYPOINT \(.entrypoint // [] | @json)",
  "CMD \(.cmd // [] | @json)"' "$json")
arguments=()
while IFS= read -r change; do arguments+=(--change "$change"); done <<<"$changes"
image=$($docker commit "${arguments[@]}" "$temporary")

progress 4 "trying the image"
# The tag is given last: it never names an image that does not run.
verify "$image" ||
  die "the image made for $tag does not run; its entry point is $(jq -c '.entrypoint' "$json")"
$docker tag "$image" "$tag"
image=''
progress 5 "$tag is ready"

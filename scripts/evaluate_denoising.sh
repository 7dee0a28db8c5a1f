#!/usr/bin/env bash
# Colour PSNR of plain denoising at sigma 15, 25 and 50 of 255, a row a folder.
#
#   scripts/evaluate_denoising.sh [--prior NAME] [--bin FOLDER] [--count N] FOLDER...
#
# The protocol of the literature: Gaussian noise of a fixed seed added in floating point and not
# clipped, the estimate clipped to [0,1], the mean over the (first N) whole pictures of a folder.
set -euo pipefail

usage() { sed -n '2,4s/^# \{0,1\}//p' "$0"; }
here=$(cd "$(dirname "$0")/.." && pwd)
bin=$here/build/release/bin
prior=natural
count=1000000
folders=()
while (($#)); do
  case $1 in
    --prior) prior=$2; shift 2 ;;
    --bin) bin=$2; shift 2 ;;
    --count) count=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "evaluate_denoising.sh: unknown option $1" >&2; exit 2 ;;
    *) folders+=("$1"); shift ;;
  esac
done
((${#folders[@]})) || { usage >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure FOLDER LEVEL: the mean PSNR
measure() {
  local noisy=$work/noisy clean=$work/clean restored=$work/restored picture stem
  rm -rf "$noisy" "$clean" "$restored"
  mkdir "$noisy" "$clean"
  while IFS= read -r picture; do
    stem=$(basename "${picture%.*}")
    ln -s "$(realpath "$picture")" "$clean/$(basename "$picture")"
    "$bin/restore-degrade" "$picture" --operator identity --noise "$2/255" \
      -o "$noisy/$stem.tif" --progress none -q >/dev/null
  done < <(find -L "$1" -maxdepth 1 -type f | sort | head -n "$count")
  rm -f "$noisy"/*.json  # the jobs: not pictures
  "$bin/restore-pnp" "$noisy" --operator identity --solver denoise --noise "$2/255" \
    --prior "$prior" -o "$restored" --progress none -q >/dev/null
  "$bin/restore-compare" --json "$clean" "$restored" | tail -n 1 |
    grep -o '"psnr": *[0-9.]*' | head -n 1 | grep -o '[0-9.]*$'
}

printf '%-24s %8s %8s %8s   (prior %s)\n' set 15 25 50 "$prior"
for folder in "${folders[@]}"; do
  printf '%-24s' "$(basename "$folder")"
  for level in 15 25 50; do
    psnr=$(measure "$folder" "$level")  # by itself: in printf's arguments a failure would not end this
    printf ' %8.2f' "$psnr"
  done
  printf '\n'
done

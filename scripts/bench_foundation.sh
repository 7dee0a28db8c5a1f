#!/usr/bin/env bash
# Restoration quality and time against other programs, as one table a test set.
#
#   scripts/bench_foundation.sh TEST_SETS [PRIOR...]       (default prior: tv)
#
# TEST_SETS holds Set5/ and CBSD68/ (the first ten pictures are taken), 8-bit RGB PNG or BMP.
# PSNR over RGB of the whole picture, estimates clipped to [0,1] but not rounded; noise is added in
# float, seed 0, not clipped. Tasks:
#   inpaint   half of the pixels missing, at random
#   deblur    Gaussian blur of 1.6 px, circular boundary, noise 2.55/255
#   upscale   x2, bicubic with antialiasing
# Seconds are a picture's share of a run over the set, start of the program included, the reading and
# writing of peers that are Python modules excepted; ratios are to ours with the first prior.
# TOOLS names the folder of the tools, THREADS how many threads they may use. Peers: bench_peers.py.
set -euo pipefail
export LC_ALL=C
scripts=$(cd "$(dirname "$0")" && pwd)
PATH="${TOOLS:-$scripts/../build/quickstart/bin}:$PATH"
threads=${THREADS:-$(nproc)}
sets=${1:?usage: scripts/bench_foundation.sh TEST_SETS [PRIOR...]}
shift
priors=("${@:-tv}")
python=/usr/bin/python3  # the interpreter that Debian's packages serve
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quietly() { "$@" -q -j "$threads"; }

# One float TIFF a picture, sides even so that half the size is a whole number.
references() {
  local picture width height
  mkdir -p "$work/reference"
  for picture in "$@"; do
    read -r width height < <(oiiotool --info "$picture" | sed -E 's/.*: +([0-9]+) x +([0-9]+),.*/\1 \2/')
    oiiotool -q "$picture" --ch R,G,B --cut "$((width / 2 * 2))x$((height / 2 * 2))+0+0" \
      --eraseattrib '.*' -d float -o "$work/reference/$(basename "${picture%.*}").tif"
  done
}

now() { echo "$EPOCHREALTIME"; }
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.4f", b - a }'; }
psnr() {
  restore-compare "$work/reference" "$1" --json | sed -n '$s/.*"psnr":\([0-9.]*\).*/\1/p'
}
# line NAME FOLDER [SECONDS A PICTURE]
line() { printf '%s %s %s\n' "$1" "$(psnr "$2")" "${3:--}" >>"$work/$task.txt"; }

# ours PRIOR COMMAND...: the command restores $task/degraded to the folder `-o` that is added here
ours() {
  local prior=$1 start
  shift
  start=$(now)
  quietly "$@" --prior "$prior" -o "$work/$task/ours-$prior"
  line "ours-$prior" "$work/$task/ours-$prior" \
    "$(awk -v s="$(since "$start")" -v n="$count" 'BEGIN { print s / n }')"
}

# peers EXTRA: EXTRA is a word, or a folder with a PNG a picture
peers() {
  local picture extra name
  "$python" -c 'import cv2, skimage' 2>/dev/null || return 0
  for picture in "$work/$task"/degraded/*.tif; do
    name=$(basename "$picture" .tif)
    extra=$1
    [[ -d $1 ]] && extra=$1/$name.png
    mkdir -p "$work/$task/out"
    "$python" "$scripts/bench_peers.py" "$task" "$picture" "$extra" "$work/$task/out" \
      >>"$work/$task/times.txt"
    for result in "$work/$task"/out/*.tif; do
      mkdir -p "$work/$task/$(basename "$result" .tif)"
      mv "$result" "$work/$task/$(basename "$result" .tif)/$name.tif"
    done
  done
  while read -r name seconds; do
    line "$name" "$work/$task/$name" "$seconds"
  done < <(awk '!($1 in s) { order[++k] = $1 } { s[$1] += $2; n[$1]++ }
                END { for (i = 1; i <= k; i++) print order[i], s[order[i]] / n[order[i]] }' \
    "$work/$task/times.txt")
}

degrade() { quietly restore-degrade "$work/reference" -o "$work/$task/degraded" "$@"; }

table() {
  awk -v title="$1" 'NR == FNR { if ($1 ~ /^ours/ && !unit) unit = $3; next }
    FNR == 1 { printf "%-28s %8s %9s %7s\n", title, "PSNR", "seconds", "ratio" }
    { printf "  %-26s %8.2f", $1, $2
      if ($3 == "-") printf "\n"; else printf " %9.3f %7.2f\n", $3, $3 / unit }' \
    "$work/$task.txt" "$work/$task.txt"
}

inpaint() {
  local prior picture
  degrade --operator 'mask(random:0.5)'
  mkdir -p "$work/$task/masks" "$work/$task/white"
  # The mask as a picture: what is black after masking a white one.
  for picture in "$work/reference"/*.tif; do
    oiiotool -q "$picture" --mulc 0 --addc 1 --ch R -o "$work/$task/white/$(basename "$picture")"
  done
  quietly restore-degrade "$work/$task/white" --operator 'mask(random:0.5)' -o "$work/$task/known"
  for picture in "$work/$task/known"/*.tif; do
    oiiotool -q "$picture" --mulc -1 --addc 1 -d uint8 \
      -o "$work/$task/masks/$(basename "$picture" .tif).png"
  done
  line degraded "$work/$task/degraded"
  peers "$work/$task/masks"
  for prior in "${priors[@]}"; do
    ours "$prior" restore-inpaint "$work/$task/degraded" --mask "$work/$task/masks"
  done
  table "$1: half missing"
}

deblur() {
  local prior
  degrade --operator 'blur(gaussian:1.6, boundary=circular)' --noise 2.55/255
  line degraded "$work/$task/degraded"
  peers 1.6
  for prior in "${priors[@]}"; do
    ours "$prior" restore-deblur "$work/$task/degraded" --psf gaussian:1.6 --boundary circular \
      --noise 2.55/255
  done
  table "$1: blur 1.6 px, noise"
}

upscale() {
  local prior
  degrade --operator 'downsample(2)'
  peers 2
  for prior in "${priors[@]}"; do
    ours "$prior" restore-upscale "$work/$task/degraded" -s 2
  done
  table "$1: x2 bicubic"
}

for set in Set5 CBSD68; do
  mapfile -t pictures < <(find "$sets/$set" -name '*.png' -o -name '*.bmp' | sort | head -n 10)
  count=${#pictures[@]}
  ((count)) || { echo "bench_foundation.sh: no pictures in $sets/$set" >&2; exit 3; }
  rm -rf "${work:?}"/*
  references "${pictures[@]}"
  for task in inpaint deblur upscale; do "$task" "$set ($count)"; done
done

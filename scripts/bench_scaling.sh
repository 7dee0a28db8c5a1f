#!/usr/bin/env bash
# What docs/scaling.md states: memory and time a megapixel from 1 to 100 megapixels, what a second core is
# worth on 40 files, and a mosaic that does not fit in memory. Results of the restorations are compared.
#   scripts/bench_scaling.sh sizes|cores|mosaic|files [ARGUMENTS]      BUILD=build/release
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${BUILD:-build/release}/bin")
export RESTORE_PRIOR_PATH=$PWD/data/priors OMP_WAIT_POLICY=passive
repository=$PWD
work=$(mktemp -d -p "${TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
cp "$bin"/restore-{pnp,deblur,degrade,compare} "$work"
cd "$work"
quiet=(-q --progress none --overwrite)

# Four noisy squares of SIDE pixels out of the samples.
squares() {
  local n=0 name
  for name in otter tulips clownfish colosseum; do
    oiiotool "$repository/data/samples/$name.jpg" --fit "$1x$1:fillmode=width" --cut "$1x$1+0+0" \
      -d uint8 -o "clean$n.ppm"
    ./restore-degrade "clean$n.ppm" --operator identity --noise 10/255 --seed $n -o "noisy$n.ppm" \
      "${quiet[@]}"
    n=$((n + 1))
  done
}

# Seconds, kilobytes, and the processors' seconds of a call.
measured() { /usr/bin/time -f '%e %M %U %S' "$@" 2>&1 >/dev/null | tail -1; }

# sizes [PRIOR [MEMORY [MEGAPIXELS...]]]
sizes() {
  local prior=${1:-wavelet} memory=${2:-3G} megapixels seconds kilobytes user system side
  shift $(($# < 2 ? $# : 2))
  (($#)) || set -- 1 4 16 50 100
  squares 512
  echo "prior $prior, --max-memory $memory: megapixels, s a megapixel, of the processors too, peak MB"
  for megapixels; do
    side=$(awk "BEGIN { print int(sqrt($megapixels) * 1000) }")
    "$repository/scripts/make_mosaic.py" "$side" "$side" in.tif noisy?.ppm
    read -r seconds kilobytes user system < <(measured ./restore-pnp in.tif --operator identity --solver denoise \
      --noise 10/255 --prior "$prior" --max-memory "$memory" -o out.tif "${quiet[@]}")
    awk "BEGIN { n = $megapixels
      printf \"%4d  %6.2f  %6.2f  %5d\n\", n, $seconds / n, ($user + $system) / n, $kilobytes / 1024 }"
  done
}

# cores [FILES [PRIOR [REPETITIONS [SIDE]]]]: -j 1 against -j 2, interleaved.
cores() {
  local files=${1:-40} prior=${2:-natural} repetitions=${3:-3} i one two
  squares "${4:-256}"
  mkdir in
  for ((i = 0; i < files; i++)); do cp "noisy$((i % 4)).ppm" "in/$i.ppm"; done
  for ((i = 0; i < repetitions; i++)); do
    one=$(measured ./restore-deblur in -o out1 --psf gaussian:1.6 --prior "$prior" --noise 10/255 -j 1 "${quiet[@]}")
    two=$(measured ./restore-deblur in -o out2 --psf gaussian:1.6 --prior "$prior" --noise 10/255 -j 2 "${quiet[@]}")
    awk "BEGIN { printf \"$files files: %.1f s, %.1f s, %.2f times\n\", ${one%% *}, ${two%% *}, ${one%% *} / ${two%% *} }"
  done
  diff -r -x .restore-log.jsonl out1 out2
}

# files [FILES]: whether memory grows with the number of files.
files() {
  local count=${1:-1000} n i
  squares 64
  for n in 50 "$count"; do
    mkdir "in$n"
    for ((i = 0; i < n; i++)); do cp "noisy$((i % 4)).ppm" "in$n/$i.ppm"; done
    echo "$n files: $(measured ./restore-deblur "in$n" -o "out$n" --psf gaussian:1.6 --prior tv "${quiet[@]}") (s, KB, s of the processors)"
  done
}

# mosaic [SIDE [MEMORY [PRIOR [STEPS]]]]: a square of SIDE pixels, deblurred in STEPS, with 0 denoised; cuts in
# the middle of which four parts meet, against the same cuts restored whole.
mosaic() {
  local side=${1:-31623} memory=${2:-4G} prior=${3:-wavelet} steps=${4:-2} usage parts across n corner left top
  squares 512
  "$repository/scripts/make_mosaic.py" "$side" "$side" in.tif noisy?.ppm
  local call=(./restore-deblur --psf gaussian:0.7 --steps "$steps")
  ((steps)) || call=(./restore-pnp --operator identity --solver denoise)
  call+=(--noise 10/255 --prior "$prior" --progress none --overwrite)
  usage=$(/usr/bin/time -f '%e %M %U %S' "${call[@]}" --json in.tif -o out.tif --max-memory "$memory" 2>&1 >json | tail -1)
  parts=$(grep -oP '"parts":\K\d+' json || echo 1)
  awk -v parts="$parts" -v pixels=$((side * side)) '{ printf "%.0f megapixels in %d parts: %.0f s, of the processors %.0f, %d MB\n",
    pixels / 1e6, parts, $1, $3 + $4, $2 / 1024 }' <<<"$usage"
  across=$(awk "BEGIN { print int(sqrt($parts) + 0.5) }")
  for n in 1 $((across / 2)) $((across - 1)); do
    corner=$((side * n / across))
    left=$((corner - 1500)) top=$((corner - 350))
    oiiotool in.tif --cut "3000x700+$left+$top" -d uint8 -o cut.tif
    "${call[@]}" -q cut.tif -o whole.tif
    oiiotool out.tif --cut "2400x300+$((left + 300))+$((top + 200))" -d uint8 -o parts-inside.tif
    oiiotool whole.tif --cut 2400x300+300+200 -d uint8 -o whole-inside.tif
    echo "at $corner, $corner: $(idiff -a -fail 0 parts-inside.tif whole-inside.tif | grep -E 'Mean|Max|PASS' | tr '\n' ' ')"
  done
}

what=${1:-}
shift || true
case $what in
sizes | cores | mosaic | files) "$what" "$@" ;;
*)
  sed -n '2,5s/^# //p' "$repository/scripts/bench_scaling.sh" >&2
  exit 2
  ;;
esac

#!/usr/bin/env bash
# evaluate_noise.sh FOLDER BUILD: how well `--noise auto(...)` finds noise that was added to the pictures
# of a folder (docs/noise.md). White noise at 5, 15, 25, 50 /255 in float; a camera's gain and read noise.
# Prints, for each estimator, the estimate over the truth: mean over the pictures, standard deviation,
# least and most.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
folder=$1
bin=$2/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# estimates NOISE ESTIMATOR -> one JSON object a picture; one step of the cheapest prior, for its record.
estimates() {
  rm -rf "$work/y" "$work/x"
  "$bin/restore-degrade" "$work/clean" --operator identity --noise "$1" -q -o "$work/y/"
  "$bin/restore-pnp" "$work/y" --operator identity --noise "auto($2)" --prior wavelet --solver hqs \
    --steps 1 --json --progress none -o "$work/x/"
}

mkdir "$work/clean"
for picture in "$folder"/*.png; do
  oiiotool "$picture" -d float -o "$work/clean/$(basename "$picture" .png).tif"
done

ratios='
import json, statistics as s, sys
truth = [float(t) for t in sys.argv[2:]]
found = []
for line in sys.stdin:
    record = json.loads(line)
    noise = record.get("noise", "poisson-gaussian(0, %r)" % record["sigma"])
    gain, read = (float(p) for p in noise[len("poisson-gaussian("):-1].split(","))
    sigma = record["sigma"]
    found.append([sigma, gain, read] if len(truth) == 3 else [sigma])
for name, values, t in zip(["sigma at mid-grey", "gain", "read"], zip(*found), truth):
    r = [v / t for v in values]
    print("| %s | %s | %.3f | %.3f | %.3f | %.3f |" % (
        sys.argv[1], name, s.mean(r), s.stdev(r), min(r), max(r)))
'
echo "| noise, estimator | of | mean | std | least | most |"
echo "| --- | --- | --- | --- | --- | --- |"
for level in 5 15 25 50; do
  for estimator in patches mad; do
    estimates "$level/255" "$estimator" |
      python3 -c "$ratios" "$level/255, $estimator" "$(python3 -c "print($level / 255)")"
  done
done
for pair in "0.01 0.02" "0.002 0.02" "0.002 0.005"; do
  read -r gain read <<<"$pair"
  estimates "poisson-gaussian($gain, $read)" poisson-gaussian |
    python3 -c "$ratios" "gain $gain, read $read" \
      "$(python3 -c "print(($gain / 2 + $read ** 2) ** 0.5)")" "$gain" "$read"
done

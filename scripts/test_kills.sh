#!/usr/bin/env bash
# Kills (-9) a batch of 200 pictures at 50 random moments, runs it again after each, and compares what
# is there in the end with an undisturbed run, byte for byte.
#   scripts/test_kills.sh [PICTURES [KILLS]]     BUILD=build/release
set -euo pipefail
cd "$(dirname "$0")/.."
pictures=${1:-200} kills=${2:-50}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$work/bin  # copies, for a build may replace the originals meanwhile
mkdir "$tools"
cp "${BUILD:-build/release}"/bin/restore-{batch,degrade} "$tools"

# The same small picture under many names: the noise is another in each.
"$tools/restore-degrade" data/samples/tulips.jpg --operator 'downsample(4)' \
  -o "$work/small.png" --progress none -q
mkdir "$work/in"
for ((i = 0; i < pictures; i++)); do cp "$work/small.png" "$work/in/$i.png"; done
cd "$work"
call=(restore-degrade in --operator 'blur(gaussian:1.6)' --noise 0.05)
run=("$tools/restore-batch" run -m plan.jsonl --progress none -q)

start=$(date +%s%N)
"$tools/${call[0]}" "${call[@]:1}" -o whole --progress none -q
whole_ms=$((($(date +%s%N) - start) / 1000000))
"$tools/restore-batch" plan -m plan.jsonl "${call[@]}" -o killed

files() { find killed -type f ! -name '.*' 2>/dev/null | wc -l; }
RANDOM=1
hits=0
for ((i = 0; i < kills; i++)); do
  # A little further each time (a picture and its job are two files), then anywhere within a picture.
  target=$((2 * pictures * i / kills + 1))
  "${run[@]}" &
  batch=$!
  until (($(files) >= target)) || ! kill -0 $batch; do sleep 0.01; done
  sleep "0.0$((RANDOM % 100))"
  kill -KILL $batch && hits=$((hits + 1))
  wait $batch || true
done 2>/dev/null  # bash tells of every kill
"$tools/restore-batch" status -m plan.jsonl || true
"${run[@]}"
"$tools/restore-batch" status -m plan.jsonl
diff -r --exclude=.restore-log.jsonl whole killed
left=$(find killed -name '.*' -type f ! -name .restore-log.jsonl | wc -l)
echo "$pictures pictures, killed $hits times, $left temporary files left, the same as undisturbed ($whole_ms ms)"
((left == 0))

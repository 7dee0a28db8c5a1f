#!/usr/bin/env bash
# Runs the fuzz targets under libFuzzer, address and undefined-behaviour sanitizers, one after the other,
# MINUTES each, from tests/fuzz/corpus on, and prints a table. Exit code 1 when something was found.
#   scripts/fuzz.sh [MINUTES [TARGET...]]     OUT=build/fuzz/found
# Inputs that reached something new are kept in OUT/corpus/TARGET, where the next run goes on, findings in
# OUT/TARGET-*, what libFuzzer said in OUT/TARGET.log. Needs Debian's libclang-rt-14-dev.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-10}
shift $(($# ? 1 : 0))
(($#)) || set -- expression manifest mask picture safetensors pickle zip checkpoint
out=${OUT:-build/fuzz/found}

[[ -f build/fuzz/build.ninja ]] || cmake --preset fuzz
cmake --build --preset fuzz
# An allocation that the sanitizer refuses is one that fails, as it would without.
export TMPDIR=/dev/shm  # some readers take files
export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 OMP_NUM_THREADS=1

field() { grep -oE "$1: [0-9]+" | grep -oE '[0-9]+' | "$2" -1; }

found=0
printf '%-12s %10s %18s %18s %9s\n' target runs features inputs findings
for target; do
  mkdir -p "$out/corpus/$target"
  log=$out/$target.log
  before=$(find "$out" -maxdepth 1 -name "$target-*" | wc -l)
  build/fuzz/bin/fuzz_"$target" -max_total_time="$(awk "BEGIN { print $minutes * 60 }")" -max_len=4096 \
    -timeout=100 -report_slow_units=100 -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$out/$target-" "$out/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1 || true
  findings=$(($(find "$out" -maxdepth 1 -name "$target-*" | wc -l) - before))
  # libFuzzer ends at the first finding; an end without one and without its last line is one too.
  grep -q 'stat::number_of_executed_units' "$log" || findings=$((findings + 1))
  found=$((found + findings))
  printf '%-12s %10s %18s %18s %9d\n' "$target" \
    "$(sed -n 's/stat::number_of_executed_units: *//p' "$log")" \
    "$(grep -m1 INITED "$log" | field ft head) -> $(grep -E '^#' "$log" | field ft tail)" \
    "$(grep -m1 INITED "$log" | field corp head) -> $(grep -E '^#' "$log" | field corp tail)" "$findings"
done
((found == 0))

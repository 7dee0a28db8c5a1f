#!/usr/bin/env bash
# Start-up time of a tool against a program that links libtorch and does nothing.
#   scripts/bench_startup.sh [TOOL_FOLDER] [RUNS]
# Runs alternate, so that both see the same machine; medians and fastest runs in seconds.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
tool=${1:-build/quickstart/bin}/restore-inpaint
runs=${2:-21}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main() {}' >"$work/peer.cpp"
g++ -O2 "$work/peer.cpp" -o "$work/peer" -Wl,--no-as-needed -ltorch -ltorch_cpu -lc10

# seconds COMMAND...: wall time of one run
seconds() {
  local start=$EPOCHREALTIME
  "$@" >/dev/null
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.4f\n", b - a }'
}
for ((run = 0; run < runs; run++)); do
  seconds "$work/peer" >>"$work/peer.txt"
  seconds "$tool" --version >>"$work/tool.txt"
done
median() { sort -n "$1" | sed -n "$((runs / 2 + 1))p"; }
fastest() { sort -n "$1" | head -n 1; }
awk -v pm="$(median "$work/peer.txt")" -v pf="$(fastest "$work/peer.txt")" \
    -v tm="$(median "$work/tool.txt")" -v tf="$(fastest "$work/tool.txt")" 'BEGIN {
  printf "%-28s %8s %8s\n", "", "median", "fastest"
  printf "%-28s %8.3f %8.3f\n", "links libtorch only", pm, pf
  printf "%-28s %8.3f %8.3f\n", "restore-inpaint --version", tm, tf
  printf "%-28s %+8.3f %+8.3f\n", "difference", tm - pm, tf - pf
}'

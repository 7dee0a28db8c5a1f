#!/usr/bin/env bash
# Sets up, builds (preset ci) and runs every test. Arguments go to ctest: scripts/test.sh -R mask
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
[[ -f build/ci/build.ninja ]] || cmake --preset ci
cmake --build --preset ci
ctest --preset ci --parallel "$(nproc)" "$@"

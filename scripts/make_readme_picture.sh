#!/usr/bin/env bash
# Makes docs/images/before-after.jpg, the picture in README.md, from what scripts/quickstart.sh left.
#   scripts/make_readme_picture.sh [PICTURES]
set -euo pipefail
cd "$(dirname "$0")/.."
pictures=${1:-build/quickstart/pictures}

# part NAME LEFT TOP: 320 x 240 px of it, before and after
part() {
  local before=$pictures/$1-before.png
  [[ $1 == colosseum ]] && before=$pictures/colosseum-enlarged.png
  befores+=("$before" --cut "320x240+$2+$3")
  afters+=("$pictures/$1-after.png" --cut "320x240+$2+$3")
}
part clownfish 115 0
part colosseum 40 60
part otter 0 70
part tulips 140 60

mkdir -p docs/images
oiiotool -q "${befores[@]}" "${afters[@]}" --mosaic:pad=4 4x2 --eraseattrib '.*' --nosoftwareattrib \
  --attrib jpeg:subsampling 4:4:4 --quality 90 -o docs/images/before-after.jpg

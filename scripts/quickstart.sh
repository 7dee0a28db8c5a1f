#!/usr/bin/env bash
# From a clone to restored photographs: installs what is missing, builds the tools, degrades the
# photographs of data/samples and restores each with one of the four tools.
set -euo pipefail
export LC_NUMERIC=C
cd "$(dirname "$0")/.."
build=build/quickstart
out=$build/pictures
samples=data/samples

scripts/setup.sh
[[ -f $build/build.ninja ]] || cmake --preset release -B "$build" -DBUILD_TESTING=OFF
cmake --build "$build"
PATH="$PWD/$build/bin:$PATH"

rm -rf "$out"
mkdir -p "$out"

# step COMMAND...: prints the command as one would type it, then runs it.
step() {
  local word
  printf '\n$'
  for word; do
    if [[ $word =~ [^[:alnum:]./:=_-] ]]; then printf " '%s'" "$word"; else printf ' %s' "$word"; fi
  done
  printf '\n'
  "$@"
}

# measure NAME OPERATOR [NOISE]: NAME.jpg of the samples -> NAME-before.png
measure() {
  step restore-degrade "$samples/$1.jpg" --operator "$2" --noise "${3:-0}" -o "$out/$1-before.png"
}

measure clownfish "mask($samples/scratches.png)"
step restore-inpaint "$out/clownfish-before.png" --mask "$samples/scratches.png" \
  -o "$out/clownfish-after.png"

measure colosseum 'downsample(2)'
step restore-upscale "$out/colosseum-before.png" -s 2 -o "$out/colosseum-after.png"

measure otter 'blur(motion:11,25, boundary=reflect)' 1/255
step restore-deblur "$out/otter-before.png" --psf motion:11,25 --noise 1/255 \
  -o "$out/otter-after.png"

measure tulips "blur(gaussian:1.2, boundary=reflect) | mask($samples/half-missing.png)" 2/255
step restore-pnp "$out/tulips-before.png" --job "$out/tulips-before.json" --steps 4 \
  -o "$out/tulips-after.png"

# Before and after at one size: the small picture enlarged plainly.
oiiotool "$out/colosseum-before.png" --resize:filter=cubic 480x360 -o "$out/colosseum-enlarged.png"
for name in clownfish colosseum otter tulips; do
  before=$out/$name-before.png
  [[ $name == colosseum ]] && before=$out/colosseum-enlarged.png
  pictures+=("$before" "$out/$name-after.png")
done

psnr() {
  restore-compare "$samples/$1.jpg" "$2" --json | sed -n 's/.*"psnr":\([0-9.]*\).*/\1/p'
}
printf '\n%-10s %-24s %12s %12s\n' picture 'what happened to it' 'PSNR before' 'PSNR after'
row() { printf '%-10s %-24s %9.2f dB %9.2f dB\n' "$1" "$2" "$(psnr "$1" "$3")" "$(psnr "$1" "$4")"; }
row clownfish scratches "${pictures[0]}" "${pictures[1]}"
row colosseum 'half the size (bicubic)' "${pictures[2]}" "${pictures[3]}"
row otter 'shaken camera, noise' "${pictures[4]}" "${pictures[5]}"
row tulips 'blur, half missing, noise' "${pictures[6]}" "${pictures[7]}"

oiiotool "${pictures[@]}" --mosaic:pad=4 2x4 -o "$out/overview.png"
printf '\nThe pictures are in %s; overview.png has them all, before on the left.\n' "$out"
printf 'To use the tools in this shell: export PATH=%s/bin:$PATH\n' "$PWD/$build"

#!/usr/bin/env python3
"""Square holes in textures and facades, filled by restore-inpaint --prior self and by others.

  scripts/compare_inpainting.py KODAK_DIR CBSD68_DIR --bin build/release/bin --out OUT

The 12 pictures are those whose hole is best found elsewhere in the same picture. In detail: the hole has
128 x 128 pixels, 96 x 96 where the shorter side is under 400. Candidates lie on a grid of 32 pixels, 32 or
more from the border. Of grey less its Gaussian mean of 8 pixels, the candidate's greatest normalised
correlation with a square that does not overlap it is its score; a candidate counts where the standard
deviation of that signal is 10/255 or more. A picture has the score of its best candidate, and the 12
highest are taken. No result enters the choice.

Peers: OpenCV Telea and Navier-Stokes, radius 5; G'MIC inpaint_matchpatch with its defaults. PSNR and SSIM
are means over the hole's pixels (SSIM of the whole picture, 7 x 7 windows, per channel). Needs
python3-opencv, python3-skimage and gmic. Writes table.md, sheet.png and the pictures to OUT.
"""
import argparse
import pathlib
import subprocess
import time

import cv2
import numpy as np
from skimage.metrics import structural_similarity

METHODS = ("self", "telea", "navier-stokes", "matchpatch")


def candidates(picture):
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 8)
    height, width = grey.shape
    side = 128 if min(height, width) >= 400 else 96
    for top in range(32, height - side - 31, 32):
        for left in range(32, width - side - 31, 32):
            box = detail[top : top + side, left : left + side]
            if box.std() < 10:
                continue
            scores = cv2.matchTemplate(detail, box, cv2.TM_CCOEFF_NORMED)
            scores[max(0, top - side + 1) : top + side, max(0, left - side + 1) : left + side] = -1
            yield float(scores.max()), top, left, side


def choose(folders, skip):
    found = []
    for file in sorted(f for folder in folders for f in folder.glob("*.png")):
        best = max(candidates(cv2.imread(str(file))), default=None)
        if best:
            found.append((*best, file))
    return sorted(found, key=lambda row: (-row[0], row[4].name))[skip : skip + 12]


def fill(method, damaged, mask, target, options):
    if method == "telea":
        cv2.imwrite(str(target), cv2.inpaint(cv2.imread(str(damaged)), cv2.imread(str(mask), 0), 5, cv2.INPAINT_TELEA))
    elif method == "navier-stokes":
        cv2.imwrite(str(target), cv2.inpaint(cv2.imread(str(damaged)), cv2.imread(str(mask), 0), 5, cv2.INPAINT_NS))
    elif method == "matchpatch":
        subprocess.run(["gmic", "-v", "-1", str(damaged), str(mask), "inpaint_matchpatch[0]", "[1]",
                        "keep[0]", "c", "0,255", "output", str(target)], check=True)
    else:
        subprocess.run([options.bin / "restore-inpaint", damaged, "--mask", mask, "-o", target,
                        "--prior", "self", "--overwrite", "-q",
                        *(word for param in options.param for word in ("--param", param))], check=True)


def measure(truth, result, hole):
    box = np.ix_(range(*hole[0]), range(*hole[1]))
    error = (truth[box].astype(float) - result[box].astype(float)) ** 2
    _, ssim = structural_similarity(truth, result, channel_axis=2, full=True)
    return 10 * np.log10(255**2 / error.mean()), ssim[box].mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--skip", type=int, default=0, help="pictures left out first: 12 for the set to tune on")
    parser.add_argument("--param", action="append", default=[], help="for restore-inpaint")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    lines = ["| picture | hole | " + " | ".join(METHODS) + " |", "| --- " * (2 + len(METHODS)) + "|"]
    sheet, won, sums = [], 0, []
    seconds = dict.fromkeys(METHODS, 0.0)
    for score, top, left, side, file in choose(options.folders, options.skip):
        truth = cv2.imread(str(file))
        hole = ((top, top + side), (left, left + side))
        damaged, mask = truth.copy(), np.zeros(truth.shape[:2], np.uint8)
        damaged[top : top + side, left : left + side] = 0
        mask[top : top + side, left : left + side] = 255
        stem = f"{file.parent.name}-{file.stem}"
        names = {kind: options.out / f"{stem}-{kind}.png" for kind in ("damaged", "mask", *METHODS)}
        cv2.imwrite(str(names["damaged"]), damaged)
        cv2.imwrite(str(names["mask"]), mask)
        figures, tiles = [], [truth, damaged]
        for method in METHODS:
            start = time.monotonic()
            fill(method, names["damaged"], names["mask"], names[method], options)
            seconds[method] += time.monotonic() - start
            tiles.append(cv2.imread(str(names[method])))
            figures.append(measure(truth, tiles[-1], hole))
        won += all(figures[0][1] > other[1] for other in figures[1:])
        sums.append(figures)
        lines.append(f"| {stem} | {left},{top} {side} | " + " | ".join(f"{p:.2f} / {s:.3f}" for p, s in figures) + " |")
        print(lines[-1], flush=True)
        sheet.append(np.hstack([cv2.resize(t, (320, 320 * t.shape[0] // t.shape[1])) for t in tiles]))
    means = np.mean(sums, axis=0)
    lines.append("| mean | | " + " | ".join(f"{p:.2f} / {s:.3f}" for p, s in means) + " |")
    lines.append("| seconds a picture | | " + " | ".join(f"{seconds[m] / len(sums):.1f}" for m in METHODS) + " |")
    lines.append(f"\nBest SSIM of all: self on {won} of {len(sums)}.")
    (options.out / "table.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines[-4:]))
    cv2.imwrite(str(options.out / "sheet.png"), np.vstack(sheet))


if __name__ == "__main__":
    main()

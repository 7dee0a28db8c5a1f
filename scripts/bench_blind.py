#!/usr/bin/env python3
"""Deblurring with an unknown kernel: Levin's eight kernels, noise 0.01, frames that cut the scene.

  scripts/bench_blind.py TEST_DIR --out OUT [--bin build/release/bin] [--pictures Set3C/starfish.png,...]
      [--prior natural:bfloat16] [--size 31]

A row a picture and kernel: the largest normalised correlation of the kernel found with the true one, the PSNR of the
blurred picture and of the deblurred ones with the kernel found and with the true one, and Levin's error ratio, the
squared error of the former over that of the latter (under 3 counts as success; Levin, Weiss, Durand, Freeman 2009,
https://doi.org/10.1109/CVPR.2009.5206815). Estimates are compared at the best shift by whole pixels, 12 rows and
columns off the frame. Needs python3-opencv, that is Debian's python3.
"""
import argparse
import os
import pathlib
import subprocess

import cv2
import numpy as np

MARGIN = 12  # px


def read(file):
    return cv2.imread(str(file), cv2.IMREAD_UNCHANGED).astype(np.float64) / 255


def kernel(file):
    numbers = file.read_text().split()
    return np.array(numbers[2:], float).reshape(int(numbers[0]), int(numbers[1]))


def similarity(a, b):
    size = [a.shape[i] + b.shape[i] for i in (0, 1)]
    products = np.fft.ifft2(np.fft.fft2(a, size) * np.conj(np.fft.fft2(b, size))).real
    return products.max() / np.linalg.norm(a) / np.linalg.norm(b)


def error(truth, estimate):
    """The least mean squared error over shifts."""
    inner = estimate[MARGIN:-MARGIN, MARGIN:-MARGIN]
    best = np.inf
    for i in range(2 * MARGIN + 1):
        for j in range(2 * MARGIN + 1):
            shown = truth[i : i + inner.shape[0], j : j + inner.shape[1]]
            best = min(best, np.mean((shown - inner) ** 2))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    parser.add_argument("--pictures", default="Set3C/butterfly.png,Set3C/starfish.png,Kodak24_crop500/kodim05.png")
    parser.add_argument("--prior", default="natural:bfloat16")
    parser.add_argument("--size", default="31")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    def tool(name, *words):
        subprocess.run([options.bin / name, *map(str, words), "--overwrite", "--noise", "0.01", "-q", "--progress", "none"],
                       check=True)

    print("| picture | kernel | correlation | blurred | found | true | ratio |\n| --- | --- | --- | --- | --- | --- | --- |")
    ratios = []
    for name in options.pictures.split(","):
        stem, truth = pathlib.Path(name).stem, read(options.test / name)
        for number in range(1, 9):
            true_kernel = options.test / f"kernels/levin09/levin_k{number}.txt"
            y, found, blind, known = (options.out / f"{stem}-{number}{end}"
                                      for end in (".png", "-psf.txt", "-blind.png", "-known.png"))
            tool("restore-degrade", options.test / name, "--operator", f'blur("{os.path.abspath(true_kernel)}", boundary=unknown)',
                 "-o", y)
            restore = ["restore-deblur", y, "--prior", options.prior]
            tool(*restore, "--blind", "--blind-size", options.size, "--save-psf", found, "-o", blind)
            tool(*restore, "--psf", true_kernel, "-o", known)
            blurred = read(y)
            top, left = ((truth.shape[i] - blurred.shape[i]) // 2 for i in (0, 1))
            shown = truth[top : top + blurred.shape[0], left : left + blurred.shape[1]]
            errors = [error(shown, read(file)) for file in (y, blind, known)]
            ratios.append(errors[1] / errors[2])
            decibels = " | ".join(f"{-10 * np.log10(e):.2f}" for e in errors)
            likeness = similarity(kernel(found), kernel(true_kernel))
            print(f"| {stem} | {number} | {likeness:.2f} | {decibels} | {ratios[-1]:.2f} |", flush=True)
    print(f"\n{sum(r < 3 for r in ratios)} of {len(ratios)} under 3, median {np.median(ratios):.2f}")


if __name__ == "__main__":
    main()

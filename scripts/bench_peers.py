#!/usr/bin/env python3
"""Restores one degraded picture with other people's programs, for scripts/bench_foundation.sh.

    bench_peers.py inpaint   DEGRADED.tif MASK.png OUT_FOLDER
    bench_peers.py deblur    DEGRADED.tif BLUR_STD OUT_FOLDER
    bench_peers.py upscale   DEGRADED.tif FACTOR   OUT_FOLDER

Writes OUT_FOLDER/PEER.tif (float32) for each peer that is installed and prints "PEER SECONDS" lines.
Comparison only: nothing in the project needs it. Debian: python3-opencv python3-skimage gmic.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np
from scipy import ndimage
from skimage import restoration


def read(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.float32)


def write(path, x):
    """Plain float32: OpenCV would compress a float TIFF as LogLuv, which loses digits."""
    cv2.imwrite(str(path), np.ascontiguousarray(x, dtype=np.float32), [cv2.IMWRITE_TIFF_COMPRESSION, 1])


def gmic(commands):
    """`commands` work on an image in [0,255], which is what G'MIC's filters are tuned for."""

    def run(y, extra=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write(folder / "in.tif", y * 255)
            words = ["gmic", "-v", "-1", str(folder / "in.tif")]
            if extra is not None:
                cv2.imwrite(str(folder / "mask.png"), extra)
                words.append(str(folder / "mask.png"))
            start = time.perf_counter()
            subprocess.run([*words, *commands, "-o[0]", f"{folder}/out.tif,float"], check=True)
            seconds = time.perf_counter() - start
            return read(folder / "out.tif") / 255, seconds

    return run


def timed(function):
    def run(*arguments):
        start = time.perf_counter()
        x = function(*arguments)
        return x, time.perf_counter() - start

    return run


def per_channel(function, y):
    return np.stack([function(y[..., c]) for c in range(y.shape[2])], axis=2)


def to_bytes(y):
    return np.clip(y * 255 + 0.5, 0, 255).astype(np.uint8)


def fill_nearest(y, missing):
    rows, columns = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
    return y[rows, columns]


def inpaint_peers(mask_path):
    mask = cv2.imread(mask_path, cv2.IMREAD_GRAYSCALE)
    yield "nearest-known", timed(lambda y: fill_nearest(y, mask > 127))
    yield "opencv-ns", timed(lambda y: cv2.inpaint(to_bytes(y), mask, 3, cv2.INPAINT_NS) / 255.0)
    yield "opencv-telea", timed(lambda y: cv2.inpaint(to_bytes(y), mask, 3, cv2.INPAINT_TELEA) / 255.0)
    if shutil.which("gmic"):
        pde = gmic(["inpaint_pde[0]", "[1],75%,1,20"])
        yield "gmic-pde", lambda y: pde(y, mask)


def gaussian(std, size=25):
    r = np.arange(size) - size // 2
    k = np.exp(-(r[:, None] ** 2 + r[None, :] ** 2) / (2 * std * std))
    return (k / k.sum()).astype(np.float32)


def wrapped(run, margin=24):
    """The picture was blurred as if it went on periodically; most programs know no such boundary."""

    def padded(y):
        x, seconds = run(np.pad(y, ((margin, margin), (margin, margin), (0, 0)), mode="wrap"))
        return x[margin:-margin, margin:-margin], seconds

    return padded


def deblur_peers(std):
    psf = gaussian(float(std))
    yield "skimage-wiener", timed(
        lambda y: per_channel(lambda c: restoration.unsupervised_wiener(c, psf, clip=False)[0], y))
    yield "skimage-rl", wrapped(timed(
        lambda y: per_channel(lambda c: restoration.richardson_lucy(c, psf, num_iter=15), y)))
    if shutil.which("gmic"):
        yield "gmic-rl", wrapped(gmic(["deblur_richardsonlucy[0]", f"{std},15,1"]))


def upscale_peers(factor):
    percent = f"{100 * int(factor)}%"

    def resize(method):
        return timed(lambda y: cv2.resize(y, None, fx=int(factor), fy=int(factor), interpolation=method))

    yield "opencv-nearest", resize(cv2.INTER_NEAREST)
    yield "opencv-cubic", resize(cv2.INTER_CUBIC)
    yield "opencv-lanczos", resize(cv2.INTER_LANCZOS4)
    if shutil.which("gmic"):
        yield "gmic-lanczos", gmic(["resize[0]", f"{percent},{percent},1,3,6"])
        yield "gmic-smart", gmic(["upscale_smart[0]", f"{percent},{percent}"])


def main():
    task, degraded, extra, out = sys.argv[1:]
    peers = {"inpaint": inpaint_peers, "deblur": deblur_peers, "upscale": upscale_peers}[task]
    y = read(degraded)
    for name, restore in peers(extra):
        x, seconds = restore(y)
        write(f"{out}/{name}.tif", x)
        print(name, f"{seconds:.4f}")


if __name__ == "__main__":
    main()

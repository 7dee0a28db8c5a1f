#!/usr/bin/env python3
"""Convolutions of 12 megapixels with 25 x 25 kernels, and their adjoints, beside SciPy and OpenCV.

    scripts/bench_operators.py --bin build/release/bin [--rounds 5] [--threads 1] [--clock cpu]

Everybody gets 3 x 3000 x 4000 random numbers in float32. The kernels: a disk (441
weights), the path of a shaken camera (65), a Gaussian (separable; OpenCV is then also asked by sepFilter2D, its
way for those). Each of the contenders runs in a process of its own, bound to `--threads` cores; a round asks
all of them once, so that what else the machine does hits them alike. The figure is the median over the
rounds of three calls each, in seconds of the processor (of all threads together) or by the clock on the wall. Memory is the peak that one call adds to its input, the result included.

What is compared: A is `valid` (as SciPy's mode "valid") and `replicate` (as OpenCV's BORDER_REPLICATE); A^T
of the former is SciPy's mode "full" with the kernel flipped. OpenCV has no adjoint: its filter with the
kernel flipped and zeros beyond the frame is the same work. Needs python3-scipy and python3-opencv. Prints
the table of docs/operators.md.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time

CHANNELS, HEIGHT, WIDTH = 3, 3000, 4000
CALLS = 3


def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def measured(call):
    """Peak of the memory that the first call adds, in MB, and [wall, cpu] seconds of CALLS more."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    call()
    peak = memory("VmHWM") - before
    seconds = []
    for _ in range(CALLS):
        start, busy = time.perf_counter(), time.process_time()
        call()
        seconds.append((time.perf_counter() - start, time.process_time() - busy))
    return peak, seconds


def peer(name, kernel_file, threads):
    """Runs in a process of its own; prints {"apply": [MB, seconds], "adjoint": ...}."""
    import numpy as np

    rows = [line.split() for line in open(kernel_file)]
    kernel = np.array(rows[1:], dtype=np.float32)
    x = np.random.default_rng(0).random((CHANNELS, HEIGHT, WIDTH), dtype=np.float32)
    result = {}
    if name.startswith("scipy"):
        import scipy.fft
        from scipy import signal

        convolve = {"scipy fftconvolve": signal.fftconvolve, "scipy oaconvolve": signal.oaconvolve}[name]
        y = np.ascontiguousarray(x[:, 12:-12, 12:-12])
        with scipy.fft.set_workers(threads):
            result["apply"] = measured(lambda: convolve(x, kernel[None], mode="valid", axes=(1, 2)))
            result["adjoint"] = measured(lambda: convolve(y, kernel[None, ::-1, ::-1], mode="full", axes=(1, 2)))
    else:
        import cv2

        cv2.setNumThreads(threads)
        x = np.ascontiguousarray(x.transpose(1, 2, 0))
        if name == "opencv filter2D":
            call = lambda k, border: cv2.filter2D(x, -1, k, borderType=border)
        else:
            column, row = kernel.sum(1), kernel.sum(0)
            call = lambda k, border: cv2.sepFilter2D(x, -1, row, column, borderType=border)
        result["apply"] = measured(lambda: call(np.ascontiguousarray(kernel[::-1, ::-1]), cv2.BORDER_REPLICATE))
        result["adjoint"] = measured(lambda: call(kernel, cv2.BORDER_CONSTANT))
    print(json.dumps(result))


def run_peer(name, kernel_file, cores):
    words = [sys.executable, __file__, "--peer", name, "--kernel", str(kernel_file), "--threads", str(len(cores))]
    return json.loads(bound(words, cores))


def run_ours(binary, kernel_file, boundary, cores):
    words = [str(binary), f'blur("{kernel_file}", boundary={boundary})', str(CHANNELS), str(HEIGHT), str(WIDTH), str(CALLS)]
    lines = [line.split() for line in bound(words, cores).splitlines()]
    return {name: (float(peak), list(zip(map(float, seconds[::2]), map(float, seconds[1::2]))))
            for name, peak, *seconds in lines}


def bound(words, cores):
    environment = dict(os.environ, OMP_NUM_THREADS=str(len(cores)), OMP_WAIT_POLICY="passive")
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=environment,
                          preexec_fn=lambda: os.sched_setaffinity(0, cores)).stdout


def kernels():
    """Rows of 25 x 25 weights."""
    span = range(-12, 13)
    yield "disk", [[float(i * i + j * j <= 144) for j in span] for i in span]
    path = {(round(11 * math.sin(t / 40)), round(8 * math.sin(t / 25 + 1))) for t in range(200)}
    yield "shake", [[float((i, j) in path) for j in span] for i in span]
    bell = [math.exp(-i * i / 32) for i in span]
    yield "gaussian", [[a * b for b in bell] for a in bell]


def write_kernel(rows, target):
    total = sum(map(sum, rows))
    lines = [" ".join(repr(weight / total) for weight in row) for row in rows]
    target.write_text("\n".join([f"{len(rows)} {len(rows[0])}", *lines]) + "\n")
    return target


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="cpu")
    parser.add_argument("--only", help="a kernel: disk, shake, gaussian")
    parser.add_argument("--peer")
    parser.add_argument("--kernel", type=pathlib.Path)
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer, options.kernel, options.threads)
    cores = set(sorted(os.sched_getaffinity(0))[: options.threads])
    folder = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"bench-operators-{os.getpid()}"
    folder.mkdir()
    print("| kernel | who | A, s | ratio | MB | A^T, s | ratio | MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kernel, weights in kernels():
        if options.only not in (None, kernel):
            continue
        file = write_kernel(weights, folder / f"{kernel}.txt")
        ours = options.bin / "operator_speed"
        contenders = {
            "blur, valid": lambda: run_ours(ours, file, "valid", cores),
            "blur, replicate": lambda: run_ours(ours, file, "replicate", cores),
            **{name: (lambda name=name: run_peer(name, file, cores))
               for name in ("scipy fftconvolve", "scipy oaconvolve", "opencv filter2D")},
        }
        if kernel == "gaussian":
            contenders["opencv sepFilter2D"] = lambda: run_peer("opencv sepFilter2D", file, cores)
        results = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name, ask in contenders.items():
                results[name].append(ask())
        base = {}
        for name, rounds in results.items():
            cells = []
            for way in ("apply", "adjoint"):
                seconds = statistics.median(call[options.clock == "cpu"] for r in rounds for call in r[way][1])
                peak = statistics.median(r[way][0] for r in rounds)
                base.setdefault(way, seconds)
                cells += [f"{seconds:.2f}", f"{seconds / base[way]:.2f}", f"{peak:.0f}"]
            print(f"| {kernel} | {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

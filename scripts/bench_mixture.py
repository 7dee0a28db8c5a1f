#!/usr/bin/env python3
"""Every posterior sampler on the mixture of 25 Gaussians of docs/posterior.md: sliced Wasserstein-1 to exact draws.

  scripts/bench_mixture.py --out OUT [--bin build/release/bin] [--seeds 5] [--methods tds,...] [--dx 8,80,800]

A cell is a method, a number of unknowns dx, of measurements dy and a seed from 0 on, measured by gmm_posterior
with its defaults: 1000 samples, 100 steps, 1000 particles, sigma_max 150 (1500 at dx 800), and for methods that
ask how wide the prior is the 1 of its components. `tds+` is tds with optimal=true. Prints means over the seeds and
1.96 standard errors. Measured cells are lines of OUT/cells.jsonl and not measured again.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess

METHODS = ("tds+ mcgdiff tds mmps pigdm tmpd dps mcg sda lgd-mc diffpir ddnm ddnm+ ddrm repaint copaint "
           "daps sitcom red-diff pnp-dm langevin snips").split()


def measure(method, dx, dy, seeds, options):
    """The distance for each seed in a row; None where the sampler diverges."""
    words = [options.bin / "gmm_posterior", "--method", "tds" if method == "tds+" else method,
             "--dx", dx, "--dy", dy, "--seed", seeds[0], "--seeds", len(seeds)]
    if method == "tds+":
        words += ["--optimal", "true"]
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    found = [float(distance) for distance in re.findall(r"sliced W1 +(\S+)", result.stdout)]
    if len(found) < len(seeds):  # the run ended at the first that diverged
        rest = seeds[len(found) + 1:]
        found += [float("nan")] + (measure(method, dx, dy, rest, options) if rest else [])
    return [distance if distance is not None and distance < 1e3 else None for distance in found]


def text(distances):
    if None in distances:
        return "diverges"
    mean = statistics.mean(distances)
    error = 1.96 * statistics.stdev(distances) / len(distances) ** 0.5 if len(distances) > 1 else 0
    return re.sub(r"\b0\.", ".", f"{mean:.2f} +- {error:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--bin", default="build/release/bin", type=pathlib.Path)
    parser.add_argument("--seeds", default=5, type=int)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--dx", default="8,80,800")
    options = parser.parse_args()
    methods = options.methods.split(",")
    problems = [(int(dx), dy) for dx in options.dx.split(",") for dy in (1, 2, 4)]

    options.out.mkdir(parents=True, exist_ok=True)
    log = options.out / "cells.jsonl"
    done = {}
    if log.exists():
        for line in log.read_text().splitlines():
            *cell, distance = json.loads(line)
            done[tuple(cell)] = distance
    for dx, dy in problems:
        for method in methods:
            seeds = [seed for seed in range(options.seeds) if (method, dx, dy, seed) not in done]
            if not seeds:
                continue
            # What is done already are the first ones.
            distances = measure(method, dx, dy, seeds, options)
            with log.open("a") as file:
                for seed, distance in zip(seeds, distances):
                    done[method, dx, dy, seed] = distance
                    file.write(json.dumps([method, dx, dy, seed, distance]) + "\n")

    print("| method | " + " | ".join(f"{dx}, {dy}" for dx, dy in problems) + " |")
    print("| --- |" + " --- |" * len(problems))
    for method in methods:
        cells = (text([done[method, dx, dy, seed] for seed in range(options.seeds)]) for dx, dy in problems)
        print(f"| {method} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Whether --uncertainty says where the result is wrong, and by how much.

  scripts/bench_uncertainty.py TEST_DIR --out OUT [--bin build/release/bin] [--pictures 6] [--samples 16]
      [--methods pigdm,...] [--tasks random80,...] [--prior natural:bfloat16] [--side 256] [--steps 20]

Pictures and tasks are those of bench_methods.py; where values are missing only those are judged. K samples give a
mean m and a standard deviation s of each value; the error is e = m - x, x the true picture. Were they samples of the
true posterior, E[e^2] = u^2 with u = s sqrt(1 + 1/K). A row has

  rank      Spearman's correlation of |e| and u over the values of a picture, mean over the pictures
  2 sigma   the share of values with |e| <= 2 u; .936 for a Gaussian and 16 samples (Student's t, 15 degrees of freedom)
  scaled    the same after u was multiplied with the ratio rms(e) / rms(u) of the other pictures

and the PSNR of one sample and of the mean. OUT/scale.json has the geometric mean over the tasks of rms(e) / rms(u),
which `restore-prior convert PRIOR -o CALIBRATED --about OUT/scale.json` puts on a prior's card: measure it with
photographs that are in no training or test set (TEST_DIR/CBSD68/*.png), and a card that has none. Finished cells are lines of OUT/cells.jsonl. Needs oiiotool,
python3-opencv and python3-scipy, that is Debian's python3.
"""
import json
import os

import cv2
import numpy as np
from scipy.stats import spearmanr

import bench_methods as methods
from bench_common import Cells, make_parser, parse, run, show


def read(file):
    return cv2.imread(str(file), cv2.IMREAD_UNCHANGED).astype(np.float64)


def psnr(error):
    return -10 * np.log10(np.mean(error**2))


def judged_values(crop, task, options):
    """The values whose error counts: where a mask has holes those, else all."""
    if not methods.TASKS[task].startswith("mask"):
        return None
    white, seen = options.out / "white.tif", options.out / f"seen-{task}.tif"
    if not seen.exists():
        run(["oiiotool", crop, "--mulc", 0, "--addc", 1, "-d", "float", "-o", white])
        run([options.bin / "restore-degrade", white, "--operator", methods.operator_of(task, options),
             "--noise", 0, "-o", seen, "-q", "--progress", "none"])
    return read(seen) < 0.5


def measure(crop, task, method, options):
    y = methods.measure(crop, task, options)
    folder = options.out / "samples" / task / method
    folder.mkdir(parents=True, exist_ok=True)
    mean, deviation, one = (folder / f"{crop.stem}-{kind}.tif" for kind in ("mean", "deviation", "one"))
    words = [options.bin / "restore-pnp", y, "--job", y.with_suffix(".json"), "--prior", options.prior, "--method",
             method, "--steps", options.steps, "--overwrite", "--json", "-j", "1", "--progress", "none"]
    run(words + ["--samples", options.samples, "--uncertainty", deviation, "-o", mean])
    run(words + ["--samples", 1, "-o", one])
    x, m = read(crop), read(mean)
    judged = judged_values(crop, task, options)
    judged = np.ones(x.shape, bool) if judged is None else judged
    e, u = np.abs(m - x)[judged], np.maximum(read(deviation)[judged], 1e-6) * np.sqrt(1 + 1 / options.samples)
    ratios = e / u
    np.save(folder / f"{crop.stem}-ratios.npy", ratios.astype(np.float32))
    return {"rank": float(spearmanr(e, u)[0]), "covered": float(np.mean(ratios <= 2)),
            "z": float(np.sqrt(np.mean(ratios**2))), "rms_deviation": float(np.sqrt(np.mean(u**2))),
            "rms_error": float(np.sqrt(np.mean(e**2))), "psnr_of_mean": psnr(np.clip(m, 0, 1) - x),
            "psnr_of_one": psnr(np.clip(read(one), 0, 1) - x)}


def factor(cells):
    """What makes rms(e) = rms(u)."""
    return np.sqrt(np.sum([c["rms_error"] ** 2 for c in cells]) / np.sum([c["rms_deviation"] ** 2 for c in cells]))


def scales(cells, options):
    """One a method, for all tasks."""
    found = {}
    for method in options.methods.split(","):
        groups = [[c for c in cells if (c["task"], c["method"]) == (task, method)] for task in options.tasks.split(",")]
        found[method] = round(float(np.exp(np.mean([np.log(factor(group)) for group in groups if group]))), 2)
    return found


def table(cells, options):
    """One row a task and method; `scaled` takes its factor from the other pictures."""
    lines = ["| task | method | rank | 2 sigma | rms error / deviation | scaled, 2 sigma | PSNR of one | of the mean |",
             "| --- " * 8 + "|"]
    mean = lambda group, key: float(np.mean([c[key] for c in group]))
    for method in options.methods.split(","):
        for task in options.tasks.split(","):
            group = [c for c in cells if (c["task"], c["method"]) == (task, method)]
            if not group:
                continue
            scaled = []
            for cell in group:
                others = [c for c in group if c is not cell] or group
                ratios = np.load(options.out / "samples" / task / method / f"{cell['picture']}-ratios.npy")
                scaled.append(np.mean(ratios <= 2 * factor(others)))
            lines.append(f"| {task} | {method} | {mean(group, 'rank'):.2f} | {100 * mean(group, 'covered'):.0f} % | "
                         f"{factor(group):.2f} | {100 * np.mean(scaled):.0f} % | {mean(group, 'psnr_of_one'):.2f} | "
                         f"{mean(group, 'psnr_of_mean'):.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = make_parser(__doc__, "natural:bfloat16")
    parser.add_argument("--pictures", type=int, default=6, help="the first N of the six")
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--methods", default="pigdm")
    parser.add_argument("--tasks", default=",".join(methods.TASKS))
    parser.add_argument("--side", type=int, default=256)
    options = parse(parser)
    os.environ["OMP_WAIT_POLICY"] = "passive"
    cells = Cells(options.out, ("task", "method", "picture"))
    for crop in methods.crops(options):
        for method in options.methods.split(","):
            for task in options.tasks.split(","):
                cells.measure({"task": task, "method": method, "picture": crop.stem},
                              lambda: measure(crop, task, method, options))
    (options.out / "scale.json").write_text(json.dumps({"deviation_scale": scales(cells.all(), options)}) + "\n")
    show(table(cells.all(), options), options)


if __name__ == "__main__":
    main()

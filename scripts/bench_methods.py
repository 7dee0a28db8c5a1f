#!/usr/bin/env python3
"""Every posterior sampler on photographs, beside plug-and-play: the table that the presets are read off.

  scripts/bench_methods.py TEST_DIR --out OUT [--bin build/release/bin] [--pictures 6] [--calls 20,100]
      [--methods hqs,pigdm,...] [--tasks random80,...] [--prior natural:bfloat16] [--side 256] [--samples K]
      [--param M:K=V ...]

TEST_DIR holds CBSD68 and kernels/levin09. Six pictures, evenly spaced by name, the middle 256 x 256 pixels of
each; five tasks: 80 % of the pixels missing at random, a 64 x 64 hole in the middle, bicubic reduction to a
quarter, a Gaussian blur of 3 px and the first kernel of Levin et al. 2009 (both circular). Noise of 0.02, seed 0,
is added in floating point and not clipped. One sample a cell, or the mean of --samples.

A cell is a method with the steps that make so many calls of the network and the other parameters of the presets
(fast below 50 calls, balanced from there on); `hqs` and `admm` are balanced, with their own steps. A
gradient through the network (vjp) is counted beside the calls. PSNR and SSIM are of the estimate clipped to
[0,1], the residual is in sigmas. Seconds are CPU seconds of one thread, start of the program included. Memory is
what the process takes at most, less what an HQS run over 32 x 32 pixels takes, a megapixel.

Finished cells are lines of OUT/cells.jsonl and are not measured again: for other weights give another OUT.
The pictures are in OUT/restored. Prints the tables, which OUT/table.md holds as well. Needs oiiotool.
"""
import collections
import json
import os
import subprocess
import tempfile

from bench_common import Cells, make_parser, parse, run, show

NOISE = "0.02"
TASKS = {
    "random80": "mask(random:0.8)",
    "box64": "mask(box:{corner},{corner},64,64)",
    "x4": "downsample(4)",
    "gaussian3": "blur(gaussian:3.0, boundary=circular)",
    "levin1": "blur({levin}, boundary=circular)",
}
# Calls of the network in a step; the parameter that says so; vjps in a step.
Step = collections.namedtuple("Step", "calls parameter vjps")
ONE = Step(1, None, 0)
METHODS = {
    "hqs": lambda few: ONE,
    "admm": lambda few: ONE,
    "diffpir": lambda few: ONE,
    "ddnm": lambda few: ONE,
    "ddnm+": lambda few: ONE,
    "ddrm": lambda few: ONE,
    "red-diff": lambda few: ONE,
    "repaint": lambda few: Step(2 if few else 5, "resamplings", 0),
    "daps": lambda few: Step(2 if few else 5, "ode_steps", 0),
    "pnp-dm": lambda few: Step(2 if few else 5, "diffusion_steps", 0),
    "langevin": lambda few: Step(1 if few else 2, "iterations", 0),
    "snips": lambda few: Step(1 if few else 2, "iterations", 0),
    "mcgdiff": lambda few: Step(2, "particles", 0),
    "dps": lambda few: Step(1, None, 1),
    "mcg": lambda few: Step(1, None, 1),
    "pigdm": lambda few: Step(1, None, 1),
    "sda": lambda few: Step(1, None, 1),
    "lgd-mc": lambda few: Step(1, None, 1),
    "tds": lambda few: Step(2, "particles", 2),
    "copaint": lambda few: Step(2, "iterations", 1),
    "sitcom": lambda few: Step(5, "iterations", 4),
    "tmpd": lambda few: Step(1, None, 2),
    "mmps": lambda few: Step(1, None, 4),
}
# Plug-and-play: a preset of their own, the same at any budget.
SOLVERS = ("hqs", "admm")
# Iterations that leave a step one call more than they are.
ONE_MORE = ("copaint", "sitcom")


def timed(words):
    """Exit code, standard output and error, CPU seconds and peak megabytes."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(word) for word in words], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        return (process.returncode, out.read(), err.read(), usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss / 1024)


def crops(options):
    folder = options.out / "clean"
    folder.mkdir(parents=True, exist_ok=True)
    side = options.side
    files = sorted((options.data / "CBSD68").glob("*.png"))
    for file in (files[i * len(files) // 6] for i in range(options.pictures)):
        crop = folder / f"{file.stem}.tif"
        if not crop.exists():
            width, height = size_of(file)
            run(["oiiotool", file, "--cut", f"{side}x{side}+{(width - side) // 2}+{(height - side) // 2}", "-d",
                 "float", "-o", crop])
        yield crop


def size_of(file):
    line = run(["oiiotool", "--info", file])  # "NAME :  481 x  321, 3 channel, ..."
    width, height = line.rsplit(" : ", 1)[1].split(",")[0].split("x")
    return int(width), int(height)


def operator_of(task, options):
    return TASKS[task].format(corner=(options.side - 64) // 2,
                              levin=options.data.resolve() / "kernels/levin09/levin_k1.txt")


def measure(crop, task, options):
    """y and, beside it, its job: made once."""
    y = options.out / "measured" / task / crop.name
    if not y.exists():
        y.parent.mkdir(parents=True, exist_ok=True)
        run([options.bin / "restore-degrade", crop, "--operator", operator_of(task, options), "--noise", NOISE, "-o", y, "-q",
             "--progress", "none"])
    return y


def words_for(y, output, method, calls, options):
    words = [options.bin / "restore-pnp", y, "--job", y.with_suffix(".json"), "--prior",
             options.prior, "--method", method, "-o", output, "--overwrite", "--json", "-j", "1", "--progress", "none"]
    step = METHODS[method](calls < 50)
    if step.parameter:
        words += ["--param", f"{step.parameter}={step.calls - (method in ONE_MORE)}"]
    if method not in SOLVERS:
        words += ["--steps", calls // step.calls, "--quality", "fast" if calls < 50 else "balanced"]
        words += ["--samples", options.samples]
    for text in options.param:
        name, _, assignment = text.partition(":")
        if name == method:
            words += ["--param", assignment]
    return words, step


def idle_memory(options):
    """Megabytes of a process that has loaded the network and has next to no picture."""
    crop, y = options.out / "idle.tif", options.out / "idle-y.tif"
    run(["oiiotool", "--pattern", "constant:color=0.5,0.5,0.5", "32x32", "3", "-d", "float", "-o", crop])
    run([options.bin / "restore-degrade", crop, "--operator", TASKS["random80"], "--noise", NOISE, "-o", y, "-q",
         "--overwrite", "--progress", "none"])
    words, _ = words_for(y, options.out / "idle-x.tif", "hqs", 20, options)
    return timed(words)[4]


def restore(crop, y, task, method, calls, idle, options):
    output = options.out / "restored" / task / f"{method}-{calls}" / (crop.stem + ".png")
    output.parent.mkdir(parents=True, exist_ok=True)
    words, step = words_for(y, output.with_suffix(".tif"), method, calls, options)
    code, out, err, seconds, megabytes = timed(words)
    if code == 2:
        return {"refused": err.strip().splitlines()[-1]}
    if code:
        return {"failed": err.strip().splitlines()[-1]}
    record = json.loads(out.splitlines()[-1])
    estimate = output.with_suffix(".tif")
    run(["oiiotool", estimate, "--clamp:min=0:max=1", "-d", "float", "-o", estimate, "-d", "uint8", "-o", output])
    scores = json.loads(run([options.bin / "restore-compare", crop, estimate, "--json"]).splitlines()[0])
    estimate.unlink()
    return {"psnr": scores["psnr"], "ssim": scores["ssim"], "residual": record["residual"],
            "calls": record["denoiser_calls"], "vjps": record["denoiser_calls"] // step.calls * step.vjps,
            "seconds": seconds, "megabytes_a_megapixel": (megabytes - idle) / (options.side**2 / 1e6)}


def table(cells, options):
    lines = []
    for calls in options.calls:
        lines += ["", f"{calls} calls: PSNR in dB / SSIM / residual", "",
                  "| method | " + " | ".join(TASKS) + " | mean PSNR | calls | vjps | CPU s | MB a megapixel |",
                  "| --- " * (len(TASKS) + 6) + "|"]
        rows = []
        for method in METHODS:
            of_tasks = [[c for c in cells if (c["task"], c["method"], c["budget"]) == (task, method, calls)]
                        for task in TASKS]
            measured = [c for of_task in of_tasks for c in of_task if "psnr" in c]
            if not measured:
                continue
            mean = lambda cs, key: sum(c[key] for c in cs) / len(cs)
            good = [[c for c in of_task if "psnr" in c] for of_task in of_tasks]
            texts = [f"{mean(g, 'psnr'):.2f} / {mean(g, 'ssim'):.3f} / {mean(g, 'residual'):.2f}" if g else
                     ("failed" if any("failed" in c for c in of_task) else "")
                     for g, of_task in zip(good, of_tasks)]
            whole = f"{sum(mean(g, 'psnr') for g in good) / len(good):.2f}" if all(good) else ""
            span = lambda key: "-".join(dict.fromkeys(f"{f(c[key] for c in measured):.0f}" for f in (min, max)))
            rows.append(f"| {method} | " + " | ".join(texts) + f" | {whole} | {span('calls')} | {span('vjps')} | "
                        f"{mean(measured, 'seconds'):.1f} | {max(c['megabytes_a_megapixel'] for c in measured):.0f} |")
        lines += rows
    return "\n".join(lines) + "\n"


def main():
    parser = make_parser(__doc__, "natural:bfloat16")
    parser.add_argument("--pictures", type=int, default=6, help="the first N of the six")
    parser.add_argument("--calls", default="20,100", type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--side", type=int, default=256, help="of the crops; below 256 for a quick look")
    parser.add_argument("--samples", type=int, default=1, help="whose mean is the estimate")
    parser.add_argument("--param", action="append", default=[], help="METHOD:NAME=VALUE, in place of its default")
    options = parse(parser)
    os.environ["OMP_WAIT_POLICY"] = "passive"
    cells = Cells(options.out, ("task", "method", "budget", "picture"))
    idle = idle_memory(options)
    # Picture by picture, so that a run that is stopped has whole columns.
    for calls in options.calls:
        for crop in crops(options):
            for method in options.methods.split(","):
                for task in options.tasks.split(","):
                    if method in SOLVERS and calls != options.calls[0]:
                        continue
                    cells.measure({"task": task, "method": method, "budget": calls, "picture": crop.stem},
                                  lambda: restore(crop, measure(crop, task, options), task, method, calls, idle, options))
    show(table(cells.all(), options), options)


if __name__ == "__main__":
    main()

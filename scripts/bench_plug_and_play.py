#!/usr/bin/env python3
"""Deblurring and super-resolution by plug-and-play, as the literature measures them.

  scripts/bench_plug_and_play.py TEST_DIR --out OUT [--bin build/release/bin] [--sets Set3C,Set5,CBSD68]
      [--tasks deblur-1.6,...] [--rows hqs,admm,...] [--prior natural] [--every N]

TEST_DIR holds the folders of the sets. Six tasks: 25 x 25 Gaussian kernels of standard deviation 1.6 and 2.0,
circular, noise 2.55/255; by themselves (deblur) or followed by every second or third pixel (x2, x3). Noise is
added in floating point and not clipped, seed 0; PSNR is over the three channels of the estimate clipped to
[0,1], its mean over the set. Seconds are CPU seconds a picture, start of the program included.

A row is a solver with the prior that --prior names, or `prior:NAME`, hqs with another prior. The parameters
are those that were chosen on other photographs (docs/plug-and-play.md). Results are kept in
OUT/results.json, and a cell that is there is not measured again: to redo the table with other weights,
give another OUT. Prints the table, which OUT/table.md holds as well. Needs oiiotool.
"""
import json
import resource
import sys

from bench_common import make_parser, parse, run, show

TASKS = {f"{kind}-{std}": (kind, std) for kind in ("deblur", "x2", "x3") for std in ("1.6", "2.0")}
NOISE = "2.55/255"

# As reported by Hu, Delbracio, Milanfar, Kamilov 2024,
# "A Restoration Network as an Implicit Prior", https://arxiv.org/abs/2310.01391, tables 1 to 3.
PUBLISHED = {
    "SD-RED (DnCNN)": {"deblur-1.6": {"Set3C": 27.14, "Set5": 29.78, "CBSD68": 25.78},
                       "deblur-2.0": {"Set3C": 25.83, "Set5": 28.13, "CBSD68": 24.43}},
    "PnP-ADMM (DnCNN)": {"deblur-1.6": {"Set3C": 29.11, "Set5": 32.31, "CBSD68": 28.90},
                         "deblur-2.0": {"Set3C": 27.05, "Set5": 30.77, "CBSD68": 27.45}},
    "IRCNN+": {"deblur-1.6": {"Set3C": 28.14, "Set5": 29.46, "CBSD68": 26.86},
               "deblur-2.0": {"Set3C": 26.58, "Set5": 28.75, "CBSD68": 25.97}},
    "DPIR": {"deblur-1.6": {"Set3C": 29.53, "Set5": 32.38, "CBSD68": 28.86},
             "deblur-2.0": {"Set3C": 27.52, "Set5": 30.94, "CBSD68": 27.52},
             "x2-1.6": {"Set3C": 28.18, "CBSD68": 27.97}, "x2-2.0": {"Set3C": 26.80, "CBSD68": 26.98},
             "x3-1.6": {"Set3C": 26.64, "CBSD68": 26.80}, "x3-2.0": {"Set3C": 25.84, "CBSD68": 26.39}},
    "GS-PnP": {"deblur-1.6": {"Set3C": 29.53, "CBSD68": 28.86}, "deblur-2.0": {"Set3C": 27.52, "CBSD68": 27.44},
               "x2-1.6": {"Set3C": 28.23, "CBSD68": 28.03}, "x2-2.0": {"Set3C": 26.19, "CBSD68": 26.79},
               "x3-1.6": {"Set3C": 26.20, "CBSD68": 26.77}, "x3-2.0": {"Set3C": 25.18, "CBSD68": 26.30}},
}

# Row: solver, then --param of deblurring and of super-resolution.
SOLVERS = {
    "hqs": ({"iterations": 8, "lambda": 0.1}, {"iterations": 16, "lambda": 0.1}),
    "admm": ({"iterations": 30, "sigma": 0.02, "sigma_start": 0, "lambda": 0.25},) * 2,
    "drs": ({"iterations": 30, "sigma": 0.02, "lambda": 0.25},) * 2,
    "pgm": ({"iterations": 60, "sigma": 0.01},) * 2,
    "fista": ({"iterations": 40, "sigma": 0.01},) * 2,
    "red": ({"iterations": 100, "sigma": 0.03, "lambda": 0.5},) * 2,
    "red-fp": ({"iterations": 40, "sigma": 0.02, "lambda": 0.25},) * 2,
    "red-admm": ({"iterations": 40, "sigma": 0.03, "lambda": 0.25},) * 2,
    "anderson:pgm": ({"iterations": 40, "sigma": 0.01},) * 2,
    "anderson:red-fp": ({"iterations": 40, "sigma": 0.02, "lambda": 0.25},) * 2,
    "ula": ({"iterations": 500, "sigma": 0.03},) * 2,
    "skrock": ({"iterations": 25, "sigma": 0.03},) * 2,
}


def measure(folder, task, out, options):
    """The measurements of a set and their jobs, made once."""
    kind, std = TASKS[task]
    clean, noisy = out / "clean" / folder.name, out / task / folder.name
    if not clean.exists():
        clean.mkdir(parents=True)
        pictures = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".bmp", ".tif", ".jpg"))
        for picture in pictures[:: options.every]:
            run(["oiiotool", picture, "-d", "float", "-o", clean / (picture.stem + ".tif")])
    if not noisy.exists():
        kernel = f"gaussian:{std},25"
        operator = (f"blur({kernel}, boundary=circular)" if kind == "deblur"
                    else f"downsample({kind[1:]}, {kernel}, circular, corner)")
        run([options.bin / "restore-degrade", clean, "--operator", operator, "--noise", NOISE, "-o", f"{noisy}/",
             "--progress", "none", "-q"])
    return noisy


def restore(noisy, task, row, out, options):
    name, _, other = row.partition("prior:")
    solver = name or "hqs"
    prior = other or options.prior
    parameters = SOLVERS[solver][0 if task.startswith("deblur") else 1]
    restored = out / "restored" / task / row.replace(":", "-") / noisy.name
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [options.bin / "restore-pnp", noisy, "--job", noisy, "--noise", NOISE, "--solver", solver, "--prior", prior,
             "-o", f"{restored}/", "--overwrite", "--json", "--progress", "none"]
    for key, value in parameters.items():
        words += ["--param", f"{key}={value}"]
    lines = [json.loads(line) for line in run(words).splitlines() if line.startswith("{")]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [line for line in lines if "psnr" in line]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mean = lambda key: sum(line[key] for line in lines) / len(lines)
    return {"psnr": mean("psnr"), "iterations": mean("iterations"), "calls": mean("denoiser_calls"),
            "seconds": seconds / len(lines), "pictures": len(lines), "prior": prior}


def table(results, sets, tasks, rows):
    lines = []
    for name in sets:
        lines += ["", f"{name}", "", "| | " + " | ".join(tasks) + " | calls of D | CPU s |",
                  "| --- " * (len(tasks) + 3) + "|"]
        for label, figures in PUBLISHED.items():
            cells = [f"{figures[t][name]:.2f}" if name in figures.get(t, {}) else "" for t in tasks]
            if any(cells):
                lines.append(f"| {label}, published | " + " | ".join(cells) + " | | |")
        for row in rows:
            found = [results.get(f"{name}/{task}/{row}") for task in tasks]
            if not any(found):
                continue
            span = lambda key, form: "-".join(dict.fromkeys(
                form.format(f(c[key] for c in found if c)) for f in (min, max)))
            cells = [f"{cell['psnr']:.2f}" if cell else "" for cell in found]
            lines.append(f"| {row} | " + " | ".join(cells) +
                         f" | {span('calls', '{:.0f}')} | {span('seconds', '{:.1f}')} |")
    return "\n".join(lines) + "\n"


def main():
    parser = make_parser(__doc__, "natural")
    parser.add_argument("--sets", default="Set3C,Set5,CBSD68")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--rows", default="hqs")
    parser.add_argument("--every", type=int, default=1, help="only every Nth picture of a set, by name")
    options = parse(parser)
    sets, tasks, rows = (text.split(",") for text in (options.sets, options.tasks, options.rows))
    file = options.out / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    for name in sets:
        for row in rows:
            for task in tasks:
                key = f"{name}/{task}/{row}"
                if key not in results:
                    noisy = measure(options.data / name, task, options.out, options)
                    results[key] = restore(noisy, task, row, options.out, options)
                    file.write_text(json.dumps(results, indent=1))
                    print(key, {k: round(v, 2) if isinstance(v, float) else v for k, v in results[key].items()},
                          file=sys.stderr, flush=True)
    rows = list(dict.fromkeys(key.split("/", 2)[2] for key in results))
    show(table(results, sets, list(TASKS), rows), options)


if __name__ == "__main__":
    main()

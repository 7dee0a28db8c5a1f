"""What the benchmarks share: their options, the calls of the tools, cells that are measured once, the table."""
import argparse
import json
import pathlib
import subprocess
import sys


def run(words):
    """Standard output; a call that fails ends the benchmark."""
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{result.stderr}")
    return result.stdout


def make_parser(description, prior):
    """`prior`: the default of --prior."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    parser.add_argument("--prior", default=prior)
    return parser


def parse(parser):
    """The options; their folder --out is there."""
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return options


class Cells:
    """What has been measured, a line of OUT/cells.jsonl a cell; the values of `names` tell one from another."""

    def __init__(self, out, names):
        self.file, self.names = out / "cells.jsonl", names
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.by_key = {self.key_of(cell): cell for cell in map(json.loads, lines)}

    def key_of(self, cell):
        return tuple(cell[name] for name in self.names)

    def measure(self, key, work):
        """Unless it is there, work() is what there is to say of the cell of this key, a dictionary."""
        if self.key_of(key) in self.by_key:
            return
        cell = self.by_key[self.key_of(key)] = key | work()
        with self.file.open("a") as log:
            log.write(json.dumps(cell) + "\n")

    def all(self):
        return list(self.by_key.values())


def show(text, options):
    (options.out / "table.md").write_text(text)
    print(text)

#!/usr/bin/env python3
"""Writes the files of tests/data/checkpoint, which the tests read without Python.

    python3 -m venv VENV && VENV/bin/pip install torch numpy safetensors deepinv diffusers
    VENV/bin/python scripts/check_checkpoints.py

Every network is small, its weights are random with a fixed seed, and its input and output stand beside
them: what the reference library makes of them is what ours must make of them.
"""
import os
import pathlib
from collections import OrderedDict

import torch

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "checkpoint"


def state_dict():
    ramp = torch.arange(12, dtype=torch.float32).view(3, 4) / 4 - 1
    return OrderedDict(
        plain=ramp,
        turned=ramp.t(),
        part=ramp[1:2, 1:3],
        tied=ramp,
        half=ramp.half(),
        brain=ramp.bfloat16(),
        double=ramp.double(),
        count=torch.tensor(7),
        number=torch.tensor(0.25),
        empty=torch.empty(0, 3),
        parameter=torch.nn.Parameter(ramp[:2].clone()),
    )


class Command:
    def __reduce__(self):
        return os.system, ("false",)


def write_formats():
    """One state dict in every form that torch.save knows, and two files that are none."""
    state = state_dict()
    torch.save(state, FOLDER / "zip.pth")
    torch.save(state, FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "rate": 1e-4, "best": None, "state_dict": state}, FOLDER / "wrapped.pth")
    parallel = OrderedDict(("module." + name, value) for name, value in state.items())
    torch.save(parallel, FOLDER / "parallel.pth")
    nested = {str(i): OrderedDict(weight=torch.full((2,), value)) for i, value in ((0, 1.0), (10, 2.0))}
    torch.save(nested, FOLDER / "nested.pth")
    torch.save({"state_dict": state, "hook": Command()}, FOLDER / "command.pth")
    torch.jit.save(torch.jit.script(torch.nn.Conv2d(1, 1, 1)), FOLDER / "script.pt")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_formats()


if __name__ == "__main__":
    main()

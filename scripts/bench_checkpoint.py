#!/usr/bin/env python3
"""Times a network of others here and in PyTorch, evaluation by evaluation in turn.

    scripts/bench_checkpoint.py BUILD_FOLDER [--size 256] [--rounds 5] [--threads 2]

The network has the size of guided-diffusion's ffhq_10m (93.6 M parameters) and random weights; PyTorch runs
azula's copy of the authors' code, eager, float32, without gradients. Needs the environment that
scripts/check_checkpoints.py makes. Prints the median seconds of both, their ratio and the peak memory.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_checkpoints  # enters the environment

import torch
from safetensors.torch import save_file


def ffhq():
    from azula.plugins.adm._src.unet import UNetModel

    network = UNetModel(image_size=256, in_channels=3, model_channels=128, out_channels=6,
                        num_res_blocks=1, attention_resolutions=[16], channel_mult=(1, 1, 2, 2, 4, 4),
                        num_head_channels=64, use_scale_shift_norm=True, resblock_updown=True)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
    return network.eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = ffhq()
    x = torch.zeros(1, 3, options.size, options.size)

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "ffhq.safetensors"
        save_file(network.state_dict(), path)
        ours = subprocess.Popen(
            [pathlib.Path(options.build) / "bin" / "denoise_seconds", path, str(options.size),
             str(options.threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def run_ours():
            ours.stdin.write("\n")
            ours.stdin.flush()
            return float(ours.stdout.readline())

        def run_theirs():
            start = time.perf_counter()
            with torch.no_grad():
                network(x, torch.tensor([100.0]))
            return time.perf_counter() - start

        run_ours(), run_theirs()
        pairs = [(run_ours(), run_theirs()) for _ in range(options.rounds)]
        ours.stdin.close()
        memory = int(ours.stdout.readline())
    here, there = (statistics.median(times) for times in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"here {here:.3f} s, PyTorch {torch.__version__} {there:.3f} s, ratio {ratio:.2f}; "
          f"peak memory {memory} MiB and {peak} MiB")


if __name__ == "__main__":
    main()

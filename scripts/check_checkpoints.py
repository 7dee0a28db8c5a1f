#!/usr/bin/env python3
"""Writes the files of tests/data/checkpoint, which the tests read without Python.

    scripts/check_checkpoints.py

makes a virtual environment with the reference libraries in ~/.cache/restore (or $RESTORE_REFERENCES) and
runs itself in it. Every network is small; its weights, its input and the vector of its pullback are
made by a formula (see `made`), so a golden file holds only names and shapes, and what the reference makes
of them: the estimate D(x, sigma), x and sigma in [0,1] units, and the pullback J^T v.

The references: deepinv (DRUNet, DnCNN, NCSN++, DDPM++, ADM of EDM), azula (ADM of guided-diffusion) and
diffusers (UNet2DModel, with its DDPM scheduler for the estimate). FDnCNN, IRCNN and FFDNet, which no package
holds as their authors published them, are written below from the papers.
"""
import io
import json
import math
import os
import pathlib
import subprocess
import sys
import venv
import zipfile
from collections import OrderedDict

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "data" / "checkpoint"
PACKAGES = ["torch", "numpy", "safetensors", "deepinv", "diffusers", "azula"]


def enter_environment():
    default = pathlib.Path.home() / ".cache" / "restore" / "references"
    folder = pathlib.Path(os.environ.get("RESTORE_REFERENCES", default))
    python = folder / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == folder.resolve():
        return
    installed = folder / "installed"  # written last: an installation that was cut off is done again
    if not installed.exists() or installed.read_text().split() != PACKAGES:
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        installed.write_text("\n".join(PACKAGES))
    os.execv(python, [str(python), *sys.argv])


enter_environment()

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(2)


# --- Tensors by a formula: tests/support/made_tensors.h has the same one. ---

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def uniform(name, count):
    """`count` numbers in [-1/2, 1/2): FNV-1a of the name seeds SplitMix64; 24 bits each."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(GOLDEN) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**24 - 0.5


def made(name, shape):
    """Weights of deviation 1/sqrt(inputs), biases within 0.1, gains of norms within 1/4 of 1."""
    if name.endswith("resample_filter"):
        taps = torch.tensor({2: [1.0, 1.0], 4: [1.0, 3.0, 3.0, 1.0]}[shape[-1]])
        return torch.outer(taps, taps).view(shape) / taps.sum() ** 2
    u = torch.from_numpy(uniform(name, math.prod(shape))).view(shape)
    if name.endswith("bias"):
        u = u / 5
    elif len(shape) == 1:
        u = 1 + u / 2
    else:
        u = u * math.sqrt(12 / math.prod(shape[1:]))
    return u.float()


def picture(name, shape):
    return torch.from_numpy(uniform(name, math.prod(shape))).view(shape).float()


# --- Golden files ---


def write_golden(name, module, denoise, sigma, channels=3, size=16, names=lambda n: n, **said):
    """`denoise(x)`: D(x, sigma) by `module`, whose tensors `names` calls as a checkpoint would."""
    shapes = OrderedDict()
    state = OrderedDict()
    for key, tensor in module.state_dict().items():
        shapes[names(key)] = list(tensor.shape)
        state[key] = made(names(key), list(tensor.shape))
    module.load_state_dict(state)
    module.eval()
    x = (0.5 + picture("x", [1, channels, size, size])).requires_grad_()
    estimate = denoise(x)
    (pullback,) = torch.autograd.grad(estimate, x, picture("v", estimate.shape))
    said = {"shapes": shapes, "sigma": sigma, **said}
    save_file(
        {"estimate": estimate.detach().contiguous(), "pullback": pullback.contiguous()},
        FOLDER / f"golden-{name}.safetensors",
        {key: json.dumps(value) for key, value in said.items()},
    )
    print(f"{name}: {sum(t.numel() for t in module.state_dict().values())} parameters, "
          f"|D| {estimate.detach().norm():.4f}, |J^T v| {pullback.norm():.4f}")


def sigma_map(x, sigma):
    return torch.full_like(x[:, :1], sigma)


class Convolutions(nn.Module):
    """conv, ReLU, conv ... conv, under the name `model`."""

    def __init__(self, inputs, outputs, width, dilations):
        super().__init__()
        layers = []
        for i, d in enumerate(dilations):
            last = i + 1 == len(dilations)
            layers.append(nn.Conv2d(inputs if i == 0 else width, outputs if last else width, 3,
                                    padding=d, dilation=d))
            if not last:
                layers.append(nn.ReLU())
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def write_convolutional():
    import deepinv

    for channels, name in ((1, "drunet-grey"), (3, "drunet-colour")):
        drunet = deepinv.models.DRUNet(channels, channels, nc=(16, 16, 32, 48), nb=2, pretrained=None)
        write_golden(name, drunet,
                     lambda x: drunet.forward_unet(torch.cat((x, sigma_map(x, 0.1)), 1)), 0.1, channels)

    # deepinv's DnCNN adds what the authors' subtracts, and calls its layers otherwise.
    dncnn = deepinv.models.DnCNN(3, 3, depth=5, nf=16, pretrained=None)

    def author_name(key):
        part, kind = key.rsplit(".", 1)
        index = {"in_conv": 0, "out_conv": 4}.get(part)
        return f"model.{2 * (int(part.split('.')[1]) + 1 if index is None else index)}.{kind}"

    def subtracting(x):
        with torch.no_grad():
            for parameter in dncnn.out_conv.parameters():
                parameter.neg_()
        return dncnn(x)

    write_golden("dncnn", dncnn, subtracting, 0.1, names=author_name)

    fdncnn = Convolutions(4, 3, 16, [1] * 5)
    write_golden("fdncnn", fdncnn, lambda x: fdncnn(torch.cat((x, sigma_map(x, 0.2)), 1)), 0.2)

    dilations = [1, 2, 3, 4, 3, 2, 1]
    ircnn = Convolutions(1, 1, 8, dilations)
    write_golden("ircnn", ircnn, lambda x: x - ircnn(x), 0.1, 1)
    many = nn.ModuleDict({str(k): Convolutions(1, 1, 4, dilations) for k in range(25)})
    # Network k is for sigma = 2 (k + 1) / 255; 15.3 / 255 takes the next one above, 16 / 255.
    write_golden("ircnn-25", many, lambda x: x - many["7"](x), 15.3 / 255, 1)

    for channels, name in ((1, "ffdnet-grey"), (3, "ffdnet-colour")):
        ffdnet = Convolutions(4 * channels + 1, 4 * channels, 12, [1] * 4)

        def through_cells(x):
            cells = F.pixel_unshuffle(x, 2)
            return F.pixel_shuffle(ffdnet(torch.cat((cells, sigma_map(cells, 0.15)), 1)), 2)

        write_golden(name, ffdnet, through_cells, 0.15, channels)


def through_steps(network, scheduler, t):
    """D by the scheduler's own estimate of x0, and the sigma of [0,1] that step t is."""
    alpha = scheduler.alphas_cumprod[t].double().sqrt()
    scheduler.set_timesteps(len(scheduler.alphas_cumprod))
    sigma = ((1 - alpha**2).sqrt() / alpha / 2).item()

    def denoise(x):
        x_t = alpha.float() * (2 * x - 1)
        output = network(x_t, torch.tensor([t]))[:, : x.shape[1]]
        return (scheduler.step(output, t, x_t).pred_original_sample + 1) / 2

    return denoise, sigma


def write_adm():
    from azula.plugins.adm._src.unet import UNetModel
    from diffusers import DDPMScheduler

    common = dict(image_size=16, in_channels=3, dropout=0)
    linear = DDPMScheduler(clip_sample=False)
    cosine = DDPMScheduler(clip_sample=False, beta_schedule="squaredcos_cap_v2")

    # As ffhq_10m and 256x256_diffusion_uncond: two heads at half resolution.
    adm = UNetModel(**common, model_channels=32, out_channels=6, num_res_blocks=1,
                    attention_resolutions=[2], channel_mult=(1, 4), num_head_channels=64,
                    use_scale_shift_norm=True, resblock_updown=True)
    denoise, sigma = through_steps(adm, linear, 250)
    write_golden("adm", adm, denoise, sigma)

    # The other variants at once.
    other = UNetModel(**common, model_channels=32, out_channels=3, num_res_blocks=2,
                      attention_resolutions=[1, 4], channel_mult=(1, 1, 2), num_heads=4, num_classes=5,
                      use_new_attention_order=True)
    denoise, sigma = through_steps(lambda x, t: other(x, t, torch.tensor([2])), cosine, 400)
    write_golden("adm-variant", other, denoise, sigma,
                 set={"heads": 4, "new_attention_order": True, "class": 2,
                      "beta_schedule": "squaredcos_cap_v2"})


def parameters_of(make):
    with torch.device("meta"):
        return sum(p.numel() for p in make().parameters())


def write_unet2d():
    from diffusers import DDPMScheduler, UNet2DModel

    # As google/ddpm-*.
    ddpm = dict(in_channels=3, out_channels=3, act_fn="silu", norm_eps=1e-6, freq_shift=1,
                flip_sin_to_cos=False, downsample_padding=0, attention_head_dim=None,
                time_embedding_type="positional", center_input_sample=False,
                mid_block_scale_factor=1)
    cases = {
        "unet2d-ddpm": (
            dict(ddpm, sample_size=16, layers_per_block=2, block_out_channels=[32, 64],
                 down_block_types=["DownBlock2D", "AttnDownBlock2D"],
                 up_block_types=["AttnUpBlock2D", "UpBlock2D"]),
            dict(), 300),
        "unet2d-variant": (
            dict(sample_size=16, layers_per_block=1, block_out_channels=[32, 64],
                 down_block_types=["AttnDownBlock2D", "DownBlock2D"],
                 up_block_types=["UpBlock2D", "AttnUpBlock2D"], norm_num_groups=16,
                 attn_norm_num_groups=8, resnet_time_scale_shift="scale_shift",
                 downsample_type="resnet", upsample_type="resnet", mid_block_scale_factor=1.5,
                 time_embedding_type="learned", num_train_timesteps=500),
            dict(num_train_timesteps=500, prediction_type="v_prediction", beta_schedule="scaled_linear",
                 beta_start=0.00085, beta_end=0.012), 200),
        "unet2d-fourier": (
            dict(sample_size=16, layers_per_block=1, block_out_channels=[32, 32],
                 down_block_types=["ResnetDownsampleBlock2D", "DownBlock2D"],
                 up_block_types=["UpBlock2D", "ResnetUpsampleBlock2D"], add_attention=False,
                 time_embedding_type="fourier", center_input_sample=True),
            dict(prediction_type="sample", beta_schedule="sigmoid"), 500),
    }
    for name, (config, schedule, t) in cases.items():
        unet = UNet2DModel(**config)
        scheduler = DDPMScheduler(clip_sample=False, **schedule)
        denoise, sigma = through_steps(lambda x, t: unet(x, t).sample, scheduler, t)
        write_golden(name, unet, denoise, sigma, config=config, scheduler=schedule)

    full = {
        "google/ddpm-cifar10-32": dict(
            ddpm, sample_size=32, layers_per_block=2, block_out_channels=[128, 256, 256, 256],
            down_block_types=["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
            up_block_types=["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"]),
        "google/ddpm-celebahq-256": dict(
            ddpm, sample_size=256, layers_per_block=2,
            block_out_channels=[128, 128, 256, 256, 512, 512],
            down_block_types=["DownBlock2D"] * 4 + ["AttnDownBlock2D", "DownBlock2D"],
            up_block_types=["UpBlock2D", "AttnUpBlock2D"] + ["UpBlock2D"] * 4),
    }
    counts = {name: {"config": config, "parameters": parameters_of(lambda: UNet2DModel(**config))}
              for name, config in full.items()}
    (FOLDER / "unet2d-parameters.json").write_text(json.dumps(counts, indent=1) + "\n")


def write_edm():
    import deepinv

    said = dict(pretrained=None, _was_trained_on_minus_one_one=True, pixel_std=0.5, img_resolution=16,
                model_channels=128, channel_mult=(1, 1), num_blocks=1, attn_resolutions=(8,))
    networks = {
        "song-ddpmpp": deepinv.models.NCSNpp(model_type="ddpm", **said),
        "song-ncsnpp": deepinv.models.NCSNpp(model_type="ncsn", **said),
        "dhariwal": deepinv.models.ADMUNet(**said),
    }
    for name, network in networks.items():
        write_golden(name, network, lambda x: network(x, 0.3), 0.3)


# --- What torch.save and others write ---


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
    save_script(torch.nn.Conv2d(1, 1, 1), "script.pt")

    ffdnet = Convolutions(5, 4, 4, [1] * 3)
    state = OrderedDict((key, made(key, list(value.shape))) for key, value in ffdnet.state_dict().items())
    torch.save(state, FOLDER / "ffdnet-zip.pth")
    torch.save(state, FOLDER / "ffdnet-legacy.pth", _use_new_zipfile_serialization=False)


def save_script(module, name):
    """Without the names of source files, which only messages need."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(module), buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(FOLDER / name, "w") as new:
        for entry in old.namelist():
            if not entry.endswith(".debug_pkl"):
                new.writestr(zipfile.ZipInfo(entry), old.read(entry))


class ScriptedDenoiser(nn.Module):
    """The signature that docs/own-prior.md asks of a TorchScript program."""

    def __init__(self):
        super().__init__()
        self.channels = 1
        self.alignment = 2
        self.receptive_field = 3
        self.sigma_min = 0.01
        self.sigma_max = 2.0
        self.register_buffer("weight", torch.full((1, 1, 3, 3), 1.0 / 9))
        self.register_buffer("cell", torch.full((1, 1, 2, 2), 1.0 / 4))

    def forward(self, x, sigma):
        s = sigma.view(-1, 1, 1, 1)
        mean = torch.conv2d(torch.conv2d(x, self.cell.to(x.dtype), stride=2), self.weight.to(x.dtype), padding=1)
        return (x + s * mean.repeat_interleave(2, 2).repeat_interleave(2, 3)) / (1 + s)


def write_script():
    save_script(ScriptedDenoiser(), "denoiser.pt")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for write in (write_formats, write_script, write_convolutional, write_adm, write_unet2d, write_edm):
        torch.manual_seed(0)
        write()


if __name__ == "__main__":
    main()

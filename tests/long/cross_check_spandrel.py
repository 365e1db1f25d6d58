#!/usr/bin/env python3
"""cross_check_spandrel.py RUN_MAPS FOLDER: networks as spandrel, an independent implementation in
PyTorch, builds them, with random weights: saved under its own names, run by spandrel in f64 and by
fovea (RUN_MAPS is run_maps). Files go to FOLDER.

    pip install torch torchvision numpy spandrel

The largest difference may be 1e-5 of the largest value. To add a network: a line in CASES, its maps'
sizes multiples of its unshuffle."""

import pathlib
import sys

import compare_maps
import torch
from spandrel.architectures import Compact, DnCNN, ESRGAN, SPAN, SwiftSRGAN
from spandrel_reach import REACHING_CASES
from torch import nn

SIZES = ["1x1", "7x5", "16x19"]
NOISE = 15  # of FDnCNN, of samples of 0...255


def esrgan(**parameters):
    return lambda: ESRGAN.ESRGAN(**parameters)


def compact(**parameters):
    return lambda: Compact.Compact(**parameters)


def span(**parameters):
    return lambda: SPAN.SPAN(**parameters)


def dncnn(**parameters):
    return lambda: DnCNN.DnCNN(**parameters)


def swift(**parameters):
    return lambda: SwiftSRGAN.SwiftSRGAN(**parameters)


def told_noise(network, x):
    return network(torch.cat([x, torch.full_like(x[:, :1], NOISE / 255)], 1))


# name: (network, channels in), then what differs from the usual: sizes, metadata, how it is called
CASES = {
    "ESRGAN x4": (esrgan(num_filters=16, num_blocks=2, scale=4), 3),
    "ESRGAN x1": (esrgan(num_filters=16, num_blocks=1, scale=1), 3),
    "ESRGAN x8 gray": (esrgan(in_nc=1, out_nc=1, num_filters=8, num_blocks=1, scale=8), 1),
    "ESRGAN+ x4": (esrgan(num_filters=16, num_blocks=1, scale=4, plus=True), 3),
    "ESRGAN 64/23 x4": (esrgan(num_filters=64, num_blocks=23, scale=4), 3, {"sizes": ["7x5"]}),
    "Compact x4": (compact(num_feat=24, num_conv=8, upscale=4), 3),
    "Compact x3 gray": (compact(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=4, upscale=3), 1),
    "Compact 64/16 x2": (compact(num_feat=64, num_conv=16, upscale=2), 3),
    "SPAN x4": (span(num_in_ch=3, num_out_ch=3, feature_channels=16, upscale=4), 3),
    "SPAN no_norm x2": (span(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2,
                             norm=False), 3),
    "SPAN 48 x2": (span(num_in_ch=3, num_out_ch=3, feature_channels=48, upscale=2), 3),
    "DnCNN": (dncnn(in_nc=1, out_nc=1, nc=16, nb=17, act_mode="R"), 1),
    "DnCNN with norms": (dncnn(in_nc=3, out_nc=3, nc=16, nb=8, act_mode="BR"), 3),
    "FDnCNN": (dncnn(in_nc=4, out_nc=3, nc=16, nb=20, act_mode="R", mode="FDnCNN"), 3,
               {"metadata": {"noise_level": str(NOISE)}, "call": told_noise}),
    "Swift-SRGAN x4": (swift(num_channels=16, num_blocks=3, upscale_factor=4), 3),
    "Swift-SRGAN x2": (swift(num_channels=8, num_blocks=2, upscale_factor=2), 3),
    **REACHING_CASES,
}


def random_network(create, seed):
    """As its own code initialises it, but for what that makes trivial."""
    torch.manual_seed(seed)
    network = create().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
        elif isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, -0.2, 0.5)
    return network


def check(name, number, run_maps, folder):
    """As compare_maps.compare."""
    create, channels, *more = CASES[name]
    options = more[0] if more else {}
    network, stem = random_network(create, number), folder / f"{number}"
    model = compare_maps.write_model(stem, network, options.get("metadata"))
    inputs, expected = compare_maps.expected_maps(
        network, channels, options.get("sizes", SIZES),
        options.get("call", compare_maps.plain_call), number)
    return compare_maps.compare(run_maps, model, stem, inputs, expected)


def main():
    run_maps, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for number, name in enumerate(CASES):
        failed += not compare_maps.report(name, *check(name, number, run_maps, folder))
    print(f"{len(CASES) - failed} of {len(CASES)} networks within {compare_maps.TOLERANCE:g} of "
          "spandrel's")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""cross_check_originals.py RUN_MAPS CLONES FOLDER [WORD...]: networks as their authors' own code
builds them, with random weights and, where they lie in the repository, the trained ones as they
are: run by PyTorch in f64 and by fovea (RUN_MAPS is run_maps). Files go to FOLDER. Of networks
whose names hold none of the WORDs, if any, nothing is run.

CLONES has the repositories, each in the folder OWNER+NAME; `originals_commits.txt` has the commits
that the cases were written for. A repository that is not there is named and left out.

    pip install torch torchvision numpy spandrel
    git clone https://github.com/ECNUSR/ETDS clones/ECNUSR+ETDS

The largest difference may be 1e-5 of the largest value; of the CPU kernels 5e-5, as some of these
networks (VDSR, SRCNN) add up larger numbers than they give. To add a network: a case in
originals_cases.py."""

import pathlib
import sys

import compare_maps
import torch
from originals import Clones
from originals_cases import CASES
from torch import nn

ROUNDING = 5e-5


def stirred(network):
    """Random weights as its own code draws them, but for what that makes trivial: constants and
    identities are moved a little."""
    held = {id(parameter) for module in network.modules()
            if type(module).__name__ == "MeanShift" for parameter in module.parameters()}
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad and id(parameter) not in held:
                fan_in = max(1, parameter[0].numel()) if parameter.dim() > 1 else 100
                parameter.add_(torch.randn_like(parameter) * 0.5 / fan_in**0.5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.train().eval()


def trained(network, path):
    """The network with the weights of a file, as authors' scripts load them."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "params_ema", "params"):
        state = state.get(key, state)
    state = {key.removeprefix("module."): value for key, value in state.items()}
    network.load_state_dict(state, strict=True)
    return network.eval()


def check(case, clones, number, run_maps, folder):
    """As compare_maps.compare."""
    torch.manual_seed(number)
    module = clones.module(case.repository, case.module, case.root)
    network, stem = case.create(module), folder / str(number)
    if case.weights:
        path = clones.path(case.repository, case.weights)
        network = trained(network, path)
        model = compare_maps.write_model(stem, network, case.metadata) if case.metadata else path
    else:
        network = stirred(network)
        model = compare_maps.write_model(stem, network, case.metadata)
    network.train(case.training)
    inputs, expected = compare_maps.expected_maps(
        network, case.channels, case.sizes, case.call, number,
        compare_maps.smooth if case.weights else compare_maps.noise)
    return compare_maps.compare(run_maps, model, stem, inputs, expected)


def main():
    run_maps, clones, folder = sys.argv[1], Clones(sys.argv[2]), pathlib.Path(sys.argv[3])
    words = sys.argv[4:]
    folder.mkdir(parents=True, exist_ok=True)
    tried = failed = 0
    absent = set()
    for number, (name, case) in enumerate(CASES.items()):
        if words and not any(word in name for word in words):
            continue
        if not clones.has(case.repository):
            absent.add(case.repository)
            continue
        tried += 1
        try:
            outcome = check(case, clones, number, run_maps, folder)
        except Exception as error:  # an author's code may fail in any way; the others still run
            outcome = None, f"{type(error).__name__}: {error}"
        failed += not compare_maps.report(name, *outcome, ROUNDING)
    for repository in sorted(absent):
        print(f"not there: {repository}")
    print(f"{tried - failed} of {tried} networks are their authors'")
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())

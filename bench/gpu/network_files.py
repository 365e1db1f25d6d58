"""The networks that are timed: the models that people run where they are, else the same shapes with
random weights from a fixed seed. A product takes as long with the one as with the other."""

import dataclasses
import pathlib
import sys

from layers import SIZES  # noqa: F401

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))


@dataclasses.dataclass(frozen=True)
class Network:
    name: str
    stem: str  # in models/
    make: str  # the module of tests/golden/networks.py
    arguments: tuple
    channels: int = 3


NETWORKS = [
    Network("animevideov3", "realesr-animevideov3-x4", "SRVGGNetCompact", (3, 3, 64, 16, 4)),
    Network("x4plus", "realesrgan-x4plus", "RRDBNet", (3, 3, 64, 23, 32)),
    Network("x4plus-anime", "realesrgan-x4plus-anime", "RRDBNet", (3, 3, 64, 6, 32)),
    Network("SRCNN 9-1-5", "srcnn-915", "SRCNN", ((64, 32), (9, 1, 5)), channels=1),
]
SEED = 915


def module(network):
    """In PyTorch, with random weights of a size that keeps maps within f16 (He)."""
    import networks
    import torch

    torch.manual_seed(SEED)
    made = getattr(networks, network.make)(*network.arguments)
    return made.requires_grad_(False).eval()


def file_of(network, folder):
    """(file for fovea, whether its weights are random)."""
    model = ROOT / "models" / f"{network.stem}.param"
    if model.exists():
        return model, False
    from files import write_safetensors

    path = pathlib.Path(folder) / f"{network.stem}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {name: value.numpy() for name, value in module(network).state_dict().items()}
        metadata = {"scale": "1"} if network.make == "SRCNN" else {}
        write_safetensors(path, tensors, metadata=metadata)
    return path, True

"""What a case of cross_check_originals.py is, and the ways in which networks are called."""

import argparse
import dataclasses
from typing import Any, Callable
from unittest import mock

import torch
from torch.nn import functional

# Windows of 7 at a stride of 3, behind a stride of 2: smaller pictures have none.
FOR_POOLS = ("15x15", "17x24", "24x19")
FOR_MARGINS = ("24x20", "40x44")
NOISE = 15  # of samples of 0...255


def plain_call(network, x):
    return network(x)


@dataclasses.dataclass
class Original:
    """A network of a repository: `create` makes it from `module`, below folder `root`."""

    repository: str
    module: str
    create: Callable[[Any], Any]
    root: str = ""
    channels: int = 3
    sizes: tuple = ("1x1", "7x5", "16x19")
    metadata: dict | None = None
    call: Callable[[Any, Any], Any] = plain_call
    weights: str = ""  # a file of the repository; none: random ones
    training: bool = False  # run as in training: its evaluation makes f32 tensors of its own


def first(network, x):
    return network(x)[0]


def samples_of_255(network, x):
    return network(x * 255) / 255


def minus_noise(network, x):
    return x - network(x)


def tanh_to_samples(network, x):
    return (network(x) + 1) / 2


def unclipped(network, x):
    """Without the clip to 0...1 at its end, which fovea does when it writes samples."""

    def kept(values, *_):
        return values

    with mock.patch("torch.clamp", kept), mock.patch("torch.clamp_", kept):
        return network(x)


def unpinned(network, x):
    """Where it puts tensors into memory that only machines with a GPU have."""
    make = torch.tensor

    def tensor(*values, pin_memory=False, **more):
        del pin_memory
        return make(*values, **more)

    with mock.patch("torch.tensor", tensor):
        return network(x)


def told_of_noise(network, x):
    return network(x, torch.full((1, 1, 1, 1), NOISE / 255, dtype=x.dtype))


def told_as_channel(network, x):
    return network(torch.cat([x, torch.full_like(x[:, :1], NOISE / 255)], 1))


def at_scale(scale):
    return lambda network, x: network(x, scale)


def behind(margin, mode, call=plain_call):
    """A network without padding: its picture is continued beforehand."""
    return lambda network, x: call(network, functional.pad(x, 4 * [margin], mode))


def cugan_samples(pro):
    """Real-CUGAN's result before it becomes bytes, of the range that its pro networks take."""

    def kept(values, *_):
        return values

    def call(network, x):
        x = x * 0.7 + 0.15 if pro else x
        tensor = torch.Tensor
        with mock.patch.object(tensor, "round", kept), mock.patch.object(tensor, "byte", kept), \
                mock.patch.object(tensor, "clamp_", kept):
            return network(x, 0, 0, 1, pro) / 255

    return call


def options(**values):
    return argparse.Namespace(**values)


def edsr_options(scale, **more):
    return options(scale=[scale], n_colors=3, rgb_range=255, res_scale=1, data_train="DIV2K",
                   kernel_size=3, **more)

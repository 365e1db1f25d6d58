"""Networks of plain convolutions, in PyTorch, written from their papers: as networks.py.

`last()` is the layer whose weights decide how large the result is; `residual` says that something
is added to its result, `centre` what its bias must be for results around 1/2; `settle()` gives
layers that are not random their values."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv


class FSRCNN(nn.Module):
    """Dong et al. 2016 (arXiv 1608.00367). `steps` names the layers after the paper's steps."""

    unshuffle = 1

    def __init__(self, channels, d, s, m, scale, steps=False):
        super().__init__()
        self.scale, self.steps = scale, steps

        def layer(in_channels, out_channels, kernel):
            return [conv(in_channels, out_channels, kernel), nn.PReLU(out_channels)]

        mapping = [part for _ in range(m) for part in layer(s, s, 3)]
        enlarge = nn.ConvTranspose2d(d, channels, 9, scale, 4, output_padding=scale - 1)
        if steps:
            self.feature_extraction = nn.Sequential(*layer(channels, d, 5))
            self.shrink = nn.Sequential(*layer(d, s, 1))
            self.map = nn.Sequential(*mapping)
            self.expand = nn.Sequential(*layer(s, d, 1))
            self.deconv = enlarge
        else:
            self.first_part = nn.Sequential(*layer(channels, d, 5))
            self.mid_part = nn.Sequential(*layer(d, s, 1), *mapping, *layer(s, d, 1))
            self.last_part = enlarge

    def forward(self, x):
        for part in self.children():
            x = part(x)
        return x

    def last(self):
        return self.deconv if self.steps else self.last_part


class ESPCN(nn.Module):
    """Shi et al. 2016 (arXiv 1609.05158). `naming`: place, steps, or plain for PyTorch's example,
    which has four layers and ReLU."""

    unshuffle = 1

    def __init__(self, channels, widths, scale, naming="place"):
        super().__init__()
        self.scale, self.naming = scale, naming
        kernels = [5, 3, 3, 3][: len(widths) + 1]
        sizes = [channels, *widths, channels * scale**2]
        layers = [conv(sizes[i], sizes[i + 1], kernels[i]) for i in range(len(kernels))]
        if naming == "place":
            self.first_part = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh())
            self.last_part = nn.Sequential(layers[2])
        elif naming == "steps":
            self.feature_maps = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh())
            self.sub_pixel = nn.Sequential(layers[2])
        else:
            for i, layer in enumerate(layers):
                setattr(self, f"conv{i + 1}", layer)

    def forward(self, x):
        *first, last = (m for m in self.modules() if isinstance(m, nn.Conv2d))
        for layer in first:
            x = F.relu(layer(x)) if self.naming == "plain" else torch.tanh(layer(x))
        return F.pixel_shuffle(last(x), self.scale)

    def last(self):
        return [m for m in self.modules() if isinstance(m, nn.Conv2d)][-1]

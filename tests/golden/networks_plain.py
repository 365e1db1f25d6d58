"""Networks of plain convolutions, in PyTorch, written from their papers: as networks.py.

`last()` is the layer whose weights decide how large the result is; `residual` says that something
is added to its result that depends on no other layer."""

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

"""Networks that are told a number of the picture, in PyTorch: as networks_plain.py."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv


class CompactRestorer(nn.Module):
    """tools/train's Restorer without its branches: SRVGGNetCompact's stack behind a pixel unshuffle,
    given `told` in one more channel; what it finds is added to the picture."""

    scale = 1
    unshuffle = 2
    is_residual = True

    def __init__(self, channels, num_feat, num_conv, told):
        super().__init__()
        self.channels, self.told = channels, told
        parts = [conv(4 * channels + 1, num_feat), nn.PReLU(num_feat)]
        for _ in range(num_conv):
            parts += [conv(num_feat, num_feat), nn.PReLU(num_feat)]
        self.body = nn.Sequential(*parts, conv(num_feat, 4 * channels))

    def forward(self, x):
        small = F.pixel_unshuffle(x, 2)
        told = torch.full_like(small[:, :1], self.told)
        return x + F.pixel_shuffle(self.body(torch.cat([small, told], 1)), 2)

    def last(self):
        return self.body[-1]

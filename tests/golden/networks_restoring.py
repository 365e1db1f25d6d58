"""This project's networks that restore pictures, in PyTorch: as networks_plain.py."""

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


class Block(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.first, self.second = conv(features, features), conv(features, features)

    def forward(self, x):
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


class DamageUNet(nn.Module):
    """tools/train's network of old photographs; with `mask`, its mask instead of its picture."""

    scale = 1
    unshuffle = 1
    is_residual = True

    def __init__(self, channels, widths, blocks, mask=False):
        super().__init__()
        self.channels, self.mask = channels, mask
        self.enter = conv(4 * channels, widths[0])
        self.down, self.shrink, self.grow, self.up = (nn.ModuleList() for _ in range(4))
        for small, large in zip(widths, widths[1:]):
            self.down.append(nn.Sequential(*(Block(small) for _ in range(blocks))))
            self.shrink.append(nn.Conv2d(4 * small, large, 1))
            self.grow.append(nn.Conv2d(large, 4 * small, 1))
            self.up.append(nn.Sequential(*(Block(small) for _ in range(blocks))))
        self.middle = nn.Sequential(*(Block(widths[-1]) for _ in range(2 * blocks)))
        self.leave = conv(widths[0], 4 * (2 * channels + 1))

    def level(self, x, index):
        if index == len(self.down):
            return self.middle(x)
        x = self.down[index](x)
        below = self.level(self.shrink[index](F.pixel_unshuffle(x, 2)), index + 1)
        return self.up[index](x + F.pixel_shuffle(self.grow[index](below), 2))

    def forward(self, x):
        height, width = x.shape[2:]
        multiple = 2 ** (len(self.down) + 1)
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
        found = F.pixel_shuffle(self.leave(self.level(self.enter(F.pixel_unshuffle(x, 2)), 0)), 2)
        n = self.channels
        mask = torch.sigmoid(found[:, 2 * n:]).expand(-1, n, -1, -1)
        result = mask if self.mask else x + found[:, :n] + found[:, n:2 * n] * mask
        return result[:, :, :height, :width]

    def last(self):
        return self.leave

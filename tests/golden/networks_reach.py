"""Networks whose layers reach further than a convolution, in PyTorch, written from their papers: as
networks_plain.py. `prepare(rng)` gives a module weights that suit it, after the usual ones."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv


def around_one(parameter, rng):
    parameter.data = torch.from_numpy(1 + 0.2 * rng.standard_normal(tuple(parameter.shape)))


class LayerNorm(nn.Module):
    """Over the channels of each pixel (arXiv 1607.06450)."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        y = F.layer_norm(x.movedim(1, -1), self.weight.shape, self.weight, self.bias, 1e-6)
        return y.movedim(-1, 1)

    def prepare(self, rng):
        around_one(self.weight, rng)


class GroupNorm(nn.GroupNorm):
    def prepare(self, rng):
        around_one(self.weight, rng)


class DySample(nn.Module):
    """Learning to upsample by learning to sample (arXiv 2308.15085), figure 3 (b) and section 3.3:
    each output pixel lies where its input pixel and its place in it say, moved by an offset of
    which a second convolution tells the scope."""

    def __init__(self, in_channels, out_channels, scale, groups, end=True):
        super().__init__()
        self.scale, self.groups = scale, groups
        if end:
            self.end_conv = nn.Conv2d(in_channels, out_channels, 1)
        self.offset = nn.Conv2d(in_channels, 2 * groups * scale**2, 1)
        self.scope = nn.Conv2d(in_channels, 2 * groups * scale**2, 1, bias=False)
        places = (torch.arange(scale) - (scale - 1) / 2) / scale
        rows, columns = torch.meshgrid(places, places, indexing="ij")
        # All columns' offsets, group by group, then all rows'.
        places = torch.cat([columns.flatten().repeat(groups), rows.flatten().repeat(groups)])
        self.register_buffer("init_pos", places.reshape(1, -1, 1, 1))

    def forward(self, x):
        _, channels, height, width = x.shape
        s, g = self.scale, self.groups
        offset = self.offset(x) * torch.sigmoid(self.scope(x)) * 0.5 + self.init_pos
        offset = F.pixel_shuffle(offset.reshape(2 * g, s * s, height, width), s)[:, 0]
        column = offset[:g] + (torch.arange(s * width) // s + 0.5)
        row = offset[g:] + (torch.arange(s * height) // s + 0.5)[:, None]
        grid = torch.stack([2 * column / width - 1, 2 * row / height - 1], dim=-1)
        x = x.reshape(g, channels // g, height, width)
        x = F.grid_sample(x, grid, "bilinear", "border", align_corners=False)
        x = x.reshape(1, channels, s * height, s * width)
        return self.end_conv(x) if hasattr(self, "end_conv") else x


class LargeKernel(nn.Module):
    """A large kernel over the first channels; `rectangular`: as a sum of three."""

    def __init__(self, channels, kernel, rectangular=False):
        super().__init__()
        self.channels = channels
        if rectangular:
            m, n = kernel, kernel // 3
            self.mn_conv = nn.Conv2d(channels, channels, (m, n), padding=(m // 2, n // 2))
            self.nm_conv = nn.Conv2d(channels, channels, (n, m), padding=(n // 2, m // 2))
            self.nn_conv = nn.Conv2d(channels, channels, n, padding=n // 2)
        else:
            self.conv = conv(channels, channels, kernel)

    def forward(self, x):
        some, rest = x[:, : self.channels], x[:, self.channels :]
        return torch.cat([sum(part(some) for part in self.children()), rest], 1)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.f = nn.Sequential(conv(channels, channels), nn.Sigmoid())

    def forward(self, x):
        return x * self.f(x)


class PLKBlock(nn.Module):
    """PLKSR (arXiv 2404.11848), figure 3. `norm`: RealPLKSR's "group" or "layer"."""

    def __init__(self, dim, kernel, mixer, attention=True, norm=None, rectangular=False):
        super().__init__()
        first, second = mixer
        activation = nn.GELU() if norm is None else nn.Mish()
        mixing = nn.Sequential(conv(dim, 2 * dim, first), activation, conv(2 * dim, dim, second))
        if norm == "layer":
            self.layer_norm = LayerNorm(dim)
        setattr(self, "channe_mixer" if norm is None else "channel_mixer", mixing)
        self.lk = LargeKernel(dim // 4, kernel, rectangular)
        if attention:
            self.attn = Attention(dim)
        self.refine = conv(dim, dim, 1)
        if norm == "group":
            self.norm = GroupNorm(4, dim)

    def forward(self, x):
        y = x
        for part in self.children():
            y = part(y)
        return x + y


class PLKSR(nn.Module):
    """`norm` and `dysample` are RealPLKSR's, whose blocks a dropout follows."""

    unshuffle = 1
    is_residual = True

    def __init__(
        self, dim, blocks, scale, kernel=17, mixer=(3, 3), norm=None, dysample=0, channels=3, **more
    ):
        super().__init__()
        self.scale = scale
        dropout = [] if norm is None else [nn.Identity()]
        self.feats = nn.Sequential(
            conv(channels, dim),
            *[PLKBlock(dim, kernel, mixer, norm=norm, **more) for _ in range(blocks)],
            *dropout,
            conv(dim, channels * scale**2),
        )
        if dysample:
            self.to_img = DySample(channels * scale**2, channels, scale, dysample, scale > 1)
        else:
            self.to_img = nn.PixelShuffle(scale)

    def forward(self, x):
        return self.to_img(self.feats(x) + x.repeat_interleave(self.scale**2, 1))

    def last(self):
        return self.feats[-1]

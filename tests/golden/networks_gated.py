"""MoSR and its kin, SPANPlus and FBCNN, in PyTorch: as networks_reach.py."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import Conv3XC, conv
from networks_reach import DySample, LayerNorm, around_one


def depthwise(channels, kernel):
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)


class GatedBlock(nn.Module):
    """MambaOut's block (arXiv 2405.07992), figure 1, as MoSR has it."""

    def __init__(self, dim, hidden, kernel):
        super().__init__()
        self.dim, self.hidden = dim, hidden
        self.norm = LayerNorm(dim)
        self.fc1 = conv(dim, 2 * hidden)
        self.conv = depthwise(dim, kernel)
        self.fc2 = conv(hidden, dim)

    def forward(self, x):
        y = self.fc1(self.norm(x))
        gate, rest, seen = y.split([self.hidden, self.hidden - self.dim, self.dim], 1)
        y = F.mish(gate) * torch.cat([rest, self.conv(seen)], 1)
        return F.mish(self.fc2(y)) + (x - 0.5)


class GeometricShuffle(nn.Module):
    """The mean of eight convolutions, shuffled."""

    def __init__(self, dim, out_channels, scale):
        super().__init__()
        self.scale = scale
        self.in_to_k = conv(dim, 8 * out_channels * scale**2)

    def forward(self, x):
        _, _, height, width = x.shape
        mean = self.in_to_k(x).reshape(1, 8, -1, height, width).mean(1)
        return F.pixel_shuffle(mean, self.scale)


class Shortcut(nn.Module):
    def __init__(self, in_channels, dim):
        super().__init__()
        self.block = nn.Sequential(conv(in_channels, dim), nn.Mish(), conv(dim, dim), nn.Mish())
        self.conv11 = conv(in_channels, dim, 1)

    def forward(self, x):
        return self.block(x) + self.conv11(x)


def shuffled(dim, channels, scale):
    return nn.Sequential(conv(dim, channels * scale**2), nn.PixelShuffle(scale))


class MoSR(nn.Module):
    unshuffle = 1

    def __init__(self, dim, blocks, scale, upsampler="ps", kernel=7, hidden=None):
        super().__init__()
        self.scale = scale
        hidden = hidden or dim * 3 // 2
        self.gblocks = nn.Sequential(
            conv(3, dim),
            *[GatedBlock(dim, hidden, kernel) for _ in range(blocks)],
            conv(dim, 2 * dim),
            nn.Mish(),
            conv(2 * dim, dim),
            nn.Mish(),
            conv(dim, dim, 1),
        )
        self.shortcut = Shortcut(3, dim)
        self.upsampler = {
            "ps": lambda: shuffled(dim, 3, scale),
            "gps": lambda: GeometricShuffle(dim, 3, scale),
            "dys": lambda: DySample(dim, 3, scale, 4),
        }[upsampler]()

    def forward(self, x):
        return self.upsampler(self.gblocks(x) + (self.shortcut(x) - 0.5))

    def last(self):
        if isinstance(self.upsampler, DySample):
            return self.upsampler.end_conv
        return getattr(self.upsampler, "in_to_k", None) or self.upsampler[0]


class RMSNorm(nn.Module):
    """Arxiv 1910.07467 over the channels of each pixel; what keeps it from zero is added to the
    root."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.offset = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        y = x / (x.square().mean(1, keepdim=True).sqrt() + 1e-6)
        return y * self.scale[:, None, None] + self.offset[:, None, None]

    def prepare(self, rng):
        around_one(self.scale, rng)


class Sequence3x3(nn.Module):
    """1x1 and 3x3 behind each other; the second is padded with the first's bias."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        middle = 2 * out_channels
        self.k0 = nn.Parameter(torch.zeros(middle, in_channels, 1, 1))
        self.b0 = nn.Parameter(torch.zeros(middle))
        self.k1 = nn.Parameter(torch.zeros(out_channels, middle, 3, 3))
        self.b1 = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x):
        # Zeros around the picture become the bias.
        return F.conv2d(F.conv2d(F.pad(x, (1,) * 4), self.k0, self.b0), self.k1, self.b1)


class RepConv(nn.Module):
    """Three branches; `conv_3x3_rep`, which trainers store for use, is stale here."""

    norm = False  # of Conv3XC's network

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = Sequence3x3(in_channels, out_channels)
        self.conv2 = conv(in_channels, out_channels)
        self.conv3 = Conv3XC(in_channels, out_channels)
        self.conv_3x3_rep = conv(in_channels, out_channels)
        self.alpha = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return sum(a * c(x) for a, c in zip(self.alpha, (self.conv1, self.conv2, self.conv3)))

    def prepare(self, rng):
        self.alpha.data = torch.from_numpy(rng.uniform(0.2, 0.5, 3))


class OmniShift(nn.Module):
    """The map and depthwise convolutions of it, each times its channels' shares."""

    def __init__(self, channels):
        super().__init__()
        self.conv1x1, self.conv3x3 = depthwise(channels, 1), depthwise(channels, 3)
        self.conv5x5, self.conv5x5_reparam = depthwise(channels, 5), depthwise(channels, 5)
        for i in range(1, 5):
            setattr(self, f"alpha{i}", nn.Parameter(torch.ones(1, channels, 1, 1)))

    def forward(self, x):
        branches = x, self.conv1x1(x), self.conv3x3(x), self.conv5x5(x)
        return sum(getattr(self, f"alpha{i}") * branch for i, branch in enumerate(branches, 1))


class ParallelUnshuffle(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.poll = nn.Sequential(nn.MaxPool2d(2), RepConv(dim, 4 * dim))

    def forward(self, x):
        return F.pixel_unshuffle(x, 2) + self.poll(x)


class Squeeze(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.squeezing = nn.Sequential(
            conv(channels, half, 1), nn.ReLU(), conv(half, channels, 1), nn.Hardsigmoid()
        )

    def forward(self, x):
        return x * self.squeezing(x.mean((2, 3), keepdim=True))


class RepBlock(nn.Module):
    def __init__(self, dim, hidden, dccm, se):
        super().__init__()
        self.dim, self.hidden = dim, hidden
        self.norm = RMSNorm(dim)
        self.fc1 = RepConv(dim, 2 * hidden)
        gate = Squeeze(4 * dim) if se else nn.Identity()
        self.conv = nn.Sequential(
            ParallelUnshuffle(dim), OmniShift(4 * dim), gate, nn.PixelShuffle(2)
        )
        self.fc2 = RepConv(hidden, dim) if dccm else conv(hidden, dim, 1)

    def forward(self, x):
        y = self.fc1(self.norm(x))
        gate, rest, seen = y.split([self.hidden, self.hidden - self.dim, self.dim], 1)
        return x + F.mish(self.fc2(F.mish(gate) * torch.cat([rest, self.conv(seen)], 1)))


class RTMoSR(nn.Module):
    """`shuffle`: the picture is unshuffled by it first. `norm` is Conv3XC's."""

    is_residual = True
    norm = False
    channels = 3

    def __init__(self, dim, blocks, scale, shuffle=1, dccm=True, se=True):
        super().__init__()
        self.scale, self.unshuffle = scale, 2 * shuffle
        first = RepConv(3 * shuffle**2, dim)
        self.to_feat = nn.Sequential(nn.PixelUnshuffle(shuffle), first) if shuffle > 1 else first
        self.body = nn.Sequential(*[RepBlock(dim, 2 * dim, dccm, se) for _ in range(blocks)])
        factor = scale * shuffle
        self.to_img = nn.Sequential(RepConv(dim, 3 * factor**2), nn.PixelShuffle(factor))

    def forward(self, x):
        base = F.interpolate(x, scale_factor=self.scale, mode="nearest")
        return self.to_img(self.body(self.to_feat(x))) + base

    def last(self):
        return self.to_img[0].conv2


class MishBlock(nn.Module):
    """SPAN's block with Mish. The activations of the published code work in place, so that what the
    first convolution's result is handed on as is activated."""

    def __init__(self, channels):
        super().__init__()
        for i in (1, 2, 3):
            setattr(self, f"c{i}_r", Conv3XC(channels, channels))

    def forward(self, x):
        inside = F.mish(self.c1_r(x))
        third = self.c3_r(F.mish(self.c2_r(inside)))
        return (third + x) * (torch.sigmoid(third) - 0.5), inside


class MishBlocks(nn.Module):
    def __init__(self, channels, blocks):
        super().__init__()
        self.block_1 = MishBlock(channels)
        self.block_n = nn.Sequential(*[MishBlock(channels) for _ in range(blocks)])
        self.block_end = MishBlock(channels)
        self.conv_2 = Conv3XC(channels, channels)
        self.conv_cat = conv(4 * channels, channels, 1)

    def forward(self, x):
        y = first = self.block_1(x)[0]
        for block in self.block_n:
            y = block(y)[0]
        y, inside = self.block_end(y)
        return self.conv_cat(torch.cat([x, self.conv_2(y), first, inside], 1))


class SPANPlus(nn.Module):
    unshuffle = 1
    norm = False

    def __init__(self, channels, groups, scale, upsampler="ps"):
        super().__init__()
        self.scale, self.channels = scale, 3
        self.feats = nn.Sequential(
            Conv3XC(3, channels), *[MishBlocks(channels, blocks) for blocks in groups]
        )
        self.upsampler = {
            "ps": lambda: shuffled(channels, 3, scale),
            "dys": lambda: DySample(channels, 3, scale, 4),
            "conv": lambda: conv(channels, 3),
        }[upsampler]()

    def forward(self, x):
        return self.upsampler(self.feats(x))

    def last(self):
        if isinstance(self.upsampler, DySample):
            return self.upsampler.end_conv
        return self.upsampler if isinstance(self.upsampler, nn.Conv2d) else self.upsampler[0]


class Pair(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.res = nn.Sequential(conv(channels, channels), nn.ReLU(), conv(channels, channels))

    def forward(self, x, gamma=1, beta=0):
        return x + gamma * self.res(x) + beta


def connected(in_channels, out_channels, activation):
    return nn.Sequential(nn.Linear(in_channels, out_channels), activation)


class FBCNN(nn.Module):
    """Arxiv 2109.14573, figure 2: it predicts the quality factor and goes by it."""

    unshuffle = 1
    scale = 1

    def __init__(self, widths, blocks, embedding, channels=3):
        super().__init__()
        self.blocks = blocks
        self.m_head = conv(channels, widths[0])

        def pairs(width):
            return [Pair(width) for _ in range(blocks)]

        for i in (1, 2, 3):
            thin, wide = widths[i - 1], widths[i]
            setattr(self, f"m_down{i}", nn.Sequential(*pairs(thin), nn.Conv2d(thin, wide, 2, 2)))
            up = [nn.ConvTranspose2d(wide, thin, 2, 2), *pairs(thin)]
            setattr(self, f"m_up{i}", nn.ModuleList(up))
            setattr(self, f"to_gamma_{i}", connected(embedding, thin, nn.Sigmoid()))
            setattr(self, f"to_beta_{i}", connected(embedding, thin, nn.Tanh()))
        self.m_body_encoder = nn.Sequential(*pairs(widths[3]))
        self.m_body_decoder = nn.Sequential(*pairs(widths[3]))
        self.m_tail = conv(widths[0], channels)

        def layers(*sizes):
            members = []
            for i in range(1, len(sizes)):
                members += [nn.Linear(sizes[i - 1], sizes[i]), nn.ReLU()]
            return members

        mean = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        predict = layers(widths[3], embedding, embedding, 1)
        predict[-1] = nn.Sigmoid()
        self.qf_pred = nn.Sequential(*pairs(widths[3]), *mean, *predict)
        self.qf_embed = nn.Sequential(*layers(1, embedding, embedding, embedding))

    def forward(self, x):
        height, width = x.shape[2:]
        x = F.pad(x, (0, -width % 8, 0, -height % 8), "replicate")
        skips = [self.m_head(x)]
        for i in (1, 2, 3):
            skips.append(getattr(self, f"m_down{i}")(skips[-1]))
        x = self.m_body_encoder(skips[-1])
        quality = self.qf_embed(self.qf_pred(x))
        x = self.m_body_decoder(x)
        for i in (3, 2, 1):
            enlarge, *pairs = getattr(self, f"m_up{i}")
            gamma = getattr(self, f"to_gamma_{i}")(quality)[..., None, None]
            beta = getattr(self, f"to_beta_{i}")(quality)[..., None, None]
            x = enlarge(x + skips[i])
            for pair in pairs:
                x = pair(x, gamma, beta)
        return self.m_tail(x + skips[0])[:, :, :height, :width]

    def last(self):
        return self.m_tail

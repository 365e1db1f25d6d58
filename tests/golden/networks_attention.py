"""Networks that weigh channels or places by what they make of the whole map, in PyTorch, written
from their papers: as networks_plain.py."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv
from networks_residual import upsampler

RGB_MEAN = (0.4488, 0.4371, 0.4040)


def leaky(x):
    return F.leaky_relu(x, 0.05)


class MeanShift(nn.Conv2d):
    """x + sign * range * mean, as a convolution that training leaves alone."""

    def __init__(self, sample_range, sign):
        super().__init__(3, 3, 1)
        self.shift = torch.tensor(RGB_MEAN, dtype=torch.float64) * sample_range * sign

    def prepare(self, rng):
        self.weight.data = torch.eye(3, dtype=torch.float64).view(3, 3, 1, 1)
        self.bias.data = self.shift


class ChannelAttention(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.conv_du = nn.Sequential(
            conv(channels, squeezed, 1), nn.ReLU(), conv(squeezed, channels, 1), nn.Sigmoid()
        )

    def forward(self, x):
        return x * self.conv_du(self.seen(x))

    def seen(self, x):
        return x.mean((2, 3), keepdim=True)


class ContrastAttention(ChannelAttention):
    """IMDN (arXiv 1909.11856), section 3.2: the mean and the standard deviation."""

    def seen(self, x):
        return super().seen(x) + x.std((2, 3), correction=0, keepdim=True)


class Residual(nn.Module):
    def __init__(self, *body):
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


class RCAN(nn.Module):
    """Arxiv 1807.02758, figure 2. `unshuffle`: on the picture unshuffled by that."""

    def __init__(self, nf, groups, blocks, scale, sample_range=255, unshuffle=1, channels=3):
        super().__init__()
        self.unshuffle, self.channels, self.range = unshuffle, channels, sample_range
        self.scale = scale
        self.is_residual = sample_range > 0
        if sample_range:
            self.sub_mean = MeanShift(sample_range, -1)
            self.add_mean = MeanShift(sample_range, 1)
        first = [nn.PixelUnshuffle(unshuffle)] if unshuffle > 1 else []
        self.head = nn.Sequential(*first, conv(channels * unshuffle**2, nf))

        def block():
            return Residual(conv(nf, nf), nn.ReLU(), conv(nf, nf), ChannelAttention(nf, 2))

        members = [Residual(*[block() for _ in range(blocks)], conv(nf, nf)) for _ in range(groups)]
        self.body = nn.Sequential(*members, conv(nf, nf))
        ups = []
        for factor in {1: [], 2: [2], 3: [3], 4: [2, 2]}[scale * unshuffle]:
            ups += [conv(nf, nf * factor**2), nn.PixelShuffle(factor)]
        self.tail = nn.Sequential(nn.Sequential(*ups), conv(nf, channels))

    def forward(self, x):
        if self.range:
            x = self.sub_mean(x * self.range)
        x = self.head(x)
        x = self.tail(x + self.body(x))
        return self.add_mean(x) / self.range if self.range else x

    def last(self):
        return self.tail[1]


class BasicRCAN(nn.Module):
    """The same with BasicSR's names; the mean is none of its tensors, and samples are 0...255."""

    unshuffle = 1
    is_residual = True

    def __init__(self, nf, groups, blocks, scale):
        super().__init__()
        self.scale = scale

        def block():
            seen = (nn.AdaptiveAvgPool2d(1), conv(nf, 2, 1), nn.ReLU(), conv(2, nf, 1), nn.Sigmoid())
            gate = nn.ModuleDict({"attention": nn.Sequential(*seen)})
            return nn.ModuleDict(
                {"rcab": nn.ModuleList([conv(nf, nf), nn.ReLU(), conv(nf, nf), gate])}
            )

        def group():
            return nn.ModuleDict(
                {
                    "residual_group": nn.ModuleList([block() for _ in range(blocks)]),
                    "conv": conv(nf, nf),
                }
            )

        self.conv_first = conv(3, nf)
        self.body = nn.ModuleList([group() for _ in range(groups)])
        self.conv_after_body = conv(nf, nf)
        self.upsample = upsampler(nf, scale)
        self.conv_last = conv(nf, 3)

    def forward(self, x):
        mean = torch.tensor(RGB_MEAN, dtype=x.dtype).view(1, 3, 1, 1)
        y = first = self.conv_first((x - mean) * 255)
        for group in self.body:
            inner = y
            for block in group["residual_group"]:
                one, relu, two, gate = block["rcab"]
                result = two(relu(one(inner)))
                inner = inner + result * gate["attention"](result)
            y = y + group["conv"](inner)
        y = self.upsample(first + self.conv_after_body(y))
        return self.conv_last(y) / 255 + mean

    def last(self):
        return self.conv_last


class IMDB(nn.Module):
    """IMDN, figure 3."""

    def __init__(self, nf):
        super().__init__()
        self.distilled = nf // 4
        rest = nf - self.distilled
        self.c1, self.c2, self.c3 = conv(nf, nf), conv(rest, nf), conv(rest, nf)
        self.c4 = conv(rest, self.distilled)
        self.c5 = conv(nf, nf, 1)
        self.cca = ContrastAttention(nf, nf // 2)

    def forward(self, x):
        parts, y = [], x
        for layer in (self.c1, self.c2, self.c3):
            y = leaky(layer(y))
            parts.append(y[:, : self.distilled])
            y = y[:, self.distilled :]
        parts.append(self.c4(y))
        return x + self.c5(self.cca(torch.cat(parts, 1)))


class SmallIMDB(nn.Module):
    """The same without its attention. `named`: of rtc or kair."""

    def __init__(self, nf, named):
        super().__init__()
        self.distilled, self.named = nf // 4, named
        rest = nf - self.distilled
        steps = [conv(nf, nf), conv(rest, nf), conv(rest, nf)]
        if named == "kair":
            steps = [nn.Sequential(step, nn.LeakyReLU(0.05)) for step in steps]
        self.names = ["conv1", "conv2", "conv3", "conv4", "conv1x1"]
        if named == "rtc":
            self.names = ["c1", "c2", "c3", "c4", "c5"]
        last = [conv(rest, self.distilled), conv(4 * self.distilled, nf, 1)]
        for name, part in zip(self.names, steps + last):
            setattr(self, name, part)

    def forward(self, x):
        parts, y = [], x
        *steps, fourth, fusion = (getattr(self, name) for name in self.names)
        for step in steps:
            y = step(y) if self.named == "kair" else leaky(step(y))
            parts.append(y[:, : self.distilled])
            y = y[:, self.distilled :]
        return x + fusion(torch.cat(parts + [fourth(y)], 1))


class SmallIMDN(nn.Module):
    """IMDN as one nn.Sequential, whose last block alone goes on."""

    unshuffle = 1

    def __init__(self, nf, blocks, scale, named):
        super().__init__()
        self.scale = scale
        inner = [SmallIMDB(nf, named) for _ in range(blocks)]
        inner.append(conv(nf, nf, 3 if named == "kair" else 1))
        shortcut = nn.ModuleDict({"sub": nn.Sequential(*inner)})
        up = conv(nf, 3 * scale**2)
        self.model = nn.ModuleList([conv(3, nf), shortcut, up])

    def forward(self, x):
        first, inner, up = self.model
        x = first(x)
        return F.pixel_shuffle(up(x + inner["sub"](x)), self.scale)

    def last(self):
        return self.model[2]


class SpatialAttention(nn.Module):
    """ESA (arXiv 2009.11551), figure 4. `deep`: RFDN's, with more convolutions than RLFN's."""

    def __init__(self, nf, narrow, deep):
        super().__init__()
        self.deep = deep
        self.conv1, self.conv_f = conv(nf, narrow, 1), conv(narrow, narrow, 1)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, 2)
        if deep:
            self.conv_max, self.conv3_ = conv(narrow, narrow), conv(narrow, narrow)
        self.conv3 = conv(narrow, narrow)
        self.conv4 = conv(narrow, nf, 1)

    def forward(self, x):
        reduced = self.conv1(x)
        y = F.max_pool2d(self.conv2(reduced), 7, 3)
        if self.deep:
            y = self.conv3_(F.relu(self.conv3(F.relu(self.conv_max(y)))))
        else:
            y = self.conv3(y)
        y = F.interpolate(y, x.shape[2:], mode="bilinear", align_corners=False)
        return x * torch.sigmoid(self.conv4(y + self.conv_f(reduced)))


class RFDB(nn.Module):
    """RFDN (arXiv 2009.11551), figure 2 (d)."""

    def __init__(self, nf):
        super().__init__()
        half = nf // 2
        for i in (1, 2, 3):
            setattr(self, f"c{i}_d", conv(nf, half, 1))
            setattr(self, f"c{i}_r", conv(nf, nf))
        self.c4 = conv(nf, half)
        self.c5 = conv(4 * half, nf, 1)
        self.esa = SpatialAttention(nf, nf // 4, True)

    def forward(self, x):
        parts = []
        for i in (1, 2, 3):
            parts.append(leaky(getattr(self, f"c{i}_d")(x)))
            x = leaky(getattr(self, f"c{i}_r")(x) + x)
        parts.append(leaky(self.c4(x)))
        return self.esa(self.c5(torch.cat(parts, 1)))


class Distilling(nn.Module):
    """What IMDN and RFDN have in common: blocks, all of whose results are joined."""

    unshuffle = 1

    def __init__(self, name, block, nf, blocks, scale):
        super().__init__()
        self.scale = scale
        self.fea_conv = conv(3, nf)
        self.names = [f"{name}{i}" for i in range(1, blocks + 1)]
        for each in self.names:
            setattr(self, each, block(nf))
        self.c = nn.Sequential(conv(nf * blocks, nf, 1), nn.LeakyReLU(0.05))
        self.LR_conv = conv(nf, nf)
        self.upsampler = nn.Sequential(conv(nf, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x):
        x = y = self.fea_conv(x)
        results = []
        for name in self.names:
            y = getattr(self, name)(y)
            results.append(y)
        return self.upsampler(x + self.LR_conv(self.c(torch.cat(results, 1))))

    def last(self):
        return self.upsampler[0]


class IMDN(Distilling):
    def __init__(self, nf, blocks, scale):
        super().__init__("IMDB", IMDB, nf, blocks, scale)


class RFDN(Distilling):
    """Of samples of 0...255."""

    def __init__(self, nf, blocks, scale):
        super().__init__("B", RFDB, nf, blocks, scale)

    def settle(self):
        self.fea_conv.weight.data /= 128

    def forward(self, x):
        return super().forward(x * 255) / 255


class RLFB(nn.Module):
    """RLFN (arXiv 2205.07514), figure 2 (b)."""

    def __init__(self, nf):
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = conv(nf, nf), conv(nf, nf), conv(nf, nf)
        self.c5 = conv(nf, nf, 1)
        self.esa = SpatialAttention(nf, 4, False)

    def forward(self, x):
        y = x
        for layer in (self.c1_r, self.c2_r, self.c3_r):
            y = leaky(layer(y))
        return self.esa(self.c5(x + y))


class RLFN(nn.Module):
    """Of samples of 0...`sample_range`."""

    unshuffle = 1

    def __init__(self, nf, blocks, scale, sample_range=255):
        super().__init__()
        self.scale, self.blocks, self.range = scale, blocks, sample_range
        self.conv_1 = conv(3, nf)
        for i in range(1, blocks + 1):
            setattr(self, f"block_{i}", RLFB(nf))
        self.conv_2 = conv(nf, nf)
        self.upsampler = nn.Sequential(conv(nf, 3 * scale**2), nn.PixelShuffle(scale))

    def settle(self):
        self.conv_1.weight.data /= 128 if self.range == 255 else 1

    def forward(self, x):
        x = y = self.conv_1(x * self.range)
        for i in range(1, self.blocks + 1):
            y = getattr(self, f"block_{i}")(y)
        return self.upsampler(x + self.conv_2(y)) / self.range

    def last(self):
        return self.upsampler[0]

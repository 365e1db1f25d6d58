"""Residual networks, in PyTorch, written from their papers: as networks.py and networks_plain.py."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv


class NormalisedBlock(nn.Module):
    def __init__(self, nf):
        super().__init__()
        self.conv1, self.bn1, self.prelu = conv(nf, nf), nn.BatchNorm2d(nf), nn.PReLU()
        self.conv2, self.bn2 = conv(nf, nf), nn.BatchNorm2d(nf)

    def forward(self, x):
        return x + self.bn2(self.conv2(self.prelu(self.bn1(self.conv1(x)))))


class ShuffleUp(nn.Module):
    def __init__(self, nf):
        super().__init__()
        self.conv, self.prelu = conv(nf, 4 * nf), nn.PReLU()

    def forward(self, x):
        return self.prelu(F.pixel_shuffle(self.conv(x), 2))


class SRGAN(nn.Module):
    """SRGAN's generator (arXiv 1609.04802), named block1 to block8, ending in tanh."""

    unshuffle = 1
    centre = 0.0

    def __init__(self, channels, nf, nb, ups):
        super().__init__()
        self.scale, self.nb = 2**ups, nb
        self.block1 = nn.Sequential(conv(channels, nf, 9), nn.PReLU())
        for i in range(nb):
            setattr(self, f"block{i + 2}", NormalisedBlock(nf))
        setattr(self, f"block{nb + 2}", nn.Sequential(conv(nf, nf), nn.BatchNorm2d(nf)))
        tail = [ShuffleUp(nf) for _ in range(ups)] + [conv(nf, channels, 9)]
        setattr(self, f"block{nb + 3}", nn.Sequential(*tail))

    def forward(self, x):
        first = x = self.block1(x)
        for i in range(self.nb + 1):
            x = getattr(self, f"block{i + 2}")(x)
        return (torch.tanh(getattr(self, f"block{self.nb + 3}")(first + x)) + 1) / 2

    def last(self):
        return getattr(self, f"block{self.nb + 3}")[-1]


class SRResNet(nn.Module):
    """The same network as SRGAN's without its tanh, named trunk and upsampling, without the biases
    that batch normalisation makes idle. `old`: conv_block1 for conv1."""

    unshuffle = 1

    def __init__(self, channels, nf, nb, ups, old=False):
        super().__init__()
        self.scale, self.conv = 2**ups, "conv_block" if old else "conv"

        def idle():
            return nn.Conv2d(nf, nf, 3, padding=1, bias=False)

        def block():
            layers = [idle(), nn.BatchNorm2d(nf), nn.PReLU(), idle(), nn.BatchNorm2d(nf)]
            return nn.ModuleDict({"rcb": nn.Sequential(*layers)})

        def up():
            layers = [conv(nf, 4 * nf), nn.PixelShuffle(2), nn.PReLU()]
            return nn.ModuleDict({"upsample_block": nn.Sequential(*layers)})

        setattr(self, f"{self.conv}1", nn.Sequential(conv(channels, nf, 9), nn.PReLU()))
        self.trunk = nn.ModuleList([block() for _ in range(nb)])
        setattr(self, f"{self.conv}2", nn.Sequential(idle(), nn.BatchNorm2d(nf)))
        self.upsampling = nn.ModuleList([up() for _ in range(ups)])
        setattr(self, f"{self.conv}3", conv(nf, channels, 9))

    def forward(self, x):
        first = x = getattr(self, f"{self.conv}1")(x)
        for block in self.trunk:
            x = x + block["rcb"](x)
        x = first + getattr(self, f"{self.conv}2")(x)
        for up in self.upsampling:
            x = up["upsample_block"](x)
        return self.last()(x)

    def last(self):
        return getattr(self, f"{self.conv}3")


class NamedBlock(nn.Module):
    """A convolution, its normalisation and activation; the activation is there where unused too."""

    def __init__(self, in_channels, out_channels, kernel, norm=True, activated=True):
        super().__init__()
        self.cnn = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=not norm)
        self.bn = nn.BatchNorm2d(out_channels) if norm else nn.Identity()
        self.act = nn.PReLU(out_channels)
        self.activated = activated

    def forward(self, x):
        x = self.bn(self.cnn(x))
        return self.act(x) if self.activated else x


class SRGANParts(nn.Module):
    """The same network as SRGAN's, named initial to final."""

    unshuffle = 1
    centre = 0.0

    def __init__(self, channels, nf, nb):
        super().__init__()
        self.scale = 4
        self.initial = NamedBlock(channels, nf, 9, norm=False)
        blocks = [(NamedBlock(nf, nf, 3), NamedBlock(nf, nf, 3, activated=False)) for _ in range(nb)]
        self.residuals = nn.ModuleList(
            [nn.ModuleDict({"block1": one, "block2": two}) for one, two in blocks]
        )
        self.convblock = NamedBlock(nf, nf, 3, activated=False)
        self.upsamples = nn.ModuleList(
            [nn.ModuleDict({"conv": conv(nf, 4 * nf), "act": nn.PReLU(nf)}) for _ in range(2)]
        )
        self.final = conv(nf, channels, 9)

    def forward(self, x):
        first = x = self.initial(x)
        for block in self.residuals:
            x = x + block["block2"](block["block1"](x))
        x = first + self.convblock(x)
        for up in self.upsamples:
            x = up["act"](F.pixel_shuffle(up["conv"](x), 2))
        return (torch.tanh(self.final(x)) + 1) / 2

    def last(self):
        return self.final


RGB_MEAN = (0.4488, 0.4371, 0.4040)


class EDSRBlock(nn.Module):
    def __init__(self, nf, res_scale):
        super().__init__()
        self.res_scale = res_scale
        self.body = nn.Sequential(conv(nf, nf), nn.ReLU(), conv(nf, nf))

    def forward(self, x):
        return x + self.body(x) * self.res_scale


def upsampler(nf, scale):
    """EDSR's: one shuffle by 3, or one by 2 for every power of 2."""
    factors = [3] if scale == 3 else [2] * (scale.bit_length() - 1)
    layers = [[conv(nf, nf * factor**2), nn.PixelShuffle(factor)] for factor in factors]
    return nn.Sequential(*[part for layer in layers for part in layer])


class EDSR(nn.Module):
    """Lim et al. 2017 (arXiv 1707.02921), with the names of its authors' code; samples are scaled
    to 0...`rgb_range` around it."""

    unshuffle = 1
    is_residual = True

    def __init__(self, nf, nb, scale, res_scale, rgb_range=255):
        super().__init__()
        self.scale, self.rgb_range = scale, rgb_range
        self.sub_mean, self.add_mean = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.head = nn.Sequential(conv(3, nf))
        self.body = nn.Sequential(*[EDSRBlock(nf, res_scale) for _ in range(nb)], conv(nf, nf))
        self.tail = nn.Sequential(upsampler(nf, scale), conv(nf, 3))

    def settle(self):
        for layer, sign in ((self.sub_mean, -1), (self.add_mean, 1)):
            layer.weight.data = torch.eye(3, dtype=torch.float64).view(3, 3, 1, 1)
            layer.bias.data = torch.tensor(RGB_MEAN, dtype=torch.float64) * self.rgb_range * sign

    def forward(self, x):
        first = self.head(self.sub_mean(x * self.rgb_range))
        return self.add_mean(self.tail(first + self.body(first))) / self.rgb_range

    def last(self):
        return self.tail[-1]


class PlainBlock(nn.Module):
    def __init__(self, nf, res_scale=1.0):
        super().__init__()
        self.res_scale = res_scale
        self.conv1, self.conv2 = conv(nf, nf), conv(nf, nf)

    def forward(self, x):
        return x + self.conv2(F.relu(self.conv1(x))) * self.res_scale


class Shuffled(nn.Module):
    """A convolution and its pixel shuffle, as MMEditing has them."""

    def __init__(self, convolution, shuffle):
        super().__init__()
        self.upsample_conv, self.shuffle = convolution, shuffle

    def forward(self, x):
        return self.shuffle(self.upsample_conv(x))


class BasicEDSR(nn.Module):
    """The same network with BasicSR's names, or MMEditing's; the mean is none of its tensors."""

    unshuffle = 1
    is_residual = True

    def __init__(self, nf, nb, scale, res_scale, sample_range=255, named="basicsr"):
        super().__init__()
        self.scale, self.range = scale, sample_range
        self.conv_first = conv(3, nf)
        self.body = nn.Sequential(*[PlainBlock(nf, res_scale) for _ in range(nb)])
        self.conv_after_body = conv(nf, nf)
        self.upsample = upsampler(nf, scale)
        if named == "mmediting":
            self.upsample = nn.Sequential(*map(Shuffled, self.upsample[::2], self.upsample[1::2]))
        self.conv_last = conv(nf, 3)

    def forward(self, x):
        mean = torch.tensor(RGB_MEAN, dtype=x.dtype).view(1, 3, 1, 1)
        first = self.conv_first((x - mean) * self.range)
        x = first + self.conv_after_body(self.body(first))
        return self.conv_last(self.upsample(x)) / self.range + mean

    def last(self):
        return self.conv_last


class MSRResNet(nn.Module):
    """SRResNet as ESRGAN's authors modified it. `layout`: basicsr, 2018 or mmediting, which has no
    activations behind its pixel shuffles."""

    unshuffle = 1
    is_residual = True

    def __init__(self, channels, nf, nb, scale, layout="basicsr"):
        super().__init__()
        self.scale = scale
        self.trunk, self.up, self.hr = {
            "basicsr": ("body", "upconv{}", "conv_hr"),
            "2018": ("recon_trunk", "upconv{}", "HRconv"),
            "mmediting": ("trunk_net", "upsample{}", "conv_hr"),
        }[layout]
        self.activates_ups = layout != "mmediting"
        self.conv_first = conv(channels, nf)
        setattr(self, self.trunk, nn.Sequential(*[PlainBlock(nf) for _ in range(nb)]))
        self.factors = [scale] if scale < 4 else [2, 2]
        for i, factor in enumerate(self.factors):
            up = conv(nf, nf * factor**2)
            if layout == "mmediting":
                up = nn.ModuleDict({"upsample_conv": up})
            setattr(self, self.up.format(i + 1), up)
        setattr(self, self.hr, conv(nf, nf))
        self.conv_last = conv(nf, channels)

    def forward(self, x):
        y = getattr(self, self.trunk)(F.leaky_relu(self.conv_first(x), 0.1))
        for i, factor in enumerate(self.factors):
            up = getattr(self, self.up.format(i + 1))
            up = up["upsample_conv"] if isinstance(up, nn.ModuleDict) else up
            y = F.pixel_shuffle(up(y), factor)
            y = F.leaky_relu(y, 0.1) if self.activates_ups else y
        y = self.conv_last(F.leaky_relu(getattr(self, self.hr)(y), 0.1))
        return y + F.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)

    def last(self):
        return self.conv_last


class Separable(nn.Module):
    """A convolution a channel, then a 1x1."""

    def __init__(self, in_channels, out_channels, kernel, bias=True):
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel, padding=kernel // 2, groups=in_channels, bias=bias
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=bias)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class SeparableBlock(NamedBlock):
    """The same with a separable convolution."""

    def __init__(self, in_channels, out_channels, kernel, norm=True, activated=True):
        super().__init__(in_channels, out_channels, kernel, norm, activated)
        self.cnn = Separable(in_channels, out_channels, kernel, bias=not norm)


class SwiftSRGAN(nn.Module):
    """Krishnan & Krishnan 2021 (arXiv 2111.14320): SRGAN's generator of separable convolutions."""

    unshuffle = 1
    centre = 0.0

    def __init__(self, channels, nf, nb, ups):
        super().__init__()
        self.scale, self.channels = 2**ups, channels
        self.initial = SeparableBlock(channels, nf, 9, norm=False)
        self.residual = nn.ModuleList()
        for _ in range(nb):
            one, two = SeparableBlock(nf, nf, 3), SeparableBlock(nf, nf, 3, activated=False)
            self.residual.append(nn.ModuleDict({"block1": one, "block2": two}))
        self.convblock = SeparableBlock(nf, nf, 3, activated=False)
        self.upsampler = nn.ModuleList()
        for _ in range(ups):
            up = {"conv": Separable(nf, 4 * nf, 3), "act": nn.PReLU(nf)}
            self.upsampler.append(nn.ModuleDict(up))
        self.final_conv = Separable(nf, channels, 9)

    def forward(self, x):
        first = x = self.initial(x)
        for block in self.residual:
            x = x + block["block2"](block["block1"](x))
        x = first + self.convblock(x)
        for up in self.upsampler:
            x = up["act"](F.pixel_shuffle(up["conv"](x), 2))
        return (torch.tanh(self.final_conv(x)) + 1) / 2

    def last(self):
        return self.final_conv.pointwise

"""Plain stacks, some of which are trained with branches, in PyTorch, written from their papers: as
networks.py and networks_plain.py."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv


class ArtCNN(nn.Module):
    """ArtCNN with ReLU, as neosr and traiNNer-redux train it."""

    unshuffle = 1

    def __init__(self, channels, nf, nb, scale):
        super().__init__()
        self.scale = scale

        def block():
            layers = [nn.Sequential(conv(nf, nf), nn.ReLU()) for _ in range(2)]
            return nn.ModuleDict({"conv": nn.Sequential(*layers, conv(nf, nf))})

        self.conv0 = conv(channels, nf)
        self.res_block = nn.ModuleList([block() for _ in range(nb)] + [conv(nf, nf)])
        shuffle = [conv(nf, channels * scale**2), nn.PixelShuffle(scale)]
        self.depth_to_space = nn.ModuleDict({"upscale": nn.Sequential(*shuffle)})

    def forward(self, x):
        first = x = self.conv0(x)
        *blocks, last = self.res_block
        for block in blocks:
            x = x + block["conv"](x)
        return self.depth_to_space["upscale"](first + last(x))

    def last(self):
        return self.depth_to_space["upscale"][0]


class Branch(nn.Module):
    """A 1x1 and a 3x3 convolution behind each other, on the picture padded with zeros."""

    def __init__(self, in_channels, middle, out_channels):
        super().__init__()
        self.k0 = nn.Parameter(torch.zeros(middle, in_channels, 1, 1))
        self.b0 = nn.Parameter(torch.zeros(middle))
        self.k1 = nn.Parameter(torch.zeros(out_channels, middle, 3, 3))
        self.b1 = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x):
        return F.conv2d(F.conv2d(F.pad(x, (1, 1, 1, 1)), self.k0, self.b0), self.k1, self.b1)


class EdgeBranch(nn.Module):
    """The same with a fixed edge filter a channel, of trained strength."""

    def __init__(self, in_channels, channels, edge):
        super().__init__()
        self.k0 = nn.Parameter(torch.zeros(channels, in_channels, 1, 1))
        self.b0 = nn.Parameter(torch.zeros(channels))
        self.scale = nn.Parameter(torch.zeros(channels, 1, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.mask = nn.Parameter(torch.zeros(channels, 1, 3, 3), requires_grad=False)
        self.edge = edge

    def settle(self):
        self.mask.data = torch.tensor(self.edge, dtype=torch.float64).expand_as(self.mask).clone()
        self.scale.data *= 0.125

    def forward(self, x):
        x = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.k0, self.b0)
        return F.conv2d(x, self.scale * self.mask, self.bias, groups=len(self.scale))


class EdgeBlock(nn.Module):
    """ECBSR's edge-oriented convolution block. Without branches: as it is saved for use."""

    def __init__(self, in_channels, out_channels, branches):
        super().__init__()
        self.conv3x3 = conv(in_channels, out_channels)
        if branches:
            sobel = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
            laplacian = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
            self.conv1x1_3x3 = Branch(in_channels, 2 * out_channels, out_channels)
            self.conv1x1_sbx = EdgeBranch(in_channels, out_channels, sobel)
            self.conv1x1_sby = EdgeBranch(in_channels, out_channels, list(zip(*sobel)))
            self.conv1x1_lpl = EdgeBranch(in_channels, out_channels, laplacian)

    def forward(self, x):
        parts = [part for name, part in self.named_children() if name.startswith("conv")]
        return sum(part(x) for part in parts)


class ECBSR(nn.Module):
    """Zhang et al. 2021. `range`: of the samples that it takes; `activation`: prelu or relu;
    `deployed`: named as BasicSR saves the stack for use."""

    unshuffle = 1
    is_residual = True

    def __init__(self, channels, nf, nb, scale, range=1, activation="prelu", deployed=False,
                 branches=True):
        super().__init__()
        self.scale, self.range, self.activation, self.deployed = scale, range, activation, deployed
        sizes = [channels] + [nf] * (nb + 1) + [channels * scale**2]
        self.backbone = nn.ModuleList()
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            is_last = i == nb + 1
            slopes = [nn.PReLU(b)] if activation == "prelu" and not is_last else []
            if deployed:
                self.backbone.append(nn.Sequential(conv(a, b), *slopes))
            else:
                block = EdgeBlock(a, b, branches)
                if slopes:
                    block.act = slopes[0]
                self.backbone.append(block)

    def settle(self):
        for module in self.modules():
            if isinstance(module, EdgeBranch):
                module.settle()

    def forward(self, x):
        y = x * self.range
        for layer in self.backbone:
            y = layer[0](y) if self.deployed else layer(y)
            if layer is not self.backbone[-1]:
                slopes = [m for m in layer.modules() if isinstance(m, nn.PReLU)]
                y = slopes[0](y) if slopes else F.relu(y)
        base = F.interpolate(x, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(y, self.scale) / self.range + base

    def last(self):
        return self.backbone[-1][0] if self.deployed else self.backbone[-1].conv3x3


class ABPN(nn.Module):
    """Du et al. 2021, as it is ported to PyTorch."""

    unshuffle = 1
    is_residual = True

    def __init__(self, nf, nb, scale):
        super().__init__()
        self.scale = scale
        blocks = [nn.Sequential(conv(nf, nf), nn.ReLU()) for _ in range(nb)]
        out = 3 * scale**2
        tail = [conv(nf, out), nn.ReLU(), conv(out, out)]
        self.backbone = nn.Sequential(conv(3, nf), nn.ReLU(), *blocks, *tail)

    def forward(self, x):
        base = F.interpolate(x, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(self.backbone(x), self.scale) + base

    def last(self):
        return self.backbone[-1]


class Joined(nn.Module):
    """A stack into which ETDS's authors joined the picture that others add to its result: two last
    layers clip it, and at x3 it has a spare channel. `named`: of abpn or ecbsr."""

    unshuffle = 1

    def __init__(self, nf, nb, scale, named):
        super().__init__()
        self.scale, self.out, self.named = scale, 3 * scale**2, named
        out = self.out + (scale == 3)
        widened = out + 4 if named == "abpn" else nf

        def layer(a, b, kernel=3, activation=None):
            return nn.Sequential(conv(a, b, kernel), activation or nn.ReLU())

        if named == "abpn":
            parts = [conv(3, nf), nn.ReLU(), *[layer(nf, nf) for _ in range(nb)]]
            parts += [conv(nf, widened), nn.ReLU(), conv(widened, out), nn.ReLU()]
            parts += [conv(out, out, 1), nn.ReLU()]
        else:
            parts = [layer(a, nf, 3, nn.PReLU(nf)) for a in [3] + [nf] * nb]
            parts += [layer(nf, out), layer(out, out, 1)]
        self.backbone = nn.Sequential(*parts)

    def forward(self, x):
        return F.pixel_shuffle(self.backbone(x)[:, : self.out], self.scale)

    def last(self):
        return [m for m in self.backbone.modules() if isinstance(m, nn.Conv2d)][-1]


class ETDS(nn.Module):
    """Chao et al. 2023 (arXiv 2303.09650), in training: nf features, nr channels that carry the
    picture."""

    unshuffle = 1

    def __init__(self, channels, nf, nr, nb, scale):
        super().__init__()
        self.scale = scale
        out = channels * scale**2
        self.conv_first, self.conv_residual_first = conv(channels, nf), conv(channels, nr)
        self.backbone_convs = nn.ModuleList([conv(nf, nf) for _ in range(nb)])
        self.residual_convs = nn.ModuleList([conv(nr, nr) for _ in range(nb)])
        self.add_residual_convs = nn.ModuleList([conv(nr, nf) for _ in range(nb)])
        self.conv_last, self.conv_residual_last = conv(nf, out), conv(nr, out)

    def forward(self, x):
        x, r = F.relu(self.conv_first(x)), F.relu(self.conv_residual_first(x))
        for features, picture, added in zip(
            self.backbone_convs, self.residual_convs, self.add_residual_convs
        ):
            x, r = F.relu(features(x) + added(r)), F.relu(picture(r))
        return F.pixel_shuffle(self.conv_last(x) + self.conv_residual_last(r), self.scale)

    def last(self):
        return self.conv_last


class JoinedETDS(nn.Module):
    """The same as it is used: one stack, which clips its result; at x3 with a spare channel."""

    unshuffle = 1

    def __init__(self, channels, nf, nb, scale):
        super().__init__()
        self.scale, self.out = scale, channels * scale**2
        out = self.out + (scale == 3)
        self.conv_first = conv(channels, nf)
        self.backbone_convs = nn.ModuleList([conv(nf, nf) for _ in range(nb)])
        self.conv_last, self.conv_clip = conv(nf, out), conv(out, out, 1)

    def forward(self, x):
        x = F.relu(self.conv_first(x))
        for layer in self.backbone_convs:
            x = F.relu(layer(x))
        x = F.relu(self.conv_clip(F.relu(self.conv_last(x))))
        return F.pixel_shuffle(x[:, : self.out], self.scale)

    def last(self):
        return self.conv_clip

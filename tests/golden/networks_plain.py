"""Networks of plain convolutions, in PyTorch, written from their papers: as networks.py.

`last()` is the layer whose weights decide how large the result is; `is_residual` says that something
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
    which has four layers and ReLU; numbered for leftthomas's and ETDS's, which end in a sigmoid."""

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
        x = F.pixel_shuffle(last(x), self.scale)
        return torch.sigmoid(x) if self.naming == "numbered" else x

    def last(self):
        return [m for m in self.modules() if isinstance(m, nn.Conv2d)][-1]


class VDSR(nn.Module):
    """Kim et al. 2016 (arXiv 1511.04587), on luma that is already enlarged; no biases."""

    scale = unshuffle = 1
    is_residual = True

    def __init__(self, nf, layers, trunk=False):
        super().__init__()
        self.trunk_named = trunk

        def idle(in_channels, out_channels):
            return nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)

        middle = [nn.ModuleDict({"conv": idle(nf, nf)}) for _ in range(layers - 2)]
        if trunk:
            self.conv1 = nn.Sequential(idle(1, nf))
            self.trunk, self.conv2 = nn.ModuleList(middle), idle(nf, 1)
        else:
            self.input, self.residual_layer = idle(1, nf), nn.ModuleList(middle)
            self.output = idle(nf, 1)

    def forward(self, x):
        *first, last = (m for m in self.modules() if isinstance(m, nn.Conv2d))
        y = x
        for layer in first:
            y = F.relu(layer(y))
        return last(y) + x

    def last(self):
        return self.conv2 if self.trunk_named else self.output


class IRCNN(nn.Module):
    """Zhang et al. 2017 (arXiv 1704.03264): the denoiser."""

    scale = unshuffle = 1
    is_residual = True

    def __init__(self, channels, nf):
        super().__init__()
        sizes = [channels] + [nf] * 6 + [channels]
        parts = []
        for a, b, d in zip(sizes, sizes[1:], (1, 2, 3, 4, 3, 2, 1)):
            parts += [nn.Conv2d(a, b, 3, padding=d, dilation=d), nn.ReLU()]
        self.model = nn.Sequential(*parts[:-1])

    def forward(self, x):
        return x - self.model(x)

    def last(self):
        return self.model[-1]


class DnCNN(nn.Module):
    """Zhang et al. 2017 (arXiv 1608.03981). `norm`: batch norms of this epsilon. `noise_level`, of
    samples of 0...255: FDnCNN, which is told it and finds the picture itself. `down`: FFDNet (arXiv
    1710.04026), which does so of the picture unshuffled by that."""

    scale = unshuffle = 1

    def __init__(self, channels, nf, layers, prefix="model", norm=None, noise_level=None, down=1):
        super().__init__()
        self.noise_level, self.prefix, self.down = noise_level, prefix, down
        self.is_residual, self.channels = noise_level is None, channels
        channels *= down**2
        in_channels = channels + (noise_level is not None)
        parts = [conv(in_channels, nf), nn.ReLU()]
        for _ in range(layers - 2):
            parts.append(nn.Conv2d(nf, nf, 3, padding=1, bias=norm is None or prefix == "model"))
            parts += [nn.BatchNorm2d(nf, eps=norm)] if norm else []
            parts.append(nn.ReLU())
        setattr(self, prefix, nn.Sequential(*parts, conv(nf, channels)))

    def forward(self, x):
        if self.noise_level is None:
            return x - getattr(self, self.prefix)(x)
        height, width = x.shape[2:]
        x = F.pad(x, (0, -width % self.down, 0, -height % self.down), "replicate")
        x = F.pixel_unshuffle(x, self.down)
        level = torch.full_like(x[:, :1], self.noise_level / 255)
        x = F.pixel_shuffle(getattr(self, self.prefix)(torch.cat([x, level], 1)), self.down)
        return x[:, :, :height, :width]

    def last(self):
        return getattr(self, self.prefix)[-1]

"""Networks that join what their layers give, in PyTorch, written from their papers: as networks.py
and networks_plain.py."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import conv
from networks_residual import RGB_MEAN


class ResidualDense(nn.Module):
    """RDN (arXiv 1802.08797), figure 3. The names are those of one of two layouts."""

    def __init__(self, nf, growth, layers, names):
        super().__init__()
        self.dense, self.fusion, wrap = names
        dense = [wrap(conv(nf + i * growth, growth)) for i in range(layers)]
        setattr(self, self.dense, nn.Sequential(*dense))
        setattr(self, self.fusion, conv(nf + layers * growth, nf, 1))

    def forward(self, x):
        seen = [x]
        for layer in getattr(self, self.dense):
            layer = next(m for m in layer.modules() if isinstance(m, nn.Conv2d))
            seen.append(F.relu(layer(torch.cat(seen, 1))))
        return x + getattr(self, self.fusion)(torch.cat(seen, 1))


class RDN(nn.Module):
    """Zhang et al. 2018 (arXiv 1802.08797), named sfe1 to output."""

    unshuffle = 1

    def __init__(self, channels, nf, growth, nb, layers, scale):
        super().__init__()
        self.scale = scale
        names = ("layers", "lff", lambda layer: nn.ModuleDict({"conv": layer}))
        self.sfe1, self.sfe2 = conv(channels, nf), conv(nf, nf)
        self.rdbs = nn.ModuleList([ResidualDense(nf, growth, layers, names) for _ in range(nb)])
        self.gff = nn.Sequential(conv(nf * nb, nf, 1), conv(nf, nf))
        factors = [2] * (scale // 2) if scale in (2, 4) else [scale]
        ups = [[conv(nf, nf * factor**2), nn.PixelShuffle(factor)] for factor in factors]
        self.upscale = nn.Sequential(*[part for up in ups for part in up])
        self.output = conv(nf, channels)

    def forward(self, x):
        first = self.sfe1(x)
        x, local = self.sfe2(first), []
        for block in self.rdbs:
            x = block(x)
            local.append(x)
        return self.output(self.upscale(first + self.gff(torch.cat(local, 1))))

    def last(self):
        return self.output


class NumberedRDN(nn.Module):
    """The same named SFENet1 to UPNet, on samples of 0...255; it narrows before it enlarges."""

    unshuffle = 1

    def __init__(self, nf, growth, nb, layers, ups):
        super().__init__()
        self.scale = 2**ups
        names = ("convs", "LFF", lambda layer: nn.ModuleDict({"conv": nn.Sequential(layer)}))
        self.SFENet1, self.SFENet2 = conv(3, nf), conv(nf, nf)
        self.RDBs = nn.ModuleList([ResidualDense(nf, growth, layers, names) for _ in range(nb)])
        self.GFF = nn.Sequential(conv(nf * nb, nf, 1), conv(nf, nf))
        tail = []
        for i in range(ups):
            tail += [conv(nf if i == 0 else growth, 4 * growth), nn.PixelShuffle(2)]
        self.UPNet = nn.Sequential(*tail, conv(growth, 3))

    def forward(self, x):
        first = self.SFENet1(x * 255)
        x, local = self.SFENet2(first), []
        for block in self.RDBs:
            x = block(x)
            local.append(x)
        return self.UPNet(first + self.GFF(torch.cat(local, 1))) / 255

    def last(self):
        return self.UPNet[-1]


class Body(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x)


class CARNBlock(Body):
    """CARN's residual block; with groups, CARN-M's efficient one."""

    def __init__(self, nf, groups):
        def layer():
            return nn.Conv2d(nf, nf, 3, padding=1, groups=groups)

        point = [nn.ReLU(), conv(nf, nf, 1)] if groups > 1 else []
        super().__init__(layer(), nn.ReLU(), layer(), *point)

    def forward(self, x):
        return F.relu(self.body(x) + x)


class Cascade(nn.Module):
    """Three steps b1, b2, b3, each fused with all before it by c1, c2, c3."""

    def __init__(self, nf, step, shared=False):
        super().__init__()
        for i in range(1, 2 if shared else 4):
            setattr(self, f"b{i}", step())
        for i in range(1, 4):
            setattr(self, f"c{i}", Body(conv((i + 1) * nf, nf, 1), nn.ReLU()))
        self.shared = shared

    def forward(self, x):
        seen = x
        for i in range(1, 4):
            step = self.b1 if self.shared else getattr(self, f"b{i}")
            seen = torch.cat([seen, step(x)], 1)
            x = getattr(self, f"c{i}")(seen)
        return x


class Shift(nn.Module):
    def __init__(self):
        super().__init__()
        self.shifter = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.shifter(x)


class CARN(Cascade):
    """Ahn et al. 2018 (arXiv 1803.08664). Groups above 1: CARN-M. `scales`: all that the file holds,
    of which `scale` is run."""

    unshuffle = 1
    is_residual = True

    def __init__(self, nf, scale, scales=None, groups=1):
        super().__init__(nf, lambda: Cascade(nf, lambda: CARNBlock(nf, groups), groups > 1))
        self.scale, self.channels = scale, 3
        self.sub_mean, self.add_mean = Shift(), Shift()
        self.entry, self.exit = conv(3, nf), conv(nf, 3)
        self.upsample = nn.Module()
        for each in scales or [scale]:
            layers = []
            for factor in [3] if each == 3 else [2] * (each.bit_length() - 1):
                up = nn.Conv2d(nf, nf * factor**2, 3, padding=1, groups=groups)
                layers += [up, nn.ReLU(), nn.PixelShuffle(factor)]
            setattr(self.upsample, f"up{each}" if scales else "up", Body(*layers))
        self.up = f"up{scale}" if scales else "up"

    def settle(self):
        for layer, sign in ((self.sub_mean.shifter, -1), (self.add_mean.shifter, 1)):
            layer.weight.data = torch.eye(3, dtype=torch.float64).view(3, 3, 1, 1)
            layer.bias.data = torch.tensor(RGB_MEAN, dtype=torch.float64) * sign

    def forward(self, x):
        x = super().forward(self.entry(self.sub_mean(x)))
        return self.add_mean(self.exit(getattr(self.upsample, self.up)(x)))

    def last(self):
        return self.exit

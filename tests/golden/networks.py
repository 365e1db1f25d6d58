"""The networks that fovea runs, in PyTorch, written from their papers.

Their tensors carry the names that are in use. Pictures are (N, C, H, W), samples 0...1."""

import torch
from torch import nn
from torch.nn import functional as F


def conv(in_channels, out_channels, kernel=3):
    return nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)


class DenseBlock(nn.Module):
    """ESRGAN (arXiv 1809.00219), figure 4: five convolutions, each seeing all that came before."""

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        for i in range(1, 5):
            setattr(self, f"conv{i}", conv(num_feat + (i - 1) * num_grow_ch, num_grow_ch))
        self.conv5 = conv(num_feat + 4 * num_grow_ch, num_feat)

    def forward(self, x):
        seen = [x]
        for i in range(1, 5):
            seen.append(F.leaky_relu(getattr(self, f"conv{i}")(torch.cat(seen, 1)), 0.2))
        return self.conv5(torch.cat(seen, 1)) * 0.2 + x


class ResidualInResidual(nn.Module):
    """Three dense blocks inside one more residual connection of strength 0.2."""

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow_ch)
        self.rdb2 = DenseBlock(num_feat, num_grow_ch)
        self.rdb3 = DenseBlock(num_feat, num_grow_ch)

    def forward(self, x):
        return self.rdb3(self.rdb2(self.rdb1(x))) * 0.2 + x


class RRDBNet(nn.Module):
    """ESRGAN's generator; `unshuffle` 2 or 4 is Real-ESRGAN's input (arXiv 2107.10833) for
    scales 2 and 1."""

    def __init__(
        self, in_channels, out_channels, num_feat, num_block, num_grow_ch, ups=2, unshuffle=1
    ):
        super().__init__()
        self.ups = ups
        self.unshuffle = unshuffle
        self.conv_first = conv(in_channels * unshuffle**2, num_feat)
        self.body = nn.Sequential(
            *[ResidualInResidual(num_feat, num_grow_ch) for _ in range(num_block)]
        )
        self.conv_body = conv(num_feat, num_feat)
        for i in range(1, ups + 1):
            setattr(self, f"conv_up{i}", conv(num_feat, num_feat))
        self.conv_hr = conv(num_feat, num_feat)
        self.conv_last = conv(num_feat, out_channels)

    @property
    def scale(self):
        return 2**self.ups // self.unshuffle

    def forward(self, x):
        if self.unshuffle > 1:
            x = F.pixel_unshuffle(x, self.unshuffle)
        x = self.conv_first(x)
        x = x + self.conv_body(self.body(x))
        for i in range(1, self.ups + 1):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = F.leaky_relu(getattr(self, f"conv_up{i}")(x), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(x), 0.2))

    def last(self):
        return self.conv_last


class DenseBlock2018(nn.Module):
    """The same block as DenseBlock, each convolution with its activation in a Sequential.
    `shortcuts`: ESRGAN+ (arXiv 2001.08073), figure 2."""

    def __init__(self, nf, gc, shortcuts):
        super().__init__()
        self.shortcuts = shortcuts
        if shortcuts:
            self.conv1x1 = nn.Conv2d(nf, gc, 1, bias=False)
        for i in range(1, 5):
            setattr(self, f"conv{i}", nn.Sequential(conv(nf + (i - 1) * gc, gc), nn.LeakyReLU(0.2)))
        self.conv5 = nn.Sequential(conv(nf + 4 * gc, nf))

    def forward(self, x):
        x1 = self.conv1(x)
        x2 = self.conv2(torch.cat((x, x1), 1))
        if self.shortcuts:
            x2 = x2 + self.conv1x1(x)
        x3 = self.conv3(torch.cat((x, x1, x2), 1))
        x4 = self.conv4(torch.cat((x, x1, x2, x3), 1))
        if self.shortcuts:
            x4 = x4 + x2
        return self.conv5(torch.cat((x, x1, x2, x3, x4), 1)) * 0.2 + x


class RRDB2018(nn.Module):
    def __init__(self, nf, gc, shortcuts):
        super().__init__()
        self.RDB1 = DenseBlock2018(nf, gc, shortcuts)
        self.RDB2 = DenseBlock2018(nf, gc, shortcuts)
        self.RDB3 = DenseBlock2018(nf, gc, shortcuts)

    def forward(self, x):
        return self.RDB3(self.RDB2(self.RDB1(x))) * 0.2 + x


class ShortcutBlock(nn.Module):
    def __init__(self, *members):
        super().__init__()
        self.sub = nn.Sequential(*members)

    def forward(self, x):
        return x + self.sub(x)


class ESRGAN2018(nn.Module):
    """RRDBNet as ESRGAN's first code lays it out, one Sequential: model.0 ... model.10."""

    unshuffle = 1

    def __init__(self, in_channels, out_channels, nf, nb, gc, ups=2, shortcuts=False):
        super().__init__()
        self.scale = 2**ups
        blocks = [RRDB2018(nf, gc, shortcuts) for _ in range(nb)]
        layers = [conv(in_channels, nf), ShortcutBlock(*blocks, conv(nf, nf))]
        for _ in range(ups):
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), conv(nf, nf), nn.LeakyReLU(0.2)]
        layers += [conv(nf, nf), nn.LeakyReLU(0.2), conv(nf, out_channels)]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)

    def last(self):
        return self.model[-1]


class RRDB2020(nn.Module):
    def __init__(self, nf, gc):
        super().__init__()
        self.RDB1 = DenseBlock(nf, gc)
        self.RDB2 = DenseBlock(nf, gc)
        self.RDB3 = DenseBlock(nf, gc)

    def forward(self, x):
        return self.RDB3(self.RDB2(self.RDB1(x))) * 0.2 + x


class ESRGAN2020(nn.Module):
    """RRDBNet as ESRGAN's later code, BSRGAN and RealSR name its parts."""

    unshuffle = 1

    def __init__(self, in_channels, out_channels, nf, nb, gc, ups=2):
        super().__init__()
        self.scale = 2**ups
        self.conv_first = conv(in_channels, nf)
        self.RRDB_trunk = nn.Sequential(*[RRDB2020(nf, gc) for _ in range(nb)])
        self.trunk_conv = conv(nf, nf)
        for i in range(1, ups + 1):
            setattr(self, f"upconv{i}", conv(nf, nf))
        self.ups = ups
        self.HRconv = conv(nf, nf)
        self.conv_last = conv(nf, out_channels)

    def forward(self, x):
        x = self.conv_first(x)
        x = x + self.trunk_conv(self.RRDB_trunk(x))
        for i in range(1, self.ups + 1):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = F.leaky_relu(getattr(self, f"upconv{i}")(x), 0.2)
        return self.conv_last(F.leaky_relu(self.HRconv(x), 0.2))

    def last(self):
        return self.conv_last


class SRVGGNetCompact(nn.Module):
    """Real-ESRGAN's compact network: convolutions at the picture's size, pixel shuffle, added to
    the picture enlarged by repetition. `act_type`: prelu, relu or leakyrelu (slope 0.1)."""

    def __init__(self, in_channels, out_channels, num_feat, num_conv, upscale, act_type="prelu"):
        super().__init__()
        self.scale = upscale
        self.unshuffle = 1
        activation = {
            "prelu": lambda: nn.PReLU(num_feat),
            "relu": nn.ReLU,
            "leakyrelu": lambda: nn.LeakyReLU(0.1),
        }[act_type]
        layers = []
        for i in range(num_conv + 1):
            layers += [conv(in_channels if i == 0 else num_feat, num_feat), activation()]
        layers.append(conv(num_feat, out_channels * upscale**2))
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        base = F.interpolate(x, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(self.body(x), self.scale) + base

    def last(self):
        return self.body[-1]


class Conv3XC(nn.Module):
    """SPAN's convolution as it is trained: 1x1, 3x3 and 1x1 behind each other on the padded
    picture, a 1x1 beside them. `eval_conv`, which trainers store for use, is stale here."""

    def __init__(self, in_channels, out_channels, gain=2):
        super().__init__()
        self.sk = conv(in_channels, out_channels, 1)
        self.conv = nn.Sequential(
            nn.Conv2d(in_channels, in_channels * gain, 1),
            nn.Conv2d(in_channels * gain, out_channels * gain, 3),
            nn.Conv2d(out_channels * gain, out_channels, 1),
        )
        self.eval_conv = conv(in_channels, out_channels)

    def forward(self, x):
        return self.conv(F.pad(x, (1, 1, 1, 1))) + self.sk(x)


class SPAB(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.c1_r = Conv3XC(channels, channels)
        self.c2_r = Conv3XC(channels, channels)
        self.c3_r = Conv3XC(channels, channels)

    def forward(self, x):
        # The first result is handed on activated: its authors' activation works in place.
        first = F.silu(self.c1_r(x))
        third = self.c3_r(F.silu(self.c2_r(first)))
        return (third + x) * (torch.sigmoid(third) - 0.5), first


class SPAN(nn.Module):
    """Swift parameter-free attention network (arXiv 2311.12770)."""

    unshuffle = 1

    def __init__(self, in_channels, out_channels, feature_channels, upscale, norm=True):
        super().__init__()
        self.scale = upscale
        self.norm = norm
        self.conv_1 = Conv3XC(in_channels, feature_channels)
        for i in range(1, 7):
            setattr(self, f"block_{i}", SPAB(feature_channels))
        self.conv_cat = conv(4 * feature_channels, feature_channels, 1)
        self.conv_2 = Conv3XC(feature_channels, feature_channels)
        self.upsampler = nn.Sequential(
            conv(feature_channels, out_channels * upscale**2), nn.PixelShuffle(upscale)
        )
        if not norm:
            self.register_buffer("no_norm", torch.zeros(1))

    def forward(self, x):
        if self.norm:
            x = (x - torch.tensor([0.4488, 0.4371, 0.4040]).to(x).view(1, 3, 1, 1)) * 255
        first = self.conv_1(x)
        after_first, _ = self.block_1(first)
        y = after_first
        for i in range(2, 7):
            y, inside = getattr(self, f"block_{i}")(y)
        y = self.conv_2(y)
        return self.upsampler(self.conv_cat(torch.cat([first, y, after_first, inside], 1)))

    def last(self):
        return self.upsampler[0]


class SRCNN(nn.Module):
    """SRCNN (arXiv 1501.00092) on luma that is already enlarged. `steps` names the layers after
    the paper's three steps instead of conv1, conv2, conv3."""

    scale = 1
    unshuffle = 1

    def __init__(self, widths, kernels, steps=False):
        super().__init__()
        layers = [
            conv(1, widths[0], kernels[0]),
            conv(widths[0], widths[1], kernels[1]),
            conv(widths[1], 1, kernels[2]),
        ]
        if steps:
            self.features, self.map = nn.Sequential(layers[0]), nn.Sequential(layers[1])
            self.reconstruction = layers[2]
        else:
            self.conv1, self.conv2, self.conv3 = layers

    def forward(self, x):
        first, second, third = (m for m in self.modules() if isinstance(m, nn.Conv2d))
        return third(F.relu(second(F.relu(first(x)))))

    def last(self):
        return self.reconstruction if hasattr(self, "reconstruction") else self.conv3

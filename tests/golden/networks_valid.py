"""Networks of convolutions without padding, in PyTorch: as networks_plain.py. They pad the picture
before the first layer, for as far as all layers take away."""

import torch
from torch import nn
from torch.nn import functional as F


def valid(in_channels, out_channels, kernel=3, stride=1):
    return nn.Conv2d(in_channels, out_channels, kernel, stride)


class Waifu2x(nn.Module):
    """waifu2x's vgg_7, or its upconv_7 where it enlarges; the picture goes on as its border."""

    unshuffle = 1

    def __init__(self, widths, upconv=False):
        super().__init__()
        self.scale = 2 if upconv else 1
        layers = []
        for i, width in enumerate(widths):
            layers += [valid(widths[i - 1] if i > 0 else 3, width), nn.LeakyReLU(0.1)]
        if upconv:
            layers.append(nn.ConvTranspose2d(widths[-1], 3, 4, 2, 3))
        else:
            layers.append(valid(widths[-1], 3))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(F.pad(x, (7,) * 4, "replicate")).clamp(0, 1)

    def last(self):
        return self.net[-1]


class Gate(nn.Module):
    """Squeeze and excitation (arXiv 1709.01507)."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = valid(channels, channels // 2, 1)
        self.conv2 = valid(channels // 2, channels, 1)

    def forward(self, x):
        mean = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.conv2(F.relu(self.conv1(mean))))


class Pair(nn.Module):
    def __init__(self, in_channels, between, out_channels, gate=True):
        super().__init__()
        self.conv = nn.Sequential(
            valid(in_channels, between), nn.LeakyReLU(0.1), valid(between, out_channels), nn.LeakyReLU(0.1)
        )
        if gate:
            self.seblock = Gate(out_channels)

    def forward(self, x):
        x = self.conv(x)
        return self.seblock(x) if hasattr(self, "seblock") else x


def up(channels):
    return nn.ConvTranspose2d(channels, channels, 2, 2)


def inner(x, pixels):
    return x[:, :, pixels:-pixels, pixels:-pixels]


def leaky(x):
    return F.leaky_relu(x, 0.1)


class UNet1(nn.Module):
    """One level deep. `enlarge`: kernel, stride and padding of its transposed last layer."""

    def __init__(self, in_channels, out_channels, width, enlarge=None):
        super().__init__()
        self.conv1 = Pair(in_channels, width // 2, width, gate=False)
        self.conv1_down = valid(width, width, 2, 2)
        self.conv2 = Pair(width, 2 * width, width)
        self.conv2_up = up(width)
        self.conv3 = valid(width, width)
        if enlarge:
            self.conv_bottom = nn.ConvTranspose2d(width, out_channels, *enlarge)
        else:
            self.conv_bottom = valid(width, out_channels)

    def forward(self, x):
        outer = self.conv1(x)
        x = self.conv2(leaky(self.conv1_down(outer)))
        x = inner(outer, 4) + leaky(self.conv2_up(x))
        return self.conv_bottom(leaky(self.conv3(x)))


class UNet2(nn.Module):
    """Two levels deep."""

    def __init__(self, in_channels, out_channels, width):
        super().__init__()
        self.conv1 = Pair(in_channels, width // 2, width, gate=False)
        self.conv1_down = valid(width, width, 2, 2)
        self.conv2 = Pair(width, width, 2 * width)
        self.conv2_down = valid(2 * width, 2 * width, 2, 2)
        self.conv3 = Pair(2 * width, 2 * width, 2 * width)
        self.conv3_up = up(2 * width)
        self.conv4 = Pair(2 * width, width, width)
        self.conv4_up = up(width)
        self.conv5 = valid(width, width)
        self.conv_bottom = valid(width, out_channels)

    def forward(self, x):
        outer = self.conv1(x)
        middle = self.conv2(leaky(self.conv1_down(outer)))
        x = self.conv3(leaky(self.conv2_down(middle)))
        x = self.conv4(inner(middle, 4) + leaky(self.conv3_up(x)))
        x = inner(outer, 16) + leaky(self.conv4_up(x))
        return self.conv_bottom(leaky(self.conv5(x)))


class RealCUGAN(nn.Module):
    """Two U-Nets behind each other. `scale` 1 is waifu2x's CUnet; `fast` works on the picture
    unshuffled by 2."""

    unshuffle = 1
    probe = 44  # the picture may not be smaller than its margin

    def __init__(self, width, scale, channels=3, pro=False, fast=False):
        super().__init__()
        self.scale, self.fast, self.channels = scale, fast, channels
        self.margin = 38 if fast else {1: 28, 2: 18, 3: 14, 4: 19}[scale]
        self.multiple = 4 if fast or scale in (1, 3) else 2
        final = fast or scale == 4
        enlarge = {1: None, 2: (4, 2, 3), 3: (5, 3, 2), 4: (4, 2, 3)}[scale]
        between = width if final else channels
        self.unet1 = UNet1(channels * 4 if fast else channels, between, width, enlarge)
        self.unet2 = UNet2(between, between, width)
        if final:
            self.conv_final = valid(width, 4 * channels)
        if pro:
            self.register_buffer("pro", torch.zeros(1))
        self.is_residual = final

    def forward(self, x):
        if hasattr(self, "pro"):
            x = x * 0.7 + 0.15
        height, width = x.shape[-2:]
        more = -width % self.multiple, -height % self.multiple
        m = self.margin
        mode = "replicate" if self.scale == 1 else "reflect"
        y = F.pad(x, (m, m + more[0], m, m + more[1]), mode)
        if self.fast:
            y = F.pixel_unshuffle(y, 2)
        y = self.unet1(y)
        y = inner(y, 20) + self.unet2(y)
        if hasattr(self, "conv_final"):
            y = F.pixel_shuffle(inner(self.conv_final(y), 1), 2)
        y = y[:, :, : height * self.scale, : width * self.scale]
        if hasattr(self, "conv_final"):
            y = y + F.interpolate(x, scale_factor=self.scale, mode="nearest")
        return (y - 0.15) / 0.7 if hasattr(self, "pro") else y

    def last(self):
        return self.conv_final if hasattr(self, "conv_final") else self.unet2.conv_bottom

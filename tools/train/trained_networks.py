"""The networks that are trained here, and how their weights look once training is over."""

import torch
from torch import nn
from torch.nn import functional as F


class CollapsingConv(nn.Module):
    """A 3x3 convolution that is trained as a sum of branches: 3x3, 1x1 to `expansion` times the
    channels -> 3x3 -> 1x1 back, and the identity. The branches are collapsed into one 3x3 kernel
    before it is applied, so that training costs what the plain network costs (SESR, arXiv
    2103.09404); the wide inner product makes the same kernel easier to find."""

    def __init__(self, in_channels, out_channels, expansion=2):
        super().__init__()
        inner = expansion * max(in_channels, out_channels)
        self.plain = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.expand = nn.Conv2d(in_channels, inner, 1, bias=False)
        self.middle = nn.Conv2d(inner, inner, 3, bias=False)
        self.project = nn.Conv2d(inner, out_channels, 1, bias=False)
        self.identity = in_channels == out_channels

    def kernel(self):
        # No bias inside: at a border it would not be what zero padding gives the collapsed kernel.
        expand, project = self.expand.weight[:, :, 0, 0], self.project.weight[:, :, 0, 0]
        inner, _, height, width = self.middle.weight.shape
        middle = project @ self.middle.weight.reshape(inner, -1)
        middle = middle.reshape(-1, inner, height * width).transpose(1, 2) @ expand
        kernel = self.plain.weight + middle.transpose(1, 2).reshape(self.plain.weight.shape)
        if self.identity:
            one = torch.eye(kernel.shape[0], dtype=kernel.dtype, device=kernel.device)
            kernel = kernel + F.pad(one[:, :, None, None], (1, 1, 1, 1))
        return kernel

    def forward(self, x):
        return F.conv2d(x, self.kernel(), self.plain.bias, padding=1)


def stack(in_channels, num_feat, num_conv, out_channels):
    """`num_conv` + 1 convolutions with PReLU, and one to `out_channels`."""
    widths = [in_channels] + [num_feat] * (num_conv + 1)
    layers = []
    for before, after in zip(widths, widths[1:]):
        layers += [CollapsingConv(before, after), nn.PReLU(after)]
    return nn.Sequential(*layers, CollapsingConv(num_feat, out_channels))


def plain_stack(body):
    """The state dict of the same convolutions without branches, by the names of `body`."""
    tensors = {}
    for index, layer in enumerate(body):
        if isinstance(layer, CollapsingConv):
            tensors[f"body.{index}.weight"] = layer.kernel().detach()
            tensors[f"body.{index}.bias"] = layer.plain.bias.detach()
        else:
            tensors[f"body.{index}.weight"] = layer.weight.detach()
    return tensors


class Compact(nn.Module):
    """Real-ESRGAN's SRVGGNetCompact (arXiv 2107.10833): `num_conv` + 1 convolutions with PReLU, one
    to 3 * upscale^2 channels, pixel shuffle, and the nearest enlarged picture added. Pictures are
    (N, 3, H, W), samples 0...1."""

    def __init__(self, num_feat, num_conv, upscale):
        super().__init__()
        self.upscale = upscale
        self.body = stack(3, num_feat, num_conv, 3 * upscale**2)

    def forward(self, x):
        base = F.interpolate(x, scale_factor=self.upscale, mode="nearest")
        return F.pixel_shuffle(self.body(x), self.upscale) + base

    def plain_weights(self):
        """The state dict of SRVGGNetCompact."""
        return plain_stack(self.body)

    def load_trunk(self, state):
        """All but the last convolution from the network of another scale."""
        last = f"body.{len(self.body) - 1}."
        kept = {name: value for name, value in state.items() if not name.startswith(last)}
        missing, unexpected = self.load_state_dict(kept, strict=False)
        if unexpected or any(not name.startswith(last) for name in missing):
            raise ValueError(f"not a network of the same width and depth: {missing} {unexpected}")


class Restorer(nn.Module):
    """The same stack at half the picture's size, behind a pixel unshuffle, as FFDNet (arXiv
    1710.04026) has it: four times the view for a fourth of the work. Pictures are (N, 4, H, W), red,
    green and blue of 0...1 and a channel that is one number everywhere, which the first convolution
    is given beside them; its zero padding pads that too. Odd sides are mirrored to even ones."""

    upscale = 1
    # What the channel tells, and what to tell of a picture that comes from no JPEG file.
    metadata = {"condition": "quality", "quality": 50}

    def __init__(self, num_feat, num_conv):
        super().__init__()
        self.body = stack(3 * 4 + 1, num_feat, num_conv, 3 * 4)

    def forward(self, x):
        height, width = x.shape[2:]
        x = F.pad(x, (0, width % 2, 0, height % 2), mode="reflect")
        picture, told = x[:, :3], x[:, 3:, ::2, ::2]
        found = self.body(torch.cat([F.pixel_unshuffle(picture, 2), told], 1))
        return (picture + F.pixel_shuffle(found, 2))[:, :, :height, :width]

    def plain_weights(self):
        return plain_stack(self.body)


class ResidualBlock(nn.Module):
    SLOPE = 0.1  # of what is negative: with none at all most of the lower levels' features died

    def __init__(self, features):
        super().__init__()
        self.first = nn.Conv2d(features, features, 3, padding=1)
        self.second = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x):
        return x + self.second(F.leaky_relu(self.first(x), self.SLOPE))


class DamageUNet(nn.Module):
    """Takes damage off photographs and tells where it was: a U-Net (arXiv 1505.04597) of residual
    blocks whose first level lies behind a pixel unshuffle, as do the others each behind one more.
    Its last convolution tells what is to be added everywhere, what where there is damage, and the
    logits of the mask, by which the latter is multiplied: what is undamaged is left alone. Pictures
    are (N, 3, H, W), samples 0...1; the mask is a fourth channel of what is returned."""

    upscale = 1

    def __init__(self, widths, blocks):
        super().__init__()
        self.multiple = 2 ** len(widths)  # sides are continued to it by their last pixels

        def level(features, count):
            return nn.Sequential(*(ResidualBlock(features) for _ in range(count)))

        self.enter = nn.Conv2d(3 * 4, widths[0], 3, padding=1)
        steps = list(zip(widths, widths[1:]))
        self.down = nn.ModuleList(level(a, blocks) for a, _ in steps)
        self.shrink = nn.ModuleList(nn.Conv2d(4 * a, b, 1) for a, b in steps)
        self.middle = level(widths[-1], 2 * blocks)
        self.grow = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in steps)
        self.up = nn.ModuleList(level(a, blocks) for a, _ in steps)
        self.leave = nn.Conv2d(widths[0], (3 + 3 + 1) * 4, 3, padding=1)
        with torch.no_grad():
            self.leave.weight.mul_(0.1)
            self.leave.bias.zero_()

    def found(self, x):
        x, skips = self.enter(F.pixel_unshuffle(x, 2)), []
        for down, shrink in zip(self.down, self.shrink):
            x = down(x)
            skips.append(x)
            x = shrink(F.pixel_unshuffle(x, 2))
        x = self.middle(x)
        for grow, up, skip in reversed(list(zip(self.grow, self.up, skips))):
            x = up(skip + F.pixel_shuffle(grow(x), 2))
        return F.pixel_shuffle(self.leave(x), 2)

    def forward(self, x):
        height, width = x.shape[2:]
        beyond = (0, -width % self.multiple, 0, -height % self.multiple)
        found = self.found(F.pad(x, beyond, mode="replicate"))[:, :, :height, :width]
        everywhere, damage, mask = found.split((3, 3, 1), 1)
        return torch.cat([x + everywhere + damage * mask.sigmoid(), mask], 1)

    def plain_weights(self):
        return {name: value.detach() for name, value in self.state_dict().items()}


class Srcnn(nn.Module):
    """SRCNN (arXiv 1501.00092): kernels k1-k2-k3, 64 and 32 features, on luma that bicubic
    interpolation has enlarged. Pictures are (N, 1, H, W), samples 0...1."""

    upscale = 1

    def __init__(self, kernels):
        super().__init__()
        widths = (1, 64, 32, 1)
        for index, (kernel, a, b) in enumerate(zip(kernels, widths, widths[1:]), 1):
            layer = nn.Conv2d(a, b, kernel, padding=kernel // 2)
            setattr(self, f"conv{index}", layer)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.conv3(x)

    def plain_weights(self):
        return {name: value.detach() for name, value in self.state_dict().items()}

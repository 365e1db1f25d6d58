"""Luma PSNR on the pictures that are kept back, by the convention of EDSR and BasicSR: results
rounded to 8 bits, luma not rounded, `scale` pixels of border left out."""

import torch

import luma


def psnr(result, truth, border):
    """Of (1, H, W) luma 16...235."""
    inner = (slice(None), slice(border, -border), slice(border, -border))
    error = (result[inner].double() - truth[inner].double()).square().mean()
    return float(10 * torch.log10(255**2 / error))


def as_luma(samples):
    """Of (3, H, W) RGB 0...1, or of (1, H, W) that are luma / 255."""
    return luma.luma(samples) if samples.shape[0] == 3 else samples * 255


class Validation:
    """`pool`: the pairs of the pictures that are kept back."""

    def __init__(self, pool, scale):
        self.scale = scale
        self.pairs = [(small, as_luma(large)) for small, large in pool.pairs()]

    def psnr(self, network, device, count=None):
        """Mean over the first `count` pictures, or all."""
        pairs = self.pairs[:count]
        total = 0.0
        for small, truth in pairs:
            with torch.no_grad():
                result = network(small[None].to(device))[0].cpu()
            result = (result.clamp(0, 1) * 255).round() / 255
            total += psnr(as_luma(result), truth, self.scale)
        return total / len(pairs)

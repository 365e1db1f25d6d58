"""Luma PSNR on the pictures that are kept back, by the convention of EDSR and BasicSR: results
rounded to 8 bits, luma not rounded, `scale` pixels of border left out."""

import torch

import damage_validation
import jpeg_pairs
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

    def each(self, network, device, count=None):
        """Of the first `count` pairs, or all."""
        told = []
        for small, truth in self.pairs[:count]:
            with torch.no_grad():
                result = network(small[None].to(device))[0].cpu()
            result = (result.clamp(0, 1) * 255).round() / 255
            told.append(psnr(as_luma(result), truth, self.scale))
        return told

    def psnr(self, network, device, count=None):
        """Their mean."""
        told = self.each(network, device, count)
        return sum(told) / len(told)

    def figures(self, each):
        """What the exported file tells of itself, by metadata key, from each() of all pairs."""
        return {"val50_psnr_y": f"{sum(each) / len(each):.3f}"}


class JpegValidation(Validation):
    """Also tells how much better than the JPEG the result is, by quality."""

    def figures(self, each):
        qualities = jpeg_pairs.JUDGED_QUALITIES
        told = super().figures(each)
        for index, quality in enumerate(qualities):
            before = [psnr(as_luma(small[:3]), truth, self.scale)
                      for small, truth in self.pairs[index::len(qualities)]]
            after = each[index::len(qualities)]
            told[f"val50_gain_q{quality}"] = f"{(sum(after) - sum(before)) / len(after):.3f}"
        return told


def of(recipe, pool):
    if recipe.pairs == "old photos":
        return damage_validation.DamageValidation(pool)
    return (JpegValidation if recipe.pairs == "jpeg" else Validation)(pool, recipe.scale)

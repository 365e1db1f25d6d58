"""Luma PSNR on the pictures that are kept back, by the convention of EDSR and BasicSR: small
pictures of 8 bits, results rounded to 8 bits, luma not rounded, `scale` pixels of border off."""

import numpy as np
import torch

import data
import luma
import matlab_resize
import training_pictures


def psnr(result, truth, border):
    """Of (1, H, W) luma 16...235."""
    inner = (slice(None), slice(border, -border), slice(border, -border))
    error = (result[inner].double() - truth[inner].double()).square().mean()
    return float(10 * torch.log10(255**2 / error))


def tensor(picture):
    """(C, H, W) of 0...1."""
    samples = np.ascontiguousarray(picture.transpose(2, 0, 1))
    return torch.from_numpy(samples).float() / 255


class Validation:
    """The pairs of `recipe`, ready in memory."""

    def __init__(self, paths, recipe):
        self.scale, self.on_luma = recipe.scale, recipe.pool == "interpolated luma"
        self.pairs = []
        for path in paths:
            large, small = matlab_resize.shrink(training_pictures.read(path), recipe.scale)
            if self.on_luma:
                small = data.luma_of(small)
                small = matlab_resize.imresize(small, *large.shape[:2])
                self.pairs.append((tensor(small), torch.from_numpy(
                    data.luma_of(large).transpose(2, 0, 1))))
            else:
                self.pairs.append((tensor(small), luma.luma(tensor(large))))

    def psnr(self, network, device, count=None):
        """Mean over the first `count` pictures, or all."""
        pairs = self.pairs[:count]
        total = 0.0
        for small, truth in pairs:
            with torch.no_grad():
                result = network(small[None].to(device))[0].cpu()
            result = (result.clamp(0, 1) * 255).round()
            result = result if self.on_luma else luma.luma(result / 255)
            total += psnr(result, truth, self.scale)
        return total / len(pairs)


def for_recipe(recipe, folder):
    return Validation(training_pictures.validation_paths(folder), recipe)

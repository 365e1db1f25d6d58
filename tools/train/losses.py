"""What training makes small."""

import torch
from torch.nn import functional as F

import luma

FREQUENCY_WEIGHT = 0.05
# The last part of training minimises the squared error, which PSNR is made of (RFDN, arXiv
# 2009.11551, and RLFN, arXiv 2205.07514, end so).
SQUARED_FROM = 0.85
# Luma counts again beside the three channels: eyes see errors there first. In units of 0...1.
LUMA_RANGE = 255


def frequency_error(result, truth):
    """Mean distance of the two spectra: holds on to texture that the mean error lets go."""
    difference = torch.fft.rfft2(result - truth, norm="ortho")
    return difference.abs().mean()


# Damage covers a few hundredths of a picture.
INSIDE_WEIGHT = 1
MASK_WEIGHT = 0.2


def loss(result, truth, progress):
    """`progress`: share of the steps that are done."""
    error = result - truth
    parts = [error]
    if error.shape[1] == 3:
        parts.append((luma.luma(error) - 16) / LUMA_RANGE)
    if progress >= SQUARED_FROM:
        # Around 1e-3 at the end: scaled to weigh against Adam's epsilon as the other one does.
        return 10 * sum(part.square().mean() for part in parts)
    absolute = sum(part.abs().mean() for part in parts)
    return absolute + FREQUENCY_WEIGHT * frequency_error(result, truth)


def damage_loss(result, truth, progress):
    """Of pictures with a mask behind them: of logits in `result`, of 0...1 in `truth`."""
    mask = truth[:, 3:]
    found = F.binary_cross_entropy_with_logits(result[:, 3:], mask)
    error, weight = result[:, :3] - truth[:, :3], 1 + INSIDE_WEIGHT * mask
    if progress >= SQUARED_FROM:
        return 10 * (weight * error.square()).mean() + MASK_WEIGHT * found
    return (weight * error.abs()).mean() + MASK_WEIGHT * found


def of(recipe):
    return damage_loss if recipe.pairs == "old photos" else loss

"""MATLAB's imresize in NumPy, as the published small pictures of Set5 and Set14 were made with:
cubic kernel of a = -0.5, stretched when shrinking, weights normalised, samples beyond a border are
the border's (imresize of before R2019), and 8-bit pictures rounded after each of the two passes.

tools/evaluation/matlab_resize.cpp is its twin; both are held to the same small pictures."""

import math

import numpy as np


def cubic(x):
    """R. Keys, Cubic convolution interpolation for digital image processing (1981), a = -0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def taps(length, out_length):
    """(out_length, taps) source positions, kept inside, and their weights."""
    scale = out_length / length
    stretch = min(scale, 1.0)
    support = 4 / stretch
    centre = (np.arange(out_length) + 0.5) / scale - 0.5
    first = np.floor(centre - support / 2).astype(np.int64)
    positions = first[:, None] + np.arange(math.ceil(support) + 2)
    weights = cubic((centre[:, None] - positions) * stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(positions, 0, length - 1), weights


def resize_axis(samples, axis, out_length):
    positions, weights = taps(samples.shape[axis], out_length)
    samples = np.moveaxis(samples, axis, 0)
    out = np.zeros((out_length, *samples.shape[1:]))
    spread = (-1,) + (1,) * (samples.ndim - 1)
    for tap in range(positions.shape[1]):
        weight = weights[:, tap]
        if weight.any():
            out += weight.reshape(spread) * samples[positions[:, tap]]
    return np.moveaxis(out, 0, axis)


def rounded(samples):
    """As MATLAB's uint8(): halves go away from zero."""
    return np.clip(np.floor(samples + 0.5), 0, 255)


def imresize(picture, height, width):
    """(H, W) or (H, W, C): uint8 gives uint8, rounded between the passes; floats give float64."""
    is_uint8 = picture.dtype == np.uint8
    settle = rounded if is_uint8 else (lambda samples: samples)
    out = picture.astype(np.float64)
    # The axis of the smaller scale comes first, rows where they are equal.
    rows_first = height * picture.shape[1] <= width * picture.shape[0]
    for axis in (0, 1) if rows_first else (1, 0):
        out = settle(resize_axis(out, axis, (height, width)[axis]))
    return out.astype(np.uint8) if is_uint8 else out


def shrink(picture, factor):
    """The small picture of a super-resolution pair: `picture` loses what is no multiple of `factor`
    first. Returns (cropped, small)."""
    height, width = (size // factor * factor for size in picture.shape[:2])
    cropped = picture[:height, :width]
    return cropped, imresize(cropped, height // factor, width // factor)

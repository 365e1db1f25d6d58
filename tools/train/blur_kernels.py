"""The kernels of Real-ESRGAN's degradations (arXiv 2107.10833, section 3; ranges of its published
configuration). All are (K, K) of float64 with K odd, and sum to 1."""

import math

import numpy as np
import torch


def offsets(size):
    half = size // 2
    return np.mgrid[-half:half + 1, -half:half + 1].astype(np.float64)


def distance(size, sigma_x, sigma_y, angle):
    """Squared Mahalanobis distance from the middle, of axes turned by `angle` radians."""
    y, x = offsets(size)
    along = x * math.cos(angle) + y * math.sin(angle)
    across = -x * math.sin(angle) + y * math.cos(angle)
    return (along / sigma_x) ** 2 + (across / sigma_y) ** 2


def normalised(kernel):
    return kernel / kernel.sum()


def gaussian(size, sigma_x, sigma_y, angle):
    return normalised(np.exp(-0.5 * distance(size, sigma_x, sigma_y, angle)))


def generalised(size, sigma_x, sigma_y, angle, beta):
    """Heavier tails below beta 1, a flatter top above."""
    return normalised(np.exp(-0.5 * distance(size, sigma_x, sigma_y, angle) ** beta))


def plateau(size, sigma_x, sigma_y, angle, beta):
    return normalised(1 / (1 + distance(size, sigma_x, sigma_y, angle) ** beta))


def sinc(size, cutoff):
    """A circular low pass at `cutoff` radians a pixel, cut off: it rings as scalers do."""
    y, x = offsets(size)
    radius = np.hypot(x, y)
    middle = radius == 0
    radius[middle] = 1
    bessel = torch.special.bessel_j1(torch.from_numpy(cutoff * radius)).numpy()
    kernel = cutoff * bessel / (2 * math.pi * radius)
    kernel[middle] = cutoff**2 / (4 * math.pi)
    return normalised(kernel)


KINDS = {"gaussian": 0.70, "generalised": 0.15, "plateau": 0.15}
TURNED = {"gaussian": 0.25 / 0.70, "generalised": 0.2, "plateau": 0.2}
SINC_SHARE = 0.1


def any_size(random):
    return int(random.integers(3, 11)) * 2 + 1


def any_sinc(random):
    size = any_size(random)
    # Real-ESRGAN's bounds: a small kernel holds no low cutoff.
    return sinc(size, random.uniform(math.pi / 3 if size < 13 else math.pi / 5, math.pi))


def any_blur(random, largest_sigma):
    """One of all kinds; sigma 0.2 to `largest_sigma` pixels."""
    if random.random() < SINC_SHARE:
        return any_sinc(random)
    kind = random.choice(list(KINDS), p=list(KINDS.values()))
    size, angle = any_size(random), random.uniform(-math.pi, math.pi)
    sigma_x = sigma_y = random.uniform(0.2, largest_sigma)
    if random.random() < TURNED[kind]:
        sigma_y = random.uniform(0.2, largest_sigma)
    if kind == "gaussian":
        return gaussian(size, sigma_x, sigma_y, angle)
    if kind == "generalised":
        return generalised(size, sigma_x, sigma_y, angle, one_sided(random, 0.5, 4))
    return plateau(size, sigma_x, sigma_y, angle, one_sided(random, 1, 2))


def one_sided(random, low, high):
    """Below and above 1 equally often, where the range has both."""
    if low < 1 and random.random() < 0.5:
        return random.uniform(low, 1)
    return random.uniform(1, high)

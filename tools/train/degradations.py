"""What happens to pictures on their way through cameras and the web, one step a function. Pictures
are (3, H, W) f32 tensors of 0...1; `random` is a numpy Generator: a seed tells everything."""

import io

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

# BT.601, for noise that is the same in all channels
GRAY = torch.tensor((0.299, 0.587, 0.114))[:, None, None]
# Pillow's numbers of 4:4:4 and 4:2:0
SUBSAMPLINGS = (0, 2)


def blur(picture, kernel):
    half = kernel.shape[0] // 2
    kernel = torch.from_numpy(kernel).float()[None, None].expand(3, 1, -1, -1)
    padded = F.pad(picture[None], (half,) * 4, mode="reflect")
    return F.conv2d(padded, kernel, groups=3)[0]


def resize(picture, height, width, mode):
    """`mode`: area, bilinear or bicubic as PyTorch has them, without antialiasing, as in the
    published pipeline: aliasing is one of the degradations."""
    picture = picture[None]
    options = {} if mode == "area" else {"align_corners": False}
    return F.interpolate(picture, size=(height, width), mode=mode, **options)[0].clamp(0, 1)


def any_resize(picture, random, height, width):
    return resize(picture, height, width, random.choice(["area", "bilinear", "bicubic"]))


def gaussian_noise(picture, random, sigma, gray):
    """`sigma` in steps of 1/255."""
    shape = (1 if gray else 3, *picture.shape[1:])
    noise = torch.from_numpy(random.standard_normal(shape, dtype=np.float32))
    return (picture + noise * (sigma / 255)).clamp(0, 1)


def poisson_noise(picture, random, scale, gray):
    """Shot noise as of a picture whose full scale is 256 photons, `scale` times."""
    clean = (picture * GRAY).sum(0, keepdim=True) if gray else picture
    counts = random.poisson(clean.numpy() * 256) / 256
    noise = torch.from_numpy(counts.astype(np.float32)) - clean
    return (picture + noise * scale).clamp(0, 1)


def to_uint8(picture):
    """(H, W, 3)"""
    return (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()


def from_uint8(samples):
    return torch.from_numpy(np.ascontiguousarray(samples.transpose(2, 0, 1))).float() / 255


def rounded(picture):
    """As 8-bit values have it."""
    return (picture.clamp(0, 1) * 255).round() / 255


def jpeg(picture, quality, subsampling=2):
    """Through libjpeg's encoder and decoder; `subsampling` as Pillow numbers them."""
    file = io.BytesIO()
    Image.fromarray(to_uint8(picture)).save(file, "JPEG", quality=int(quality),
                                            subsampling=subsampling)
    with Image.open(file) as decoded:
        return from_uint8(np.asarray(decoded.convert("RGB")))


def noise(picture, random, largest_sigma, largest_scale):
    """Half Gaussian, half Poisson, two in five gray (Real-ESRGAN)."""
    gray = random.random() < 0.4
    if random.random() < 0.5:
        return gaussian_noise(picture, random, random.uniform(1, largest_sigma), gray)
    return poisson_noise(picture, random, random.uniform(0.05, largest_scale), gray)

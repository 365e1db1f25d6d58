"""Degradations in the order in which they happen to pictures: from a large picture (3, H, W) to a
small one (3, H / scale, W / scale) of 8-bit values."""

import blur_kernels
import degradations as step

QUALITY = (30, 95)


def scaled(picture, random, up, down, low, high, base):
    """To a random size: larger, smaller or that of `base` (height, width), factors of `base`."""
    kind = random.choice(["up", "down", "keep"], p=[up, down, 1 - up - down])
    factor = {"up": random.uniform(1, high), "down": random.uniform(low, 1), "keep": 1.0}[kind]
    # A resize of less than 8 pixels would leave nothing to restore.
    height, width = (max(8, round(size * factor)) for size in base)
    return step.any_resize(picture, random, height, width)


def any_jpeg(picture, random):
    return step.jpeg(picture, random.integers(QUALITY[0], QUALITY[1] + 1),
                     random.choice(step.SUBSAMPLINGS))


def last_sinc(picture, random):
    return step.blur(picture, blur_kernels.any_sinc(random)) if random.random() < 0.8 else picture


def second_order(picture, random, scale):
    """Real-ESRGAN's (arXiv 2107.10833, figure 2), with the ranges of its published x4plus
    configuration: blur, resize, noise, JPEG, and all of it once more, weaker."""
    height, width = picture.shape[1:]
    small = (height // scale, width // scale)
    picture = step.blur(picture, blur_kernels.any_blur(random, 3))
    picture = scaled(picture, random, 0.2, 0.7, 0.15, 1.5, (height, width))
    picture = any_jpeg(step.noise(picture, random, 30, 3), random)
    if random.random() < 0.8:
        picture = step.blur(picture, blur_kernels.any_blur(random, 1.5))
    picture = scaled(picture, random, 0.3, 0.4, 0.3, 1.2, small)
    picture = step.noise(picture, random, 25, 2.5)
    if random.random() < 0.5:
        picture = last_sinc(step.any_resize(picture, random, *small), random)
        picture = any_jpeg(picture, random)
    else:
        picture = any_jpeg(picture, random)
        picture = last_sinc(step.any_resize(picture, random, *small), random)
    return step.to_uint8(picture)


def light(picture, random, scale):
    """What pictures of today's phones and the web have been through: one pass of half the strength,
    and a fourth of them clean, so that clean pictures stay sharp."""
    height, width = picture.shape[1:]
    small = (height // scale, width // scale)
    if random.random() < 0.25:
        return step.to_uint8(step.any_resize(picture, random, *small))
    if random.random() < 0.8:
        picture = step.blur(picture, blur_kernels.any_blur(random, 2.4))
    if random.random() < 0.5:
        picture = scaled(picture, random, 0.2, 0.6, 0.4, 1.2, (height, width))
    picture = step.any_resize(picture, random, *small)
    if random.random() < 0.6:
        picture = step.noise(picture, random, 18, 2)
    if random.random() < 0.85:
        picture = step.jpeg(picture, random.integers(40, 96), random.choice(step.SUBSAMPLINGS))
    return step.to_uint8(picture)

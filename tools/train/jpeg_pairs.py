"""Pictures and what is left of them in JPEG files, with the quality that a file tells. Patches are
compressed when a batch asks for them, so that no two passes over a picture see the same loss.

What the network is given has four channels: red, green, blue, and the quality / 100 everywhere."""

import io

import numpy as np
import torch
from PIL import Image

import degradations
from spoiled_pool import SpoiledPool

QUALITY = (5, 95)
JUDGED_QUALITIES = (10, 20, 40)  # of the papers since ARCNN (arXiv 1504.06993)
JUDGED_SUBSAMPLING = 2  # 4:2:0, which most files have
TOLD_OF = 100  # the channel is quality / 100, as fovea gives it

TWICE = 0.35  # of patches: compressed before, on the same grid or on another
SAME_GRID = 0.25  # of those
GRAY = 0.1
FOREIGN = 0.1  # with tables that are not libjpeg's
# Cut off on two sides by two compressions of 8 x 8 blocks, so that patches lie anywhere on them.
MARGIN = 16

# ITU-T T.81, table K.1
LUMA = np.array((
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99))


def luma_table(quality):
    """As libjpeg scales it."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((LUMA * percent + 50) // 100, 1, 255)


TABLES = np.stack([luma_table(quality) for quality in range(1, 101)])


def nearest_quality(steps):
    """1...100 with the least sum of squared differences: tools/codecs/jpeg_quality.h."""
    distance = np.square(np.minimum(steps, 255) - TABLES).sum(1)
    return int(distance.argmin()) + 1


def through_file(samples, **options):
    """(H, W, 3) or (H, W) uint8 as its JPEG file shows it, and the quality that the file tells."""
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "JPEG", **options)
    with Image.open(file) as decoded:
        return np.asarray(decoded), nearest_quality(np.array(decoded.quantization[0]))


def foreign_tables(random, quality):
    """Tables about as coarse as libjpeg's, flatter, as cameras and other programs have them."""
    steps = luma_table(quality).astype(float)
    mean, share = np.exp(np.log(steps).mean()), random.uniform(0, 1)
    flatter = np.clip((steps**share * mean**(1 - share)).round(), 1, 255).astype(int).tolist()
    return [flatter, flatter]


def any_file(samples, random):
    quality = int(random.integers(QUALITY[0], QUALITY[1] + 1))
    subsampling = int(random.choice(degradations.SUBSAMPLINGS))
    if random.random() < FOREIGN:
        return through_file(samples, qtables=foreign_tables(random, quality),
                            subsampling=subsampling)
    return through_file(samples, quality=quality, subsampling=subsampling)


def any_loss(clean, size, random):
    """`size` x `size` of `clean` (size + MARGIN a side, uint8): compressed, as it was, and the
    quality told by the file that came last."""
    if random.random() < GRAY:
        clean = np.asarray(Image.fromarray(clean).convert("L"))
    seen = clean
    if random.random() < TWICE:
        seen, _ = any_file(seen, random)
        if random.random() >= SAME_GRID:
            top, left = random.integers(0, 8, 2)
            clean, seen = clean[top:, left:], np.ascontiguousarray(seen[top:, left:])
    seen, quality = any_file(seen, random)
    top, left = random.integers(0, 9, 2)
    seen, clean = (samples[top:top + size, left:left + size] for samples in (seen, clean))
    if seen.ndim == 2:
        seen, clean = (np.repeat(samples[:, :, None], 3, axis=2) for samples in (seen, clean))
    return seen, clean, quality


def told(picture, quality):
    """(3, H, W) of 0...1 and the channel behind it."""
    return torch.cat([picture, torch.full_like(picture[:1], quality / TOLD_OF)])


class JpegPool(SpoiledPool):
    margin = MARGIN

    def spoiled(self, picture, patch, random):
        seen, truth, quality = any_loss(degradations.to_uint8(picture), patch, random)
        return told(degradations.from_uint8(seen), quality), degradations.from_uint8(truth)


class JudgedPool:
    """Whole pictures of `clean`, each at JUDGED_QUALITIES in turn."""

    def __init__(self, clean):
        self.clean = clean

    def pairs(self):
        for _, picture in self.clean.pairs():
            for quality in JUDGED_QUALITIES:
                seen, quality = through_file(degradations.to_uint8(picture), quality=quality,
                                             subsampling=JUDGED_SUBSAMPLING)
                yield told(degradations.from_uint8(seen), quality), picture

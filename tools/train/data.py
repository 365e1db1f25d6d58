"""The kinds of pairs that recipes name, and a cache of them."""

import numpy as np
import torch

import luma
import matlab_resize
import training_pictures
from pool import PairPool


def luma_of(rgb):
    """(H, W, 1) of 16...235, not rounded, from (H, W, 3) uint8."""
    return 16 + (rgb.astype(np.float64) @ np.array(luma.WEIGHTS) / 255)[:, :, None]


def variants(path, least):
    """The picture in the sizes of SHRUNK_TO whose short side is not below `least`."""
    picture = training_pictures.read(path)
    for share in training_pictures.SHRUNK_TO:
        height, width = (round(size * share) for size in picture.shape[:2])
        if min(height, width) >= least:
            yield picture if share == 1 else matlab_resize.imresize(picture, height, width)


def bicubic(paths, recipe):
    """Small pictures by MATLAB's imresize, rounded to 8 bits as those of the test sets."""
    pairs = []
    for path in paths:
        for picture in variants(path, recipe.patch * recipe.scale):
            large, small = matlab_resize.shrink(picture, recipe.scale)
            pairs.append((small, large))
    return PairPool.of(pairs, recipe.scale)


def interpolated_luma(paths, recipe):
    """SRCNN's: luma, and luma that was made small and then large again by imresize. f16 is a 16th
    of a step at worst."""
    pairs = []
    for path in paths:
        for picture in variants(path, recipe.patch + recipe.scale):
            large, small = matlab_resize.shrink(luma_of(picture), recipe.scale)
            again = matlab_resize.imresize(small, *large.shape[:2])
            pairs.append((again.astype(np.float16), large.astype(np.float16)))
    return PairPool.of(pairs, 1)


POOLS = {"bicubic": bicubic, "interpolated luma": interpolated_luma}


def load(recipe, folder, cache):
    """The recipe's pool of training pictures; `cache` is a file that keeps it for the next time."""
    paths = training_pictures.training_paths(folder)
    key = [recipe.pool, recipe.scale, recipe.patch, [str(path.name) for path in paths]]
    if cache.exists():
        kept = torch.load(cache, mmap=True)
        if kept["key"] == key:
            return PairPool(**kept["pool"])
    pool = POOLS[recipe.pool](paths, recipe)
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_suffix(".part")
    torch.save({"key": key, "pool": pool.state()}, part)
    part.replace(cache)
    return pool

"""The kinds of pairs that recipes name, and a cache of them. A kind is a function of the pictures'
paths, the recipe, and whether the pictures are to be trained on (then there may be several variants
of each) or validated with; it returns arrays (H, W, C), (H * scale, W * scale, C) of 0...255."""

import numpy as np
import torch

import degradation_chains
import degradations
import jpeg_pairs
import luma
import matlab_resize
import old_photo_pairs
import teacher
import text_pages
import training_pictures
from pool import PairPool

# How much smaller than the picture the teacher's input is, and what it has been through. A real
# photograph may be as sharp as its pixels allow or far from it.
TAUGHT = ((2, "second_order"), (2, "second_order"), (2, "light"), (1, "second_order"),
          (3, "light"))
TEXT_PAGES = 2000


def luma_of(rgb):
    """(H, W, 1) of 16...235, not rounded, from (H, W, 3) uint8."""
    return 16 + (rgb.astype(np.float64) @ np.array(luma.WEIGHTS) / 255)[:, :, None]


def variants(path, training, least):
    """The picture and, for training, in the sizes of SHRUNK_TO whose short side is not below
    `least`."""
    picture = training_pictures.read(path)
    for share in training_pictures.SHRUNK_TO if training else (1,):
        height, width = (round(size * share) for size in picture.shape[:2])
        if min(height, width) >= least:
            yield picture if share == 1 else matlab_resize.imresize(picture, height, width)


def bicubic(paths, recipe, training):
    """Small pictures by MATLAB's imresize, rounded to 8 bits as those of the test sets."""
    pairs = []
    for path in paths:
        for picture in variants(path, training, recipe.patch * recipe.scale):
            large, small = matlab_resize.shrink(picture, recipe.scale)
            pairs.append((small, large))
    return pairs


def interpolated_luma(paths, recipe, training):
    """SRCNN's: luma, and luma that was made small and then large again by imresize. f16 is a 16th
    of a step at worst."""
    pairs = []
    for path in paths:
        for picture in variants(path, training, recipe.patch + recipe.scale):
            large, small = matlab_resize.shrink(luma_of(picture), recipe.scale)
            again = matlab_resize.imresize(small, *large.shape[:2])
            pairs.append((again.astype(np.float16), large.astype(np.float16)))
    return pairs


def taught(paths, recipe, training):
    """Degraded pictures, and what Real-ESRGAN's x4plus makes of them; for x2 that shrunk by 2."""
    small, kinds = [], TAUGHT if training else TAUGHT[:1]
    for index, path in enumerate(paths):
        picture = degradations.from_uint8(training_pictures.read(path))
        random = np.random.default_rng((recipe.seed, index))
        for factor, chain in kinds:
            made = getattr(degradation_chains, chain)(picture, random, factor)
            if min(made.shape[:2]) >= recipe.patch:
                small.append(made)
    large = teacher.enlarged(small, "realesrgan-x4plus")
    if recipe.scale != teacher.SCALE:
        large = [matlab_resize.shrink(each, teacher.SCALE // recipe.scale)[1] for each in large]
    return list(zip(small, large))


def text(_, recipe, training):
    """Rendered pages; what is validated with shows fonts that are kept back."""
    size = 3 * recipe.patch
    return text_pages.pairs(recipe.seed + (not training), TEXT_PAGES if training else 50, size,
                            recipe.scale, held_back=not training)


def clean(paths, recipe, training):
    """Each picture beside itself: what it loses is decided when a batch asks for it."""
    least = recipe.patch + jpeg_pairs.MARGIN
    return [(picture, picture) for path in paths for picture in variants(path, training, least)]


def scans(paths, recipe, training):
    """As clean(), in their own size: grain and dust are those of a scan's pixels."""
    pictures = [training_pictures.read(path) for path in paths]
    return [(picture, picture) for picture in pictures if min(picture.shape[:2]) >= recipe.patch]


KINDS = {"bicubic": bicubic, "interpolated luma": interpolated_luma, "taught": taught,
         "text": text, "jpeg": clean, "old photos": scans}
SCALE_OF_PAIRS = {"interpolated luma": 1}
# What makes batches and what makes pictures to be judged of the pool, where it is not the pool.
MADE_OF_POOL = {"jpeg": (jpeg_pairs.JpegPool, jpeg_pairs.JudgedPool),
                "old photos": (old_photo_pairs.OldPhotoPool, old_photo_pairs.JudgedPool)}


def kept_pairs(recipe, paths, training, cache):
    """The pairs as a pool; `cache` is a file that keeps it for the next time."""
    key = [recipe.pairs, recipe.scale, recipe.patch, recipe.seed, [path.name for path in paths]]
    if cache.exists():
        kept = torch.load(cache, mmap=True)
        if kept["key"] == key:
            return PairPool(**kept["pool"])
    pairs = KINDS[recipe.pairs](paths, recipe, training)
    pool = PairPool.of(pairs, SCALE_OF_PAIRS.get(recipe.pairs, recipe.scale))
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_suffix(".part")
    torch.save({"key": key, "pool": pool.state()}, part)
    part.replace(cache)
    return pool


def load(recipe, folder, out, training):
    """The recipe's pool of training pictures, or of those that are kept back."""
    paths = (training_pictures.training_paths(folder) if training
             else training_pictures.validation_paths(folder))
    name = f"{recipe.pairs.replace(' ', '-')}-x{recipe.scale}{'' if training else '-val50'}.pt"
    pool = kept_pairs(recipe, paths, training, out / "pairs" / name)
    if recipe.pairs not in MADE_OF_POOL:
        return pool
    batches, judged = MADE_OF_POOL[recipe.pairs]
    return batches(pool) if training else judged(pool)

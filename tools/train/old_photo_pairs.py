"""Pictures and the same as damaged photographs. Patches are damaged when a batch asks for them, so
that no two passes over a picture see the same damage. What a network is to find has four channels:
red, green, blue, and the mask of the damage."""

import numpy as np
import torch

import degradations
import old_photos
from held_back_marks import HELD_BACK_MARKS
from spoiled_pool import SpoiledPool

JUDGED_SEED = 50
JUDGED_GRAIN = 10  # deviation of 255
# How each picture is judged in turn; see judged().
JUDGED_KINDS = ("marks", "grain", "clean")


def judged(clean, kind, index, marks=HELD_BACK_MARKS):
    """(seen, truth, mask) of 8-bit values: with marks of shapes that are kept back, with nothing
    but grain, which is to stay, or as it was. `index` tells the damage."""
    random = np.random.default_rng((JUDGED_SEED, index))
    truth = degradations.rounded(old_photos.printed(clean, random))
    seen, mask = truth, torch.zeros(1, *clean.shape[1:])
    if kind == "marks":
        while not bool((mask > 0).any()):
            seen, mask = old_photos.marked(truth, random, marks)
    elif kind == "grain":
        seen = truth = degradations.rounded(
            degradations.gaussian_noise(truth, random, JUDGED_GRAIN, gray=True))
    return degradations.rounded(seen), truth, mask


class OldPhotoPool(SpoiledPool):
    def spoiled(self, picture, patch, random):
        seen, truth, mask = old_photos.damaged(picture, random)
        return seen, torch.cat([truth, mask])


class JudgedPool:
    """Whole pictures of `clean`, each in JUDGED_KINDS in turn."""

    def __init__(self, clean):
        self.clean = clean

    def pairs(self):
        for index, (_, picture) in enumerate(self.clean.pairs()):
            for kind in JUDGED_KINDS:
                seen, truth, mask = judged(picture, kind, index)
                yield seen, torch.cat([truth, mask])

"""Pictures and the same as damaged photographs. Patches are damaged when a batch asks for them, so
that no two passes over a picture see the same damage. What a network is to find has four channels:
red, green, blue, and the mask of the damage."""

import numpy as np
import torch

import degradations
import old_photos
from held_back_marks import HELD_BACK_MARKS

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


class OldPhotoPool:
    """Patches of `clean`, a PairPool of pictures and themselves."""

    def __init__(self, clean):
        self.clean = clean

    def to(self, device):
        return OldPhotoPool(self.clean.to(device))

    def batch(self, seed, step, count, patch, part=slice(None)):
        """(N, 3, P, P) and (N, 4, P, P) of 0...1, of the batch that PairPool.batch describes."""
        _, clean = self.clean.batch(seed, step, count, patch, part, any_colours=False)
        seen, wanted = [], []
        for index, picture in zip(range(count)[part], clean.cpu()):
            random = np.random.default_rng((seed, step, index))
            damaged, truth, mask = old_photos.damaged(picture, random)
            seen.append(damaged)
            wanted.append(torch.cat([truth, mask]))
        return torch.stack(seen).to(clean.device), torch.stack(wanted).to(clean.device)


class JudgedPool:
    """Whole pictures of `clean`, each in JUDGED_KINDS in turn."""

    def __init__(self, clean):
        self.clean = clean

    def pairs(self):
        for index, (_, picture) in enumerate(self.clean.pairs()):
            for kind in JUDGED_KINDS:
                seen, truth, mask = judged(picture, kind, index)
                yield seen, torch.cat([truth, mask])

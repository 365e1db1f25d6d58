"""Batches whose patches are spoiled when they are asked for, so that no two passes over a picture see
the same loss."""

import numpy as np
import torch


class SpoiledPool:
    """Patches of `clean`, a PairPool of pictures and themselves. A kind of loss is a class that has
    spoiled(); what it does depends on the seed, the step and the patch's number alone."""

    margin = 0  # pixels a side that spoiled() is given more than it gives back

    def __init__(self, clean):
        self.clean = clean

    def to(self, device):
        return type(self)(self.clean.to(device))

    def spoiled(self, picture, patch, random):
        """(what a network is given, what it is to make of it), (C, P, P) of 0...1, of a picture
        (3, P + margin, P + margin)."""
        raise NotImplementedError

    def batch(self, seed, step, count, patch, part=slice(None)):
        """Both for each patch of the batch that PairPool.batch describes."""
        _, clean = self.clean.batch(seed, step, count, patch + self.margin, part,
                                    any_colours=False)
        pairs = [self.spoiled(picture, patch, np.random.default_rng((seed, step, index)))
                 for index, picture in zip(range(count)[part], clean.cpu())]
        return tuple(torch.stack(side).to(clean.device) for side in zip(*pairs))

"""Pairs of small and large pictures in two flat tensors, and batches of patches cut from them.

A batch is gathered by index arithmetic, so that it is made the same way, and fast, on a CPU and on
a GPU. Which patches batch number `step` holds depends on the seed and on `step` alone: training
that is taken up again goes on with the same patches, whatever the number of processes."""

import numpy as np
import torch


class PairPool:
    """`pairs`: (small, large) arrays (H, W, C) and (H * factor, W * factor, C), samples 0...255,
    or one array twice, which is then kept once."""

    def __init__(self, small, large, sizes, factor, channels):
        self.small, self.large, self.sizes = small, large, sizes
        self.factor, self.channels = factor, channels

    @classmethod
    def of(cls, pairs, factor):
        small, large, sizes = [], [], []
        for low, high in pairs:
            if high.shape[:2] != (low.shape[0] * factor, low.shape[1] * factor):
                raise ValueError(f"a pair of {low.shape} and {high.shape}, not {factor} times")
            small.append(np.ascontiguousarray(low).reshape(-1))
            large.append(np.ascontiguousarray(high).reshape(-1))
            sizes.append(low.shape[:2])
        channels = pairs[0][0].shape[2]
        is_one = all(low is high for low, high in pairs)
        small = torch.from_numpy(np.concatenate(small))
        large = small if is_one else torch.from_numpy(np.concatenate(large))
        return cls(small, large, torch.tensor(sizes), factor, channels)

    def state(self):
        return {"small": self.small, "large": self.large, "sizes": self.sizes,
                "factor": self.factor, "channels": self.channels}

    def pairs(self):
        """(C, H, W) tensors of 0...1, the pictures one by one."""
        start = 0
        for height, width in self.sizes.tolist():
            pair = []
            for samples, scale in ((self.small, 1), (self.large, self.factor)):
                first, count = start * scale**2, height * width * self.channels * scale**2
                picture = samples[first:first + count].reshape(height * scale, width * scale, -1)
                pair.append(picture.permute(2, 0, 1).float() / 255)
            start += height * width * self.channels
            yield pair

    def to(self, device):
        small = self.small.to(device)
        large = small if self.large is self.small else self.large.to(device)
        return PairPool(small, large, self.sizes.to(device), self.factor, self.channels)

    def batch(self, seed, step, count, patch, part=slice(None), any_colours=True):
        """Two (N, C, P, P) of 0...1: `count` patches of `patch` x `patch` of the small pictures and
        their counterparts, each position of each picture equally likely, in one of the 8
        symmetries and, with `any_colours`, with the channels in any order; of these the ones in
        `part`."""
        random = torch.Generator().manual_seed(seed * 1_000_003 + step)
        device = self.small.device
        heights, widths = self.sizes[:, 0], self.sizes[:, 1]
        areas = (heights - patch + 1).clamp(min=0) * (widths - patch + 1).clamp(min=0)
        which = torch.multinomial(areas.cpu().double(), count, replacement=True, generator=random)
        unit = torch.rand(count, 2, generator=random, dtype=torch.float64)
        flips = torch.randint(0, 2, (count, 3), generator=random).bool()
        order = torch.rand(count, self.channels, generator=random).argsort(1)
        if not any_colours:
            order = torch.arange(self.channels).expand(count, -1)
        which, unit, flips, order = (t[part].to(device) for t in (which, unit, flips, order))
        height, width = heights[which], widths[which]
        top = (unit[:, 0] * (height - patch + 1)).long()
        left = (unit[:, 1] * (width - patch + 1)).long()
        ends = (heights * widths * self.channels).cumsum(0)
        offset = (ends - heights * widths * self.channels)[which]

        def cut(samples, scale):
            size = patch * scale
            along = torch.arange(size, device=device).expand(len(which), size)
            back = size - 1 - along
            a = torch.where(flips[:, :1], back, along)[:, :, None]
            b = torch.where(flips[:, 1:2], back, along)[:, None, :]
            turned = flips[:, 2, None, None]
            y = top[:, None, None] * scale + torch.where(turned, b, a)
            x = left[:, None, None] * scale + torch.where(turned, a, b)
            place = (y * (width * scale)[:, None, None] + x) * self.channels
            place = place + (offset * scale**2)[:, None, None]
            index = place[:, None] + order[:, :, None, None]
            return samples[index].float() / 255

        small = cut(self.small, 1)
        return small, small if self.large is self.small else cut(self.large, self.factor)

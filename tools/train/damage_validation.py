"""What is left of damage on the pictures that are kept back, and what was done to the rest."""

import typing

import torch

import degradations
from old_photo_pairs import JUDGED_KINDS

INSIDE = 0.1  # of the mask, from where on a pixel counts as damaged


class Judged(typing.NamedTuple):
    """PSNR of RGB samples of the whole picture, of what is damaged and of what is not at all; None
    where there is nothing of the kind."""

    whole: float
    whole_before: float
    inside: float | None
    inside_before: float | None
    outside: float | None
    counts: tuple  # of pixels: damaged, of them found, found


def psnr(error, where):
    if not bool(where.any()):
        return None
    squares = (error.double().square() * where).sum() / (where.sum() * error.shape[0])
    # What is equal has no PSNR; this is beyond all that 8-bit samples can have.
    return float(-10 * torch.log10(squares.clamp(min=1e-10)))


def judge(seen, truth, mask, result, found):
    """`found`: where the network says that there is damage."""
    result = degradations.rounded(result)
    everywhere, inside = torch.ones_like(mask), mask >= INSIDE
    counts = (inside.sum(), (inside & found).sum(), found.sum())
    return Judged(psnr(result - truth, everywhere), psnr(seen - truth, everywhere),
                  psnr(result - truth, inside), psnr(seen - truth, inside),
                  psnr(result - truth, mask == 0), tuple(map(int, counts)))


def summary(each):
    """Means over pictures, by name; `each`: of pictures in JUDGED_KINDS in turn."""
    marks, grain, clean = (each[index::len(JUDGED_KINDS)] for index in range(len(JUDGED_KINDS)))

    def mean(values):
        values = list(values)
        return sum(values) / len(values)

    damaged, hit, found = (sum(row.counts[index] for row in marks) for index in range(3))
    return {"inside_before": mean(row.inside_before for row in marks),
            "inside_gain": mean(row.inside - row.inside_before for row in marks),
            "outside_psnr": mean(row.outside for row in marks),
            "grainy_psnr": mean(row.whole for row in grain),
            "clean_psnr": mean(row.whole for row in clean),
            "clean_psnr_least": min(row.whole for row in clean),
            "mask_f1": 2 * hit / max(1, damaged + found)}


class DamageValidation:
    """`pool`: of pictures in JUDGED_KINDS in turn, the mask behind what they should become."""

    def __init__(self, pool):
        self.pairs = list(pool.pairs())

    def each(self, network, device, count=None):
        """Of the first `count` pairs, or all."""
        told = []
        for seen, wanted in self.pairs[:count]:
            with torch.no_grad():
                result = network(seen[None].to(device))[0].cpu()
            told.append(judge(seen, wanted[:3], wanted[3:], result[:3], result[3:] > 0))
        return told

    def psnr(self, network, device, count=None):
        """Of the whole pictures, their mean."""
        told = self.each(network, device, count)
        return sum(row.whole for row in told) / len(told)

    def figures(self, each):
        return {f"val50_{name}": f"{value:.3f}" for name, value in summary(each).items()}

"""How fast the weights move, and their average."""

import math

import torch

WARM_UP = 0.02
LAST_RATE = 1e-6
AVERAGED_OVER = 1000  # steps; BasicSR's configuration of ETDS


def rate(step, steps, peak):
    """Linear to `peak`, then a cosine down to LAST_RATE."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return peak * (step + 1) / warm
    share = (step - warm) / max(1, steps - warm)
    return LAST_RATE + (peak - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))


class Average:
    """An exponential average of a network's parameters, in a network of its own."""

    def __init__(self, network):
        self.network = network

    def update(self, source, step):
        # In the first steps over fewer, or the random start would stay in it.
        keep = min(1 - 1 / AVERAGED_OVER, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.network.parameters()), list(source.parameters()),
                                 1 - keep)

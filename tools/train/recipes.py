"""What is trained: a line a model. `python3 train.py --list` shows them."""

import dataclasses

import trained_networks


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one model is trained. Patches are squares of the small picture."""

    architecture: str  # as the exported file names it
    network: str  # class of trained_networks.py
    parameters: dict
    scale: int
    purpose: str  # one line: what it is for
    steps: int
    patch: int = 40
    batch: int = 8
    peak_rate: float = 1e-3
    pairs: str = "bicubic"  # kind of pairs, see data.py
    start_from: str = ""  # a recipe whose trunk and training it continues
    seed: int = 1

    def build(self):
        return getattr(trained_networks, self.network)(**self.parameters)


def compact(features, convolutions, scale, purpose, steps, **others):
    return Recipe("SRVGGNetCompact", "Compact",
                  {"num_feat": features, "num_conv": convolutions, "upscale": scale},
                  scale, purpose, steps, **others)


def srcnn(kernels, scale, purpose, steps):
    return Recipe("SRCNN", "Srcnn", {"kernels": kernels}, scale, purpose, steps, patch=48,
                  batch=16, peak_rate=5e-4, pairs="interpolated luma")


def restorer(features, convolutions, purpose, steps, **others):
    return Recipe("CompactRestorer", "Restorer",
                  {"num_feat": features, "num_conv": convolutions}, 1, purpose, steps, **others)


def damage_unet(widths, blocks, purpose, steps, **others):
    return Recipe("DamageUNet", "DamageUNet", {"widths": widths, "blocks": blocks}, 1, purpose,
                  steps, **others)


STANDARD = "clean pictures of any kind, the default"
TURBO = "previews and video, where time matters most"
FAST = "clean pictures on weak machines"
PHOTO = "photographs as they come: blurred, noisy, compressed"
TEXT = "screenshots and scans of small text"
DEJPEG = "JPEG photographs, before anything else: takes off blocks and rings"
RESTORE = "old photographs: takes off scratches, dust and splinters"
CLASSIC = "the network of 2014, for comparisons"

RECIPES = {
    "standard-x2": compact(48, 8, 2, STANDARD, 16000),
    "standard-x3": compact(48, 8, 3, STANDARD, 5000, start_from="standard-x2"),
    "standard-x4": compact(48, 8, 4, STANDARD, 5000, start_from="standard-x2"),
    "turbo-x2": compact(16, 4, 2, TURBO, 40000, peak_rate=2e-3),
    "turbo-x3": compact(16, 4, 3, TURBO, 12000, peak_rate=2e-3, start_from="turbo-x2"),
    "turbo-x4": compact(16, 4, 4, TURBO, 12000, peak_rate=2e-3, start_from="turbo-x2"),
    "fast-x2": compact(32, 8, 2, FAST, 30000),
    "fast-x3": compact(32, 8, 3, FAST, 18000, start_from="fast-x2"),
    "fast-x4": compact(32, 8, 4, FAST, 18000, start_from="fast-x2"),
    "photo-x4": compact(48, 12, 4, PHOTO, 30000, pairs="taught", patch=32),
    "photo-x2": compact(48, 12, 2, PHOTO, 15000, pairs="taught", patch=32, start_from="photo-x4"),
    "text-x2": compact(32, 8, 2, TEXT, 10000, pairs="text", patch=32),
    "text-x4": compact(32, 8, 4, TEXT, 8000, pairs="text", patch=32, start_from="text-x2"),
    "dejpeg": restorer(64, 8, DEJPEG, 10000, pairs="jpeg", patch=64),
    "restore": damage_unet((32, 64, 128), 1, RESTORE, 5000, pairs="old photos", patch=64),
    "srcnn-9-1-5-x3": srcnn((9, 1, 5), 3, CLASSIC, 60000),
    "srcnn-9-5-5-x2": srcnn((9, 5, 5), 2, CLASSIC, 40000),
    "srcnn-9-5-5-x3": srcnn((9, 5, 5), 3, CLASSIC, 40000),
    "srcnn-9-5-5-x4": srcnn((9, 5, 5), 4, CLASSIC, 40000),
}

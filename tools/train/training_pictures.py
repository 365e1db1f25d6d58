"""Which pictures are trained on and which are kept back."""

import pathlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
# Pictures of BSDS200 that are never trained on: every decision is made on these.
HELD_BACK = HERE / "val50.txt"
# Of BSDS200, and the woman of Set5 (picture_hash.py found her): networks that were trained on the
# customary 291 pictures have seen a fifth of Set5.
TEST_PICTURES = {"302003"}
ENDINGS = {".png", ".bmp", ".webp", ".jpg", ".jpeg", ".tif"}
# VDSR (arXiv 1511.04587) and LapSRN enlarge their 291 pictures' variety so; shrinking also takes
# away the noise of sensors.
SHRUNK_TO = (1.0, 0.9, 0.8, 0.7, 0.6)


class DataError(Exception):
    """What is missing and where to get it."""


def held_back_names():
    return set(HELD_BACK.read_text(encoding="utf-8").split())


def find(folder):
    """Paths of all pictures below `folder`, sorted by name."""
    folder = pathlib.Path(folder)
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not paths:
        raise DataError(f"{folder}: holds no pictures; tools/train/README.md says what is needed")
    return paths


def training_paths(folder):
    left_out = held_back_names() | TEST_PICTURES
    return [path for path in find(folder) if path.stem not in left_out]


def validation_paths(folder):
    kept_back = held_back_names()
    paths = [path for path in find(folder) if path.stem in kept_back]
    if len(paths) != len(kept_back):
        raise DataError(f"{folder}: holds {len(paths)} of the {len(kept_back)} pictures that "
                        f"{HELD_BACK.name} names; put BSDS200 there")
    return paths


def read(path):
    """(H, W, 3) uint8."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))

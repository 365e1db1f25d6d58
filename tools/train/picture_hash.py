#!/usr/bin/env python3
"""Looks for test pictures among training pictures: compares 64-bit hashes of luma's first
differences at 9x8 pixels (dHash), each test picture also mirrored.

    python3 tools/train/picture_hash.py TRAINING_FOLDER TEST_FOLDER...

Prints the nearest pair and fails where one differs in no more than NEAR bits: shrunk, compressed
and slightly cropped copies differ in a few, different pictures in about 32."""

import sys

import numpy as np
from PIL import Image

import training_pictures

NEAR = 8


def hashes(path):
    """Two (64,) of bool: of the picture and of its mirror image."""
    with Image.open(path) as picture:
        gray = picture.convert("L")
        for image in (gray, gray.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
            small = np.asarray(image.resize((9, 8), Image.Resampling.BOX), np.int16)
            yield (small[:, 1:] > small[:, :-1]).reshape(-1)


def nearest(training, tests):
    """(bits, training path, test path) of the pair that differs least."""
    known = np.array([next(hashes(path)) for path in training])
    best = (65, None, None)
    for path in tests:
        for bits in hashes(path):
            distances = (known != bits).sum(1)
            index = int(distances.argmin())
            best = min(best, (int(distances[index]), str(training[index]), str(path)))
    return best


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    training = training_pictures.training_paths(sys.argv[1])
    tests = [path for folder in sys.argv[2:] for path in training_pictures.find(folder)]
    bits, a, b = nearest(training, tests)
    print(f"{len(training)} training and {len(tests)} test pictures; nearest: {a} and {b}, "
          f"{bits} of 64 bits differ")
    return 0 if bits > NEAR else 1


if __name__ == "__main__":
    sys.exit(main())

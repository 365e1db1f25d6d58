#!/usr/bin/env python3
"""Enlarges a few small pictures of tests/pictures by fovea with several models, for people to look at
side by side, pixel for pixel: weights/crops/, which pages.py shows in weights/README.md.

    make build models && python3 tools/quality/crops.py [--fovea build/fovea]"""

import argparse
import pathlib
import subprocess
import sys

import own_models

CROPS = own_models.WEIGHTS / "crops"
PICTURES = own_models.ROOT / "tests" / "pictures"
SCALE = 4
# Small enough that four of them stand side by side on a page.
SUBJECTS = {"face": "a face of 64×64 pixels", "cat-eye": "a cat's eye, 100×90 pixels"}
METHODS = ("bicubic", "turbo-x4", "standard-x4", "realesrgan-x4plus")


def path_of(subject, method):
    return CROPS / f"{subject}-{method}.jpg"


def lines():
    """The table of all of them, for weights/README.md."""
    table = [f"| {' | '.join(METHODS)} |", "|---" * len(METHODS) + "|"]
    for subject, shown in SUBJECTS.items():
        cells = [f"![{shown}, by {method}](crops/{path_of(subject, method).name})"
                 for method in METHODS]
        table.append(f"| {' | '.join(cells)} |")
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fovea", type=pathlib.Path,
                        default=own_models.ROOT / "build" / "fovea")
    options = parser.parse_args()
    CROPS.mkdir(exist_ok=True)
    for subject in SUBJECTS:
        for method in METHODS:
            subprocess.run([options.fovea, "-i", PICTURES / f"{subject}.png", "-o",
                            path_of(subject, method), "-n", method, "-s", str(SCALE), "-q", "90",
                            "--overwrite", "--quiet"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

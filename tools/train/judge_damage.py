#!/usr/bin/env python3
"""What fovea leaves of the damage on val50, inside the marks and outside, and what it does to
pictures without any.

    python3 tools/train/judge_damage.py restore --data FOLDER [--shapes FOLDER] [--json]

FOLDER holds BSDS200. Shapes are those of held_back_marks.py, or transparent pictures of damage in
--shapes (those of daniela997/FilmDamageSimulator, which were drawn after real film, are meant)."""

import argparse
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

import damage_validation
import degradations
import old_photo_pairs
import old_photos
import training_pictures
from fovea_binary import FOVEA

SHAPES_A_PICTURE = 6


@functools.cache
def opacity(path):
    with Image.open(path) as picture:
        return picture.convert("RGBA").getchannel("A")


def pasted(paths, random, height, width):
    """(1, H, W): some of the transparent pictures, turned and half as large to as large, anywhere."""
    mask = Image.new("L", (width, height), 0)
    for _ in range(SHAPES_A_PICTURE):
        shape = opacity(paths[random.integers(len(paths))])
        share = random.uniform(0.5, 1)
        shape = shape.resize([max(1, round(side * share)) for side in shape.size],
                             Image.Resampling.BOX)
        shape = shape.rotate(90 * int(random.integers(4)))
        place = random.uniform(-0.5, 1, 2) * (width, height)
        beside = Image.new("L", (width, height), 0)
        beside.paste(shape, tuple(int(each) for each in place))
        mask = Image.fromarray(np.maximum(np.asarray(mask), np.asarray(beside)))
    return torch.from_numpy(np.asarray(mask, np.float32) / 255)[None]


def marks_of(folder):
    """As HELD_BACK_MARKS, of a folder of transparent pictures."""
    kinds = sorted({path.parent for path in folder.rglob("*.png")})
    if not kinds:
        raise training_pictures.DataError(f"{folder}: holds no .png")
    # Each kind of damage as often as the others, however many pictures there are of it.
    groups = [sorted(kind.glob("*.png"))[:20] for kind in kinds]
    paths = [path for group in groups for path in group]
    return ((functools.partial(pasted, paths), 1),)


def fovea(*arguments):
    subprocess.run([FOVEA, *map(str, arguments)], check=True)


def results(model, pictures, folder, *options):
    """What the model makes of (3, H, W) pictures, in their order."""
    given, made = folder / "given", folder / "made"
    for part in (given, made):
        part.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(degradations.to_uint8(picture)).save(given / f"{index:03}.png")
    fovea("-i", given, "-o", made, "-n", model, "-s", 1, "-f", "png", "--quiet", *options)
    for index in range(len(pictures)):
        yield degradations.from_uint8(training_pictures.read(made / f"{index:03}.png"))


def faded_gain(truths, folder):
    """(PSNR of faded pictures, how much --unfade 1 gains on them, PSNR of pictures that were not
    faded with it), without any network"""
    pictures = [degradations.rounded(old_photos.faded(truth, np.random.default_rng(index)))
                for index, truth in enumerate(truths)]
    everywhere = [torch.ones_like(truth[:1]) for truth in truths]

    def mean(some):
        each = [damage_validation.psnr(one - truth, where)
                for one, truth, where in zip(some, truths, everywhere)]
        return sum(each) / len(each)

    before = mean(pictures)
    after = mean(results("nearest", pictures, folder / "faded", "--unfade", 1))
    clean = mean(results("nearest", truths, folder / "unfaded", "--unfade", 1))
    return before, after - before, clean


def judge(model, data, shapes=None):
    """Figures by name."""
    marks = marks_of(shapes) if shapes else old_photo_pairs.HELD_BACK_MARKS
    cleans = [degradations.from_uint8(training_pictures.read(path))
              for path in training_pictures.validation_paths(data)]
    kinds, told = old_photo_pairs.JUDGED_KINDS, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        masking = folder / "mask.safetensors"
        fovea("convert", model, masking, "--set", "output=mask")
        for kind in kinds:
            made = [old_photo_pairs.judged(clean, kind, index, marks)
                    for index, clean in enumerate(cleans)]
            seen = [each[0] for each in made]
            found = [torch.zeros(1, *each.shape[1:], dtype=torch.bool) for each in seen]
            if kind == "marks":
                found = [mask[:1] > 0.5 for mask in results(masking, seen, folder / "masks")]
            told[kind] = [damage_validation.judge(*one, result, hit) for one, result, hit
                          in zip(made, results(model, seen, folder / kind), found)]
        each = [told[kind][index] for index in range(len(cleans)) for kind in kinds]
        figures = damage_validation.summary(each)
        before, gain, clean = faded_gain(cleans, folder)
    return {"pictures": len(cleans), **figures, "faded_before": before, "faded_gain": gain,
            "unfaded_clean_psnr": clean}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--shapes", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = judge(options.model, options.data, options.shapes)
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            print(f"{name:20} {value:8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

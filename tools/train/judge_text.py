#!/usr/bin/env python3
"""How well tesseract reads small text that models have enlarged: the character error rate by height
of capitals, on fonts that no model was trained on.

    python3 tools/train/judge_text.py text-x2 bicubic lanczos standard-x2 -s 2 [--json]

Names are those of `fovea -n`. Needs tesseract-ocr, tesseract-ocr-eng and the fonts of fonts.py."""

import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageDraw

import fonts
import matlab_resize
from fovea_binary import FOVEA, ROOT

HEIGHTS = (5, 6, 7, 8, 10)
# Prose of this project: no training page holds it.
PROSE = ROOT / "README.md"
LINES, LETTERS_A_LINE = 8, 48
FINE = 8  # pages are drawn so many times larger and shrunk, so that no hinting helps


@functools.cache
def prose_lines():
    """Lines of plain words."""
    words = [word for word in PROSE.read_text(encoding="utf-8").split()
             if word.isascii() and word.strip(".,;:!?").isalpha()]
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > LETTERS_A_LINE:
            lines.append(line.strip())
            line = ""
        line += word + " "
    return lines


def page(path, height, first):
    """(small page, its lines)"""
    font = fonts.font(path, round(FINE * height / fonts.cap_height(path)))
    lines = [prose_lines()[(first + i) % len(prose_lines())] for i in range(LINES)]
    pitch = round(2.4 * height)
    width = max(int(font.getlength(line)) for line in lines) // FINE + 4 * height
    large = Image.new("L", (width * FINE, (LINES + 1) * pitch * FINE), 255)
    draw = ImageDraw.Draw(large)
    for index, line in enumerate(lines):
        draw.text((2 * height * FINE, (index * pitch + height) * FINE), line, fill=0, font=font)
    small = matlab_resize.imresize(np.asarray(large), (LINES + 1) * pitch, width)
    return np.repeat(small[:, :, None], 3, 2), lines


def edit_distance(a, b):
    """Levenshtein's."""
    row = np.arange(len(b) + 1)
    codes = np.array([ord(c) for c in b])
    for i, letter in enumerate(a, 1):
        replaced = row[:-1] + (codes != ord(letter))
        best = np.minimum(replaced, row[1:] + 1)
        # insertions run along the row: best[j] = min over k of best[k] + j - k
        shifted = np.concatenate(([i], best)) - np.arange(len(b) + 1)
        row = np.minimum.accumulate(shifted) + np.arange(len(b) + 1)
    return int(row[-1])


def read(path):
    done = subprocess.run(["tesseract", str(path), "-", "--psm", "6", "-l", "eng"], check=True,
                          capture_output=True, text=True,
                          env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    return " ".join(done.stdout.split())


def judge(model, scale, folder, truths):
    """{height: (errors, letters)}"""
    out = folder / model.replace("/", "-")
    subprocess.run([FOVEA, "-i", str(folder / "small"), "-o", str(out), "-n", model, "-s",
                    str(scale), "-f", "png", "--quiet"], check=True)
    rates = {}
    for name, (height, lines) in truths.items():
        truth = " ".join(lines)
        errors, letters = rates.get(height, (0, 0))
        rates[height] = (errors + min(edit_distance(read(out / name), truth), len(truth)),
                         letters + len(truth))
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("-s", "--scale", type=int, default=2)
    parser.add_argument("--fonts", type=int, default=12, help="how many of those kept back")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    held_back = fonts.paths(held_back=True)
    step = max(1, len(held_back) // options.fonts)
    chosen = held_back[::step][:options.fonts]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "small").mkdir()
        truths = {}
        for index, path in enumerate(chosen):
            for height in HEIGHTS:
                small, lines = page(path, height, LINES * index)
                file = f"{index:02}-{height}.png"
                Image.fromarray(small).save(folder / "small" / file)
                truths[file] = (height, lines)
        rates = {model: judge(model, options.scale, folder, truths) for model in options.models}
    if options.json:
        print(json.dumps({model: {height: errors / letters
                                  for height, (errors, letters) in told.items()}
                          for model, told in rates.items()}, indent=1))
        return 0
    print(f"{'capitals':24}" + "".join(f"{height:>7} px" for height in HEIGHTS) + "      all")
    for model, told in rates.items():
        shares = [told[height] for height in HEIGHTS] + [tuple(map(sum, zip(*told.values())))]
        print(f"{model:24.24}" + "".join(f"{100 * errors / letters:9.2f}%"
                                         for errors, letters in shares))
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What `make demo` does once all is built: upscales a picture and says what came out of it."""

import argparse
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOVEA = ROOT / "build" / "fovea"
FAST, LARGE = "realesr-animevideov3", "realesrgan-x4plus"


def shown(path):
    """`path` as a person in the repository's root would write it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def upscale(picture, model):
    """Runs fovea on `picture` and tells of the result."""
    output = ROOT / "out" / f"{picture.stem}-{model}.png"
    output.parent.mkdir(exist_ok=True)
    start = time.monotonic()
    run = subprocess.run([FOVEA, "-i", picture, "-o", output, "-n", model, "--overwrite", "--json"],
                         stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - start
    if run.returncode != 0:
        sys.exit(run.returncode)  # fovea has said why
    report = json.loads(run.stdout)
    print(f"{shown(output)}: {report['width']}x{report['height']}, {report['scale']:g} times as "
          f"large, {output.stat().st_size / 1e3:.0f} kB, by {model} in {seconds:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=pathlib.Path)
    picture = parser.parse_args().picture
    upscale(picture, FAST)
    if picture.resolve().is_relative_to(ROOT / "tests"):  # small enough for the large network
        upscale(picture, LARGE)
    else:
        print(f"slower and better for photographs: build/fovea -i {picture} -n {LARGE}")


if __name__ == "__main__":
    main()

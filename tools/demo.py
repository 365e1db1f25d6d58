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
LARGE = "realesrgan-x4plus"


def shown(path):
    """`path` as a person in the repository's root would write it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def models():
    """What `fovea models` lists: (the names, the default's or None)."""
    run = subprocess.run([FOVEA, "models", "--json"], stdout=subprocess.PIPE, check=True)
    listed = json.loads(run.stdout)
    defaults = [model["name"] for model in listed if model["default"]]
    return {model["name"] for model in listed}, defaults[0] if defaults else None


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
    names, default = models()
    if default is None:  # built without models of its own
        subprocess.run([sys.executable, ROOT / "tools" / "fetch_models.py"], check=True)
        names, default = models()
    upscale(picture, default)
    if LARGE in names and picture.resolve().is_relative_to(ROOT / "tests"):
        upscale(picture, LARGE)  # slow, and these pictures are small
    else:
        print(f"slower, and better for photographs: "
              f"{'' if LARGE in names else 'make models && '}build/fovea -i {picture} -n {LARGE}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures this project's models beside others with `fovea eval` and keeps the figures in
weights/figures.json, from which pages.py writes the cards and tables.

    make build models && python3 tools/quality/measure.py --data DIR [--only MODEL ...]

DIR holds set5/ and set14/ in the layout of SelfExSR, and train/bsd200/ the pictures of val50.
--only replaces the figures of some models and keeps the others."""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import machine  # noqa: E402

FIGURES = ROOT / "weights" / "figures.json"
MODELS = ROOT / "weights" / "models.json"
KEPT = ("psnr_a", "ssim_a", "psnr_c", "ssim_c", "psnr_rgb", "psnr_small",
        "ms_per_output_megapixel")
# What our models stand beside, and at which scales.
OTHERS = {"bicubic": (2, 3, 4), "lanczos": (2, 3, 4), "realesr-animevideov3": (2, 3, 4),
          "realesrgan-x4plus": (4,)}


def scale_of(name):
    """standard-x2: 2; dejpeg: 1"""
    _, mark, scale = name.rpartition("-x")
    return int(scale) if mark and scale.isdigit() else 1


def wanted():
    """(model, scale) of everything that is measured."""
    own = [row["name"] for row in json.loads(MODELS.read_text(encoding="utf-8"))["models"]]
    pairs = [(name, scale_of(name)) for name in own if scale_of(name) in (2, 3, 4)]
    return pairs + [(name, scale) for name, scales in OTHERS.items() for scale in scales]


def measure(fovea, data, model, scale):
    """The rows of the sets: what the tables need, rounded to what they print and one digit more."""
    rows = []
    for dataset in (str(data / "set5"), str(data / "set14"), "val50"):
        command = [fovea, "eval", dataset, "-n", model, "-s", str(scale), "--json"]
        if dataset == "val50":
            command += ["--root", data / "train" / "bsd200"]
        done = subprocess.run([str(word) for word in command], check=True, capture_output=True,
                              text=True)
        row = json.loads(done.stdout.splitlines()[-1])
        rows.append({"dataset": pathlib.Path(dataset).name, "scale": scale, "model": model,
                     "pictures": len(row["pictures"]),
                     **{key: round(row[key], 5) for key in KEPT if row.get(key) is not None}})
        print(" ".join(f"{value}" for value in rows[-1].values()), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--fovea", type=pathlib.Path, default=ROOT / "build" / "fovea")
    parser.add_argument("--only", nargs="+", default=[])
    options = parser.parse_args()
    kept = json.loads(FIGURES.read_text(encoding="utf-8"))["rows"] if options.only else []
    rows = [row for row in kept if row["model"] not in options.only]
    for model, scale in wanted():
        if not options.only or model in options.only:
            rows += measure(options.fovea, options.data, model, scale)
    rows.sort(key=lambda row: (row["model"], row["scale"], row["dataset"]))
    told = {"date": datetime.date.today().isoformat(), "machine": machine.cpuinfo("model name"),
            "threads": len(os.sched_getaffinity(0)), "commit": machine.commit(),
            "command": "python3 tools/quality/measure.py", "rows": rows}
    FIGURES.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

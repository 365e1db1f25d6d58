#!/usr/bin/env python3
"""Measures this project's models beside others with `fovea eval` and keeps the figures in
weights/figures.json, from which pages.py writes the cards and tables.

    make build models && build/train-venv/bin/python tools/quality/measure.py --data DIR

DIR holds set5/ and set14/ in the layout of SelfExSR, and train/bsd200/ the pictures of val50.
--only replaces the figures of some models and keeps the others. What a model is measured by follows
from the pairs that it was trained on: MEASURES. Those but `enlarging` and `jpeg` need the packages
of tools/train, which `make train` installs into that environment."""

import argparse
import datetime
import importlib
import json
import os
import pathlib
import sys

import own_models

ROOT = own_models.ROOT
sys.path.insert(0, str(ROOT / "bench"))

import machine  # noqa: E402

FIGURES = ROOT / "weights" / "figures.json"
# By what the pairs were: the measure, which is a module of this folder.
MEASURES = {"bicubic": "enlarging", "interpolated luma": "enlarging", "jpeg": "jpeg",
            "text": "text", "taught": "photo", "old photos": "restoring"}


def module(measure):
    return importlib.import_module(f"measure_{measure}")


def measured(measure, own, options, kept):
    """The measure's part of figures.json: kept rows and fresh ones."""
    source = module(measure)
    wanted = [pair for pair in source.wanted(own)
              if not options.only or pair[0] in options.only]
    if not wanted:
        return kept
    names = {name for name, _ in wanted}
    rows = [row for row in kept.get("rows", []) if options.only and row["model"] not in names]
    when = {"date": datetime.date.today().isoformat(), "commit": machine.commit()}
    for model, scale in wanted:
        for row in source.rows(options.fovea, options.data, model, scale):
            rows.append({**row, **when})
            print(measure, *row.values(), flush=True)
    rows.sort(key=source.order)
    return {"machine": machine.cpuinfo("model name"), "threads": len(os.sched_getaffinity(0)),
            "command": "tools/quality/measure.py", "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--fovea", type=pathlib.Path, default=ROOT / "build" / "fovea")
    parser.add_argument("--only", nargs="+", default=[], metavar="MODEL")
    options = parser.parse_args()
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    told = {}
    for measure in sorted(set(MEASURES.values())):
        own = [name for name in own_models.names()
               if MEASURES[own_models.metadata(name)["pairs"]] == measure]
        part = measured(measure, own, options, kept.get(measure, {}))
        if part:
            told[measure] = part
    FIGURES.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

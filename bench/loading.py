#!/usr/bin/env python3
"""Times loading Real-ESRGAN's x4plus (16.7 million weights, random here) from a .pth and from
safetensors that the system has in its cache, a process for each file, and what it adds to memory.

    make build && python3 bench/loading.py [--runs N] [--save]

The first run of each process is the one that people wait for: memory is new to it. A process
before them is not counted: a virtual machine may have to fetch the memory itself from its host."""

import argparse
import json
import math
import pathlib
import random
import struct
import subprocess
import sys

import report as reports
from time_fovea import DEFAULT_BINARY

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "broken"))

import torch_files  # noqa: E402

FEATURES, GROWTH, BLOCKS = 64, 32, 23
PROCESSES = 5


def convolutions():
    """(name, out, in) of RRDBNet as Real-ESRGAN names it."""
    yield "conv_first", FEATURES, 3
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for layer in range(1, 6):
                out = FEATURES if layer == 5 else GROWTH
                yield f"body.{block}.rdb{dense}.conv{layer}", out, FEATURES + (layer - 1) * GROWTH
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        yield name, FEATURES, FEATURES
    yield "conv_last", 3, FEATURES


def tensors():
    """(name, shape, bytes) of f32."""
    rng = random.Random(1)
    block = struct.pack("<65536f", *(rng.gauss(0, 0.02) for _ in range(65536)))
    for name, out, inputs in convolutions():
        for part, shape in (("weight", (out, inputs, 3, 3)), ("bias", (out,))):
            size = 4 * math.prod(shape)
            yield f"{name}.{part}", shape, (block * (size // len(block) + 1))[:size]


def safetensors():
    header, data = {}, []
    end = 0
    for name, shape, content in tensors():
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [end, end := end + len(content)]}
        data.append(content)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def checkpoint():
    values, records = [], []
    for index, (name, shape, content) in enumerate(tensors()):
        strides = [math.prod(shape[axis + 1:]) for axis in range(len(shape))]
        stored = torch_files.storage(str(index), len(content) // 4)
        values.append((name, torch_files.tensor(stored, shape, strides)))
        records.append((str(index), content))
    return torch_files.archive_of(
        torch_files.whole(torch_files.plain([("params_ema", torch_files.ordered(values))])), records)


def measure(program, path, runs):
    """One engine's row: the first loads of several processes, and the best of the last one's."""
    told = [json.loads(subprocess.run([program, path, str(runs)], check=True,
                                      stdout=subprocess.PIPE).stdout)
            for _ in range(1 + PROCESSES)][1:]
    times = [row["times_ms"][0] for row in told]
    return {"times_ms": times, "best_ms": min(times), "again_ms": min(told[-1]["times_ms"]),
            "peak_bytes": max(row["added_bytes"] for row in told)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=reports.at_least_one, default=9, help="loads a process")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results/")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "load_times")
    parser.add_argument("--fovea", type=pathlib.Path, default=DEFAULT_BINARY, help="the binary")
    options = parser.parse_args()
    folder = ROOT / "out" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    report = reports.new(options.fovea)
    for kind, content in (("pth", checkpoint()), ("safetensors", safetensors())):
        path = folder / f"x4plus.{kind}"
        path.write_bytes(content)
        path.read_bytes()
        row = measure(options.program, path, options.runs)
        share = row["peak_bytes"] / len(content)
        print(f"x4plus.{kind}, {len(content) / 1e6:.1f} MB: {row['best_ms']:.1f} ms the first time "
              f"(worst of {PROCESSES} processes {max(row['times_ms']):.1f}), {row['again_ms']:.1f} "
              f"again; memory {share:.3f} of the file")
        report["workloads"].append({"name": f"load x4plus.{kind}", "input": f"{len(content)} bytes",
                                    "engines": {"fovea": row}})
    if options.save:
        reports.save(report, "loading")


if __name__ == "__main__":
    main()

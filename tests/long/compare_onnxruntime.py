#!/usr/bin/env python3
"""compare_onnxruntime.py RUN_MAPS FOLDER MINUTES SEED: random ONNX graphs, run by onnxruntime and by
fovea (RUN_MAPS is run_maps). What fovea takes gives the same picture; what it does not, it refuses.

    pip install numpy onnx onnxruntime

Prints each difference with its seed, and how many graphs came to what. Files go to FOLDER."""

import collections
import pathlib
import re
import subprocess
import sys
import time

import numpy as np
import onnxruntime

from onnx_graphs import GraphMaker

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))

from files import read_safetensors, write_safetensors  # noqa: E402

# Of the largest value. Both compute in f32, in other orders; what is another function is far more.
TOLERANCE = 1e-4


def expected_of(model, picture):
    """What onnxruntime gives, or why it refuses the model."""
    optimised, plain = (onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
                        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    result = run_onnxruntime(model, picture, optimised)
    # It makes one of Pad and AveragePool, and then refuses that where the padding is wide.
    return run_onnxruntime(model, picture, plain) if isinstance(result, str) else result


def run_onnxruntime(model, picture, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return session.run(None, {"x": picture.transpose(2, 0, 1)[None]})[0]
    except Exception as error:  # noqa: BLE001: its errors have no class of their own
        return str(error)


def compare(seed, run_maps, folder):
    """(what came of it, more of it)"""
    maker = GraphMaker(seed)
    model = maker.make().SerializeToString()
    picture = np.random.default_rng(seed).random(
        (maker.height, maker.width, maker.maps[0].channels), np.float32)
    expected = expected_of(model, picture)
    paths = [folder / name for name in ("graph.onnx", "in.safetensors", "out.safetensors")]
    paths[0].write_bytes(model)
    write_safetensors(paths[1], {"input_x": picture})
    done = subprocess.run([run_maps, *map(str, paths)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 1:
        why = re.sub(r".*?graph\.onnx: |node \d+, |'[^']*'|[-+.\d]+", "", done.stdout.split(";")[0])
        if isinstance(expected, str):
            return "refused by both", ""
        return "refused", " ".join(why.split())
    if done.returncode != 0:
        return "DIFFERENT", f"ends with {done.returncode}: {done.stdout[-300:]}"
    if isinstance(expected, str):
        return "DIFFERENT", f"is refused by onnxruntime: {expected[:200]}"
    expected = expected[0].transpose(1, 2, 0)
    largest = max(float(np.abs(expected).max()), 1e-3)
    for way, result in read_safetensors(paths[2]).items():
        if result.shape != expected.shape:
            return "DIFFERENT", f"{way} gives {result.shape}, expected {expected.shape}"
        error = float(np.abs(result - expected).max()) / largest
        if not error <= TOLERANCE:
            return "DIFFERENT", f"{way} is off by {error:.1e} of the largest value"
    return "equal", ""


def main():
    run_maps, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    end, first = time.monotonic() + 60 * float(sys.argv[3]), int(sys.argv[4])
    folder.mkdir(parents=True, exist_ok=True)
    counts, reasons, seed = collections.Counter(), collections.Counter(), first
    while time.monotonic() < end and counts["DIFFERENT"] < 10:
        what, more = compare(seed, run_maps, folder)
        counts[what] += 1
        if what == "refused":
            reasons[more] += 1
        elif more:
            print(f"{what}, seed {seed}: {more}", flush=True)
        seed += 1
    for reason, count in reasons.most_common(12):
        print(f"    {count} refused: {reason}")
    print(f"seeds {first} on: {counts['equal']} graphs give onnxruntime's picture, "
          f"{counts['refused']} are refused, {counts['refused by both']} by both, "
          f"{counts['DIFFERENT']} differ")
    return 1 if counts["DIFFERENT"] or not counts["equal"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""compare_formats.py FOVEA: the golden networks in each way that PyTorch saves them. `fovea convert`
must make of every file the tensors that the golden has, and must find the same architecture."""

import json
import pathlib
import subprocess
import sys
import tempfile
from collections import OrderedDict

import torch
from safetensors import safe_open

MODELS = pathlib.Path(__file__).resolve().parent.parent / "golden" / "models"


def read(path):
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def ways(tensors):
    """{name: (what is saved, whether in the old format, the tensors that must be found)}"""
    prefixed = {f"module.{name}": value for name, value in tensors.items()}
    half = {name: value.half() if value.is_floating_point() else value
            for name, value in tensors.items()}
    bfloat = {name: value.bfloat16() if value.is_floating_point() else value
              for name, value in tensors.items()}
    double = {name: value.double() if value.is_floating_point() else value
              for name, value in tensors.items()}
    return {
        "zip": (OrderedDict(tensors), False, tensors),
        "old": (OrderedDict(tensors), True, tensors),
        "nested": ({"params": {}, "params_ema": OrderedDict(tensors), "iter": 5}, False, tensors),
        "nested_old": ({"state_dict": prefixed, "epoch": 3}, True, tensors),
        "f16": (half, False, half),
        "bf16": (bfloat, True, bfloat),
        "f64": ({"model": double}, False, double),
    }


def run(fovea, *arguments):
    done = subprocess.run([fovea, *map(str, arguments)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout if done.returncode == 0 else None, done.stderr.strip()


def check(fovea, golden, folder):
    """What is wrong, a line each."""
    tensors, metadata = read(golden)
    options = [word for key, value in metadata.items() for word in ("--set", f"{key}={value}")]
    expected = json.loads(run(fovea, "info", golden, "--json")[0])
    for way, (saved, is_old, wanted) in ways(tensors).items():
        source, made = folder / f"{way}.pth", folder / f"{way}.safetensors"
        torch.save(saved, source, _use_new_zipfile_serialization=not is_old)
        told, error = run(fovea, "convert", source, made, "--overwrite", *options)
        if told is None:
            yield f"{golden.stem} {way}: {error}"
            continue
        found, _ = read(made)
        same = found.keys() == wanted.keys() and all(
            found[name].dtype == wanted[name].dtype and torch.equal(found[name], wanted[name])
            for name in wanted)
        info = json.loads(run(fovea, "info", made, "--json")[0] or "{}")
        for key in ("architecture", "details", "scale", "parameters"):
            same = same and info.get(key) == expected[key]
        if not same:
            yield f"{golden.stem} {way}: other tensors or another network"


def main():
    fovea = pathlib.Path(sys.argv[1]).resolve()
    goldens = sorted(MODELS.glob("*.safetensors"))
    faults, files = [], 0
    with tempfile.TemporaryDirectory() as name:
        for golden in goldens:
            faults += check(fovea, golden, pathlib.Path(name))
            files += len(ways({}))
    for fault in faults:
        print(fault)
    print(f"{len(goldens)} networks, {files} files: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

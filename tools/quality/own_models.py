"""This project's models as weights/ holds them."""

import functools
import json
import pathlib
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WEIGHTS = ROOT / "weights"


@functools.cache
def table():
    """The rows of models.json."""
    return json.loads((WEIGHTS / "models.json").read_text(encoding="utf-8"))["models"]


def names():
    return [row["name"] for row in table()]


def path(name):
    return WEIGHTS / f"{name}.safetensors"


@functools.cache
def header(name):
    """The JSON header of the model's safetensors file."""
    with open(path(name), "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length))


def metadata(name):
    return header(name)["__metadata__"]


def parameters(name):
    """How many numbers its tensors hold."""
    count = 0
    for key, tensor in header(name).items():
        if key != "__metadata__":
            size = 1
            for side in tensor["shape"]:
                size *= side
            count += size
    return count


def scale(name):
    return int(metadata(name)["scale"])

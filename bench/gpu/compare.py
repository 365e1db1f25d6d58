"""Puts beside each measured kernel what was predicted of it, and its share of the measured
ceilings."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import gpu_model  # noqa: E402
from gpu_model import networks  # noqa: E402


def machine_of(values):
    """The machine that was measured, as the model wants it; what is unknown is an H200's."""
    known = {}
    if values["machine"].get("multiprocessors"):
        known["multiprocessors"] = values["machine"]["multiprocessors"]
    if values["ceilings"].get("fp16_TF"):
        known["matrix_rate"] = values["ceilings"]["fp16_TF"] * 1e12
    if values["ceilings"].get("copy_GBs"):
        known["memory_rate"] = values["ceilings"]["copy_GBs"] * 1e9
    return gpu_model.Machine(**known)


def complete(values, compiled):
    """Adds predicted_us, pct_ceiling and pct_copy to the rows of `kernels`, and predicted_ms to
    those of `nets`. `compiled`: what the compile gates wrote, where they did."""
    machine = machine_of(values)
    kernels = json.loads(compiled.read_text())["kernels"] if compiled.exists() else []
    every = [*networks.NETWORKS.values(), networks.measured_alone]
    layers = {layer.name: layer for make in every for layer in make()}
    for row in values["kernels"]:
        layer = layers.get(row["name"])
        if layer and row["shape"] in networks.SIZES:
            size = networks.SIZES[row["shape"]]
            # A layer of the model has the network's input for its size.
            predicted = gpu_model.predict(layer, *size, machine, kernels)
            row["predicted_us"] = predicted["s"] * 1e6
            row["predicted_bound"] = predicted["bound"]
        row["pct_ceiling"] = 100e12 * row["TF"] / machine.matrix_rate
        row["pct_copy"] = 100e9 * row["GBs"] / machine.memory_rate
    for row in values["nets"]:
        make = networks.NETWORKS.get(row["model"])
        if make and row["size"] in networks.SIZES:
            seconds, _, _ = gpu_model.predict_network(
                make(), *networks.SIZES[row["size"]], machine, kernels
            )
            row["predicted_ms"] = seconds * 1e3

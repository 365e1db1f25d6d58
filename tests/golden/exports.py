#!/usr/bin/env python3
"""Writes onnx/: networks of the goldens as PyTorch exports them.

    pip install torch numpy onnx onnxscript && python3 exports.py

NAME.WAY.onnx holds the network NAME; what it makes of a map is in maps/NAME.safetensors."""

import io
import warnings
from pathlib import Path

import onnx
import torch

from make_goldens import in_channels, make_network

# (network, exporter, opset, whether height and width are left open, stored type). The exporters
# write each thing in ways of their own: opset 9 spells out the pixel shuffle, 13 has axes as inputs.
EXPORTS = [
    ("srvgg_gray_x2", "torchscript", 9, False, torch.float32),
    ("srvgg_gray_x2", "torchscript", 9, True, torch.float32),
    ("srvgg_gray_x2", "torchscript", 11, True, torch.float32),
    ("srvgg_gray_x2", "dynamo", 18, False, torch.float32),
    ("srvgg_gray_x2", "dynamo", 20, True, torch.float32),
    ("srvgg_gray_to_rgb_x2", "torchscript", 17, True, torch.float32),
    ("srvgg_leakyrelu_x2", "dynamo", 18, True, torch.float32),
    ("srvgg_x4_f16", "torchscript", 17, True, torch.float16),
    ("rrdb_tiny_x2_unshuffle", "torchscript", 9, True, torch.float32),
    ("rrdb_tiny_x2_unshuffle", "torchscript", 13, False, torch.float32),
    ("rrdb_tiny_x2_unshuffle", "dynamo", 18, True, torch.float32),
    ("rrdb_tiny_x4", "torchscript", 17, True, torch.float32),
    ("rrdb_tiny_x4", "dynamo", 20, False, torch.float32),
    ("span_tiny_x2", "torchscript", 9, False, torch.float32),
    ("span_tiny_x2", "dynamo", 18, True, torch.float32),
    ("srcnn_935", "torchscript", 12, True, torch.float32),
]


def exported(network, channels, exporter, opset, is_open, dtype):
    """The ONNX model of `network`, without notes on where in the source a node came from."""
    # A side that the network unshuffles is a multiple of that.
    step = network.unshuffle
    example = torch.zeros(1, channels, 4 * step, 6 * step, dtype=dtype)
    network = network.to(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "torchscript":
            file = io.BytesIO()
            axes = {0: "batch", 2: "height", 3: "width"}
            torch.onnx.export(
                network, (example,), file, dynamo=False, opset_version=opset,
                input_names=["input"], output_names=["output"],
                dynamic_axes={"input": axes, "output": axes} if is_open else None,
            )
            model = onnx.load_from_string(file.getvalue())
        else:
            # Sides as multiples of `step`: without that, the exporter fixes them.
            sides = {
                axis: step * torch.export.Dim(name, min=2, max=1024) if step > 1
                else torch.export.Dim(name, min=2, max=4096)
                for axis, name in ((2, "height"), (3, "width"))
            }
            program = torch.onnx.export(
                network, (example,), dynamo=True, opset_version=opset, verbose=False,
                dynamic_shapes=(sides,) if is_open else None,
            )
            model = program.model_proto
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    for value in [*model.graph.initializer, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    return model


def file_name(name, exporter, opset, is_open, dtype):
    size = "open" if is_open else "fixed"
    half = ".f16" if dtype == torch.float16 else ""
    return f"{name}.{exporter}{opset}.{size}{half}.onnx"


def write_with_data_beside(folder, name):
    """As torch.onnx.export writes to a path: the weights in NAME.onnx.data; but for the notes, which
    tell the folders of the machine."""
    network = make_network(name).float()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network, (torch.zeros(1, in_channels(network), 8, 8),), dynamo=True, verbose=False
        )
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.onnx"
    program.save(file, external_data=True)
    model = onnx.load(file, load_external_data=False)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        for note in part.metadata_props:
            note.value = "a note\nof two lines"
    file.write_bytes(model.SerializeToString(deterministic=True))


def main():
    folder = Path(__file__).parent / "onnx"
    folder.mkdir(exist_ok=True)
    for name, *way in EXPORTS:
        network = make_network(name)
        model = exported(network, in_channels(network), *way)
        (folder / file_name(name, *way)).write_bytes(model.SerializeToString(deterministic=True))
    write_with_data_beside(folder / "data_beside", "srvgg_gray_to_rgb_x2")


if __name__ == "__main__":
    main()

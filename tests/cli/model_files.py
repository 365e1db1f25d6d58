"""Model files small enough for a test, written with the standard library alone."""

import json
import random
import struct


def safetensors(tensors, metadata=None):
    """`tensors`: {name: (shape, floats)}."""
    header, body = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (shape, values) in tensors.items():
        data = struct.pack("<%df" % len(values), *values)
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _random(seed, spread):
    generator = random.Random(seed)
    return lambda count: [generator.uniform(-spread, spread) for _ in range(count)]


def compact(scale, features=4, convolutions=1, seed=None, fill=0.0):
    """SRVGGNetCompact. Without a seed all weights are `fill`; with 0 the result is the
    nearest-neighbour enlargement, exactly."""
    values = _random(seed, 0.1) if seed is not None else lambda count: [fill] * count
    tensors = {}

    def convolution(index, out_channels, in_channels):
        tensors[f"body.{index}.weight"] = ([out_channels, in_channels, 3, 3],
                                           values(out_channels * in_channels * 9))
        tensors[f"body.{index}.bias"] = ([out_channels], values(out_channels))

    convolution(0, features, 3)
    for i in range(convolutions):
        tensors[f"body.{2 * i + 1}.weight"] = ([features], values(features))
        convolution(2 * i + 2, features, features)
    last = 2 * convolutions + 1
    tensors[f"body.{last}.weight"] = ([features], values(features))
    convolution(last + 1, 3 * scale * scale, features)
    return safetensors(tensors)


def srcnn(metadata=None, identity=False):
    """SRCNN 9-1-5 of two features: its scale is not in its weights. All zero, or passing on what it
    is given, which is the bicubic enlargement."""
    shapes = {"conv1": [2, 1, 9, 9], "conv2": [2, 2, 1, 1], "conv3": [1, 2, 5, 5]}
    tensors = {}
    for name, shape in shapes.items():
        weights = [0.0] * (shape[0] * shape[1] * shape[2] * shape[3])
        if identity:  # the middle of the kernel from the first channel to the first
            weights[shape[2] * shape[3] // 2] = 1.0
        tensors[name + ".weight"] = (shape, weights)
        tensors[name + ".bias"] = ([shape[0]], [0.0] * shape[0])
    return safetensors(tensors, metadata)

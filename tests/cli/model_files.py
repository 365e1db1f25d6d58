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


def restorer(condition, metadata=None, added=0.0, gain=0.0):
    """CompactRestorer that is told `condition`: its result is the picture, and `added`, and `gain`
    times the channel that it is told in."""
    first = [0.0] * (2 * 13 * 9)
    first[12 * 9 + 4] = 1.0  # the first feature is the middle of the last channel
    last = [0.0] * (12 * 2 * 9)
    last[4::18] = [gain] * 12  # each result is the middle of the first feature
    tensors = {"body.0.weight": ([2, 13, 3, 3], first), "body.0.bias": ([2], [0.0, 0.0]),
               "body.1.weight": ([2], [0.0, 0.0]), "body.2.weight": ([12, 2, 3, 3], last),
               "body.2.bias": ([12], [added] * 12)}
    return safetensors(tensors, {"condition": condition, **(metadata or {})})

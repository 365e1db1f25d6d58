"""Writes tfjs/: small networks as TensorFlow.js keeps them (model.json and its shards), what
PyTorch computes with the weights that their files hold, and a picture through each."""

import json

import numpy as np
import torch

from files import write_png, write_safetensors
from networks_tfjs import RDN, RRDN

# name: (network, type of the stored weights, bytes of a shard, indentation of the JSON)
NETWORKS = {
    "rdn_x2": (lambda: RDN(2, 2, 6, 8, 2), "float32", 16384, None),
    "rdn_x3_shuffle": (lambda: RDN(1, 2, 4, 8, 3, shuffles=True), "uint16", 1 << 20, None),
    "rrdn_x4": (lambda: RRDN(2, 2, 2, 4, 6, 4, "PixelShuffle4x"), "uint8", 4001, None),
    "rrdn_x2": (lambda: RRDN(1, 3, 1, 5, 6, 2, "PixelShuffle"), "float16", 1 << 20, None),
}
SIZES = ((1, 1), (3, 5), (9, 7))


def quantise(values, kind):
    """(bytes, entry of the manifest, the values that TensorFlow.js reads)."""
    if kind == "float32":
        return values.astype("<f4").tobytes(), None, values
    if kind == "float16":
        halves = values.astype("<f2")
        return halves.tobytes(), {"dtype": "float16"}, halves.astype(np.float32)
    most = np.iinfo(kind).max
    low, high = float(values.min()), float(values.max())
    scale = (high - low) / most or 1.0
    steps = np.rint((values.astype(np.float64) - low) / scale)
    stored = np.clip(steps, 0, most).astype(np.dtype(kind).newbyteorder("<"))
    entry = {"dtype": kind, "min": low, "scale": scale, "original_dtype": "float32"}
    return stored.tobytes(), entry, (stored.astype(np.float64) * scale + low).astype(np.float32)


def keras_layer(kind, name, config, inputs):
    links = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
    return {"class_name": kind, "name": name, "inbound_nodes": links,
            "config": {"name": name, "trainable": True, "dtype": "float32"} | config}


def topology(network):
    layers = [keras_layer(*layer) for layer in network.layers]
    config = {"name": "generator", "layers": layers,
              "input_layers": [[network.input_name, 0, 0]],
              "output_layers": [[network.layers[-1][1], 0, 0]]}
    return {"keras_version": "2.4.0", "backend": "tensorflow",
            "model_config": {"class_name": "Functional", "config": config}}


def set_weights(network, rng, kind):
    """Random weights as their files keep them, in the network too: (bytes, manifest entries)."""
    data, entries = b"", []
    for name, module in sorted(network.convolutions.items()):
        # He's for what ReLU halves, so that values stay as large as the picture's.
        activated = any(layer[1] == f"{name}_Relu" for layer in network.layers)
        spread = np.sqrt((2 if activated else 0.5) / np.prod(module.weight.shape[1:]))
        bias = rng.standard_normal(module.bias.shape) * 0.02 * network.range
        if name == "SR":  # a result spread about as a picture's samples
            spread, bias = spread * 0.5, bias + network.range / 2
        kernel = rng.standard_normal(module.weight.shape) * spread
        tensors = {"kernel": kernel.transpose(2, 3, 1, 0), "bias": bias}
        for suffix, values in tensors.items():
            values = np.ascontiguousarray(values, np.float32)
            stored, quantization, read = quantise(values, kind)
            entry = {"name": f"{name}/{suffix}", "shape": list(values.shape), "dtype": "float32"}
            entries.append(entry | ({"quantization": quantization} if quantization else {}))
            data += stored
            tensors[suffix] = read
        module.weight.data = torch.from_numpy(tensors["kernel"].transpose(3, 2, 0, 1).copy())
        module.bias.data = torch.from_numpy(tensors["bias"])
    network.double()
    return data, entries


def run(network, picture):
    with torch.no_grad():
        return network(torch.from_numpy(picture.transpose(2, 0, 1).copy())[None])[0].numpy(
        ).transpose(1, 2, 0)


def write_tfjs(folder):
    for name, (create, kind, shard_bytes, indent) in NETWORKS.items():
        out = folder / name
        out.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(list(name.encode()))
        network = create().eval()
        data, entries = set_weights(network, rng, kind)
        shards = [data[at:at + shard_bytes] for at in range(0, len(data), shard_bytes)]
        paths = [f"group1-shard{i + 1}of{len(shards)}.bin" for i in range(len(shards))]
        for path, shard in zip(paths, shards):
            (out / path).write_bytes(shard)
        model = {"format": "layers-model", "generatedBy": "keras v2.4.0",
                 "modelTopology": topology(network),
                 "weightsManifest": [{"paths": paths, "weights": entries}]}
        (out / "model.json").write_text(json.dumps(model, indent=indent))

        maps = {}
        for height, width in SIZES:
            values = (rng.random((height, width, 3), np.float32) * network.range).astype(np.float32)
            maps[f"input_{height}x{width}"] = values
            maps[f"output_{height}x{width}"] = run(network, values.astype(np.float64)).astype(
                np.float32)
        write_safetensors(out / "maps.safetensors", maps)
        samples = rng.integers(0, 256, (6, 5, 3)).astype(np.uint8)
        result = run(network, samples / 255 * network.range) / network.range
        write_png(out / "picture.png", samples)
        write_png(out / "result.png", np.rint(np.clip(result, 0, 1) * 255).astype(np.uint8))

#!/usr/bin/env python3
"""Makes models/, maps/ and pictures/: small random networks and what PyTorch computes with them;
and checkpoints/, one network as PyTorch saves it.

    pip install torch numpy && python3 make_goldens.py

The networks run in double precision, on weights that were first rounded to their stored type."""

import argparse
from pathlib import Path

import numpy as np
import torch

from checkpoints import write_checkpoints
from files import as_stored, write_png, write_safetensors
from models_plain import PLAIN_MODELS
from models_reach import REACHING_MODELS
from networks import ESRGAN2018, ESRGAN2020, RRDBNet, SPAN, SRCNN, Conv3XC, SRVGGNetCompact
from networks_plain import VDSR
from pictures import bicubic, upscale
from tfjs import write_tfjs

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


def rrdb(*args, **kwargs):
    return lambda: RRDBNet(*args, **kwargs)


def esrgan_2018(*args, **kwargs):
    return lambda: ESRGAN2018(*args, **kwargs)


def esrgan_2020(*args, **kwargs):
    return lambda: ESRGAN2020(*args, **kwargs)


def srvgg(*args, **kwargs):
    return lambda: SRVGGNetCompact(*args, **kwargs)


def span(*args, **kwargs):
    return lambda: SPAN(*args, **kwargs)


def srcnn(*args, **kwargs):
    return lambda: SRCNN(*args, **kwargs)


# name: (network, stored type, sizes HxW of its maps, metadata)
MODELS = {
    "rrdb_x4": (
        rrdb(3, 3, 16, 2, 8),
        "F16",
        ["1x1", "3x5", "16x16"],
        {"architecture": "RRDBNet", "scale": "4"},
    ),
    "rrdb_x2_unshuffle": (rrdb(3, 3, 24, 1, 8, unshuffle=2), "F16", ["1x1", "3x5", "7x130"], {}),
    "rrdb_x1_unshuffle": (rrdb(3, 3, 12, 1, 6, unshuffle=4), "F16", ["1x1", "3x5", "7x130"], {}),
    "rrdb_x8": (rrdb(3, 3, 8, 1, 4, ups=3), "F16", ["1x1", "3x5"], {}),
    "rrdb_x2": (rrdb(3, 3, 8, 1, 4, ups=1), "F16", ["3x5", "16x16"], {}),
    "rrdb_x1": (rrdb(3, 3, 8, 1, 4, ups=0), "F16", ["3x5", "16x16"], {}),
    "rrdb_gray_x4": (rrdb(1, 1, 8, 1, 4), "F16", ["1x1", "7x9"], {}),
    "rrdb_gray_to_rgb_x4": (rrdb(1, 3, 8, 1, 4), "F16", ["1x1", "7x9"], {}),
    "rrdb_rgba_x4": (rrdb(4, 4, 8, 1, 4), "F16", ["1x1", "7x9"], {}),
    "esrgan_2018_x4": (esrgan_2018(3, 3, 8, 2, 4), "F16", ["1x1", "7x9"], {}),
    "esrgan_2018_x1": (esrgan_2018(3, 3, 8, 1, 4, ups=0), "F16", ["7x9"], {}),
    "esrgan_2018_x8": (esrgan_2018(3, 3, 8, 1, 4, ups=3), "F16", ["3x5"], {}),
    "esrgan_2018_gray_x2": (esrgan_2018(1, 1, 8, 1, 4, ups=1), "F16", ["7x9"], {}),
    "esrgan_2020_x4": (esrgan_2020(3, 3, 8, 2, 4), "F16", ["1x1", "7x9"], {}),
    "esrgan_2020_x2": (esrgan_2020(3, 3, 8, 1, 4, ups=1), "F16", ["7x9"], {}),
    "esrgan_plus_x4": (esrgan_2018(3, 3, 8, 2, 4, shortcuts=True), "F16", ["1x1", "7x9"], {}),
    "srvgg_x4": (
        srvgg(3, 3, 16, 4, 4),
        "F32",
        ["1x1", "3x5", "11x6"],
        {"architecture": "SRVGGNetCompact"},
    ),
    "srvgg_x4_f16": (srvgg(3, 3, 16, 4, 4), "F16", ["3x5"], {}),
    "srvgg_x4_bf16": (srvgg(3, 3, 16, 4, 4), "BF16", ["3x5"], {}),
    "srvgg_x3": (srvgg(3, 3, 16, 4, 3), "F16", ["1x1", "3x5", "5x9"], {}),
    "srvgg_x2": (srvgg(3, 3, 24, 8, 2), "F16", ["1x1", "3x5", "7x130"], {}),
    "srvgg_x1": (srvgg(3, 3, 16, 4, 1), "F16", ["1x1", "7x130"], {}),
    "srvgg_gray_x2": (srvgg(1, 1, 8, 2, 2), "F32", ["7x9"], {}),
    "srvgg_gray_x2_twin": (srvgg(1, 1, 8, 2, 2), "F32", ["7x9"], {}),
    "srvgg_gray_to_rgb_x2": (srvgg(1, 3, 8, 2, 2), "F32", ["7x9"], {}),
    "srvgg_rgba_x2": (srvgg(4, 4, 8, 2, 2), "F32", ["7x9"], {}),
    "srvgg_relu_x2": (srvgg(3, 3, 8, 2, 2, "relu"), "F32", ["7x9"], {"act_type": "relu"}),
    "srvgg_leakyrelu_x2": (
        srvgg(3, 3, 8, 2, 2, "leakyrelu"),
        "F32",
        ["7x9"],
        {"act_type": "leakyrelu"},
    ),
    "span_x4": (span(3, 3, 6, 4), "F16", ["1x1", "3x5", "11x9"], {}),
    "span_x2": (span(3, 3, 8, 2), "F16", ["1x1", "9x14"], {}),
    "span_no_norm_x1": (span(3, 3, 4, 1, norm=False), "F16", ["7x9"], {}),
    "span_gray_x2": (span(1, 1, 4, 2, norm=False), "F16", ["7x9"], {}),
    # For onnx/, where each is stored several times.
    "rrdb_tiny_x4": (rrdb(1, 1, 4, 1, 2), "F32", ["1x1", "7x9"], {}),
    "rrdb_tiny_x2_unshuffle": (rrdb(3, 3, 4, 1, 2, unshuffle=2), "F32", ["1x1", "7x9"], {}),
    "span_tiny_x2": (span(3, 3, 2, 2), "F32", ["1x1", "7x9"], {}),
    "srcnn_915": (srcnn((64, 32), (9, 1, 5)), "F16", ["1x1", "3x5", "7x130"], {}),
    "srcnn_935": (srcnn((24, 16), (9, 3, 5), steps=True), "F32", ["3x5", "16x16"], {}),
    "srcnn_955": (srcnn((32, 16), (9, 5, 5)), "F16", ["1x1", "16x16"], {"architecture": "SRCNN"}),
    "srcnn_955_x3": (srcnn((16, 8), (9, 5, 5), steps=True), "F32", ["1x1", "5x7"], {"scale": "3"}),
    **PLAIN_MODELS,
    **REACHING_MODELS,
}

# name: (model, way of its colours, scale, size, channels, type of the samples)
PICTURES = {
    "rgb": ("srvgg_x2", "rgb", 2, "9x13", 3, np.uint8),
    "gray": ("srvgg_x2", "rgb", 2, "9x13", 1, np.uint8),
    "gray_alpha": ("srvgg_x2", "rgb", 2, "9x13", 2, np.uint8),
    "rgba": ("srvgg_x2", "rgb", 2, "9x13", 4, np.uint8),
    "rgba_constant_alpha": ("srvgg_x2", "rgb", 2, "9x13", 4, np.uint8),
    "rgb_16": ("srvgg_x2", "rgb", 2, "9x13", 3, np.uint16),
    "gray_alpha_16": ("srvgg_x2", "rgb", 2, "9x13", 2, np.uint16),
    "rgb_1x1": ("srvgg_x4", "rgb", 4, "1x1", 3, np.uint8),
    "rgb_1x17": ("srvgg_x4", "rgb", 4, "1x17", 3, np.uint8),
    "rgb_unshuffle_x2": ("rrdb_x2_unshuffle", "rgb", 2, "9x7", 3, np.uint8),
    "rgba_unshuffle_x2_1x1": ("rrdb_x2_unshuffle", "rgb", 2, "1x1", 4, np.uint8),
    "rgb_unshuffle_x1": ("rrdb_x1_unshuffle", "rgb", 1, "9x7", 3, np.uint8),
    "rgb_unshuffle_x1_1x2": ("rrdb_x1_unshuffle", "rgb", 1, "1x2", 3, np.uint8),
    "gray_network_gray": ("rrdb_gray_x4", "gray", 4, "9x7", 1, np.uint8),
    "gray_network_rgb": ("rrdb_gray_x4", "gray", 4, "9x7", 3, np.uint8),
    "gray_network_gray_alpha": ("rrdb_gray_x4", "gray", 4, "9x7", 2, np.uint8),
    "colouring_network_gray": ("rrdb_gray_to_rgb_x4", "gray_to_rgb", 4, "9x7", 1, np.uint8),
    "rgba_network_rgba": ("rrdb_rgba_x4", "rgba", 4, "9x7", 4, np.uint8),
    "rgba_network_rgb": ("rrdb_rgba_x4", "rgba", 4, "9x7", 3, np.uint8),
    "rgba_network_gray": ("rrdb_rgba_x4", "rgba", 4, "9x7", 1, np.uint8),
    "told_rgb": ("compact_restorer", "rgb", 1, "9x7", 3, np.uint8),
    "told_rgba": ("compact_restorer", "rgb", 1, "4x5", 4, np.uint8),
    "srcnn_rgb": ("srcnn_955_x3", "luma", 3, "9x13", 3, np.uint8),
    "srcnn_gray": ("srcnn_955_x3", "luma", 3, "9x13", 1, np.uint8),
    "srcnn_rgba": ("srcnn_955_x3", "luma", 3, "9x13", 4, np.uint8),
}

# The same for networks one after another.
CHAINS = {
    "chain_rgba": (("srvgg_x2", "span_x2"), "rgb", 4, "9x7", 4, np.uint8),
    "chain_rgb_16": (("span_no_norm_x1", "srvgg_x3"), "rgb", 3, "5x6", 3, np.uint16),
    "chain_odd_unshuffle": (("srvgg_x3", "rrdb_x2_unshuffle"), "rgb", 6, "5x3", 3, np.uint8),
    "chain_unshuffle_first": (("rrdb_x2_unshuffle", "srvgg_x2"), "rgb", 4, "5x3", 2, np.uint8),
    "chain_told_first": (("compact_restorer", "srvgg_x2"), "rgb", 2, "5x3", 3, np.uint8),
    "chain_told_behind": (("srvgg_x2", "compact_restorer"), "rgb", 2, "5x3", 1, np.uint8),
    "chain_gray": (("srvgg_gray_x2", "srvgg_gray_x2_twin"), "gray", 4, "5x7", 3, np.uint8),
    "chain_colouring": (("srvgg_gray_to_rgb_x2", "srvgg_x2"), "gray_to_rgb", 4, "5x7", 1, np.uint8),
}

# name: ({model: factor}, sizes of its maps)
BLENDS = {
    "between": ({"srvgg_gray_x2": 0.7, "srvgg_gray_x2_twin": 0.3}, ["7x9"]),
    "beyond": ({"srvgg_gray_x2": 1.5, "srvgg_gray_x2_twin": -0.25}, ["7x9"]),
}


def parse_size(text):
    height, width = text.split("x")
    return int(height), int(width)


def set_parameters(network, rng):
    """He's initialisation, so that maps keep their size from layer to layer, with biases and
    PReLU slopes of all signs; numpy's numbers, which stay the same from version to version."""
    for parameter in network.parameters():
        shape = tuple(parameter.shape)
        if len(shape) == 4:
            values = rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        else:
            values = rng.standard_normal(shape) * 0.05
        parameter.data = torch.from_numpy(values)
    # Three convolutions behind each other enlarge thrice, and SPAN's products square it: as trained
    # ones do, its layers make maps of about 1, the first one of samples of 0...255.
    for name, module in network.named_modules():
        if isinstance(module, Conv3XC):
            for last in (module.sk, module.conv[2]):
                last.weight.data /= 128 if name == "conv_1" and network.norm else 2
    for module in network.modules():
        if isinstance(module, torch.nn.PReLU):
            module.weight.data = torch.from_numpy(rng.uniform(-0.2, 0.5, module.weight.shape))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            set_statistics(module, rng)
        if hasattr(module, "prepare"):
            module.prepare(rng)
    if hasattr(network, "settle"):
        network.settle()


def set_statistics(norm, rng):
    """A batch normalisation after training: near the identity, but not it."""
    count = norm.num_features
    norm.weight.data = torch.from_numpy(rng.uniform(0.7, 1.3, count))
    norm.running_mean = torch.from_numpy(rng.standard_normal(count) * 0.1)
    norm.running_var = torch.from_numpy(rng.uniform(0.5, 2, count))


def make_network(name):
    """The network in double on stored weights; its results spread about as a picture's samples."""
    create, storage, _, _ = MODELS[name]
    rng = np.random.default_rng(list(name.removesuffix("_bf16").removesuffix("_f16").encode()))
    network = create().double().eval()
    set_parameters(network, rng)
    last = network.last()
    side = getattr(network, "probe", 16)
    probe = rng.random((side, side, in_channels(network)))
    is_residual = isinstance(network, SRVGGNetCompact) or getattr(network, "is_residual", False)
    # Once is enough but where a tanh holds the results together: there the weights get smaller
    # until it does not.
    for _ in range(20 if hasattr(network, "centre") else 1):
        result = run(network, probe)
        # What is added to what the last layer gives.
        if is_residual:
            result = result - without(last, lambda: run(network, probe))
        # Rounded to a power of two, so that no last bit of the spread can change the weights.
        exponent = round(np.log2((0.05 if is_residual else 0.15) / float(result.std())))
        last.weight.data *= 2.0**exponent
        if exponent == 0:
            break
    if last.bias is not None:
        last.bias.data += 0 if is_residual else getattr(network, "centre", 0.5)
    statistics = [b for b in network.buffers() if b.is_floating_point()]
    for parameter in (*network.parameters(), *statistics):
        stored = as_stored(parameter.data.numpy(), storage)
        parameter.data = torch.from_numpy(stored.astype(np.float64))
    return network


def without(layer, compute):
    """compute() while `layer` gives zeros."""
    kept = layer.state_dict()
    kept = {name: values.clone() for name, values in kept.items()}
    for parameter in layer.parameters():
        parameter.data = torch.zeros_like(parameter)
    result = compute()
    layer.load_state_dict(kept)
    return result


def in_channels(network):
    if hasattr(network, "channels"):
        return network.channels
    return next(network.parameters()).shape[1] // network.unshuffle**2


def run(network, picture):
    """(H, W, C) through the network: reflected right and bottom to whole unshuffles, cropped."""
    height, width, _ = picture.shape
    pad = -height % network.unshuffle, -width % network.unshuffle
    padded = np.pad(picture, ((0, pad[0]), (0, pad[1]), (0, 0)), mode="reflect")
    with torch.no_grad():
        result = network(torch.from_numpy(np.ascontiguousarray(padded.transpose(2, 0, 1)))[None])[0]
    return result.numpy().transpose(1, 2, 0)[: height * network.scale, : width * network.scale]


def blend(networks, factors):
    """A network of the weighted sums of weights, rounded to f32."""
    result = MODELS[next(iter(factors))][0]().double().eval()
    parts = [(factor, networks[name].state_dict()) for name, factor in factors.items()]
    sums = {}
    for key in result.state_dict():
        total = torch.zeros_like(parts[0][1][key])
        for factor, tensors in parts:
            total += factor * tensors[key]
        sums[key] = total.float().double()
    result.load_state_dict(sums)
    return result


def run_maps(network, sizes, metadata):
    """{input_HxW, output_HxW}. Where the metadata tell SRCNN's scale, the resize comes first."""
    rng = np.random.default_rng(list(b"maps"))
    tensors = {}
    for size in sizes:
        picture = rng.random(parse_size(size) + (in_channels(network),), np.float32)
        tensors[f"input_{size}"] = picture
        values = picture.astype(np.float64)
        if isinstance(network, (SRCNN, VDSR)) and "scale" in metadata:
            values = bicubic(values, int(metadata["scale"]))
        tensors[f"output_{size}"] = run(network, values).astype(np.float32)
    return tensors


def make_maps(name, network):
    _, _, sizes, metadata = MODELS[name]
    return run_maps(network, sizes, metadata)


def make_picture(name, size, channels, dtype):
    """A random picture: half a smooth ramp, half noise, each channel its own."""
    height, width = parse_size(size)
    rng = np.random.default_rng(list(name.encode()))
    y, x = np.mgrid[0:height, 0:width]
    ramp = (y + x)[..., None] / max(height + width - 2, 1)
    ramp = np.where(rng.random(channels) < 0.5, ramp, 1 - ramp)
    picture = 0.5 * ramp + 0.5 * rng.random((height, width, channels))
    samples = np.rint(picture * np.iinfo(dtype).max).astype(dtype)
    if name == "rgba_constant_alpha":
        samples[..., 3] = 128
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where to write")
    out = parser.parse_args().out
    for folder in ("models", "maps", "pictures", "blends"):
        (out / folder).mkdir(parents=True, exist_ok=True)

    networks = {}
    for name, (_, storage, _, metadata) in MODELS.items():
        networks[name] = make_network(name)
        tensors = {key: value.numpy() for key, value in networks[name].state_dict().items()}
        write_safetensors(out / "models" / f"{name}.safetensors", tensors, storage, metadata)
        write_safetensors(out / "maps" / f"{name}.safetensors", make_maps(name, networks[name]))
    for name, (factors, sizes) in BLENDS.items():
        maps = run_maps(blend(networks, factors), sizes, {})
        metadata = {"blend": ",".join(f"{model}:{factor}" for model, factor in factors.items())}
        write_safetensors(out / "blends" / f"{name}.safetensors", maps, "F32", metadata)
    pictures = {name: ((model,), *case) for name, (model, *case) in PICTURES.items()}
    for name, (models, mode, scale, *kind) in (pictures | CHAINS).items():

        def run_all(picture, models=models):
            for model in models:
                picture = run(networks[model], picture)
            return picture

        samples = make_picture(name, *kind)
        result = upscale(run_all, mode, scale, samples)
        write_png(out / "pictures" / f"{name}.png", samples)
        write_png(out / "pictures" / f"{name}.{'+'.join(models)}.png", result)
    write_checkpoints(out / "checkpoints", networks["srvgg_gray_x2"])
    write_tfjs(out / "tfjs")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes the weights of a PyTorch super-resolution network as a safetensors file that fovea reads.

    python3 export_safetensors.py net.pth net.safetensors --set license=MIT

or, with a network at hand:

    from export_safetensors import export_module
    export_module(network, "net.safetensors", {"license": "MIT"})

Needs PyTorch and nothing else. loaders/architectures/README.md tells the metadata that fovea reads."""

import argparse
import ctypes
import json
import struct
import sys
from pathlib import Path

import torch

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
# Under which key training programs keep the weights, the averaged ones first.
WRAPPERS = ("params_ema", "params-ema", "g_ema", "ema", "params", "model_state_dict", "state_dict",
            "model", "net_g", "netG", "generator", "net", "G")
# Not "model.": ESRGAN's own names of 2018 begin with it.
PREFIXES = ("module.", "netG.", "net_g.", "generator.", "params_ema.", "G.")


class ExportError(Exception):
    """What is wrong and what to do about it."""


def unwrap(checkpoint, key=None):
    """The dict of tensors in what torch.load gave; `key` names the one to take."""
    if isinstance(checkpoint, torch.nn.Module):
        checkpoint = checkpoint.state_dict()
    if not isinstance(checkpoint, dict):
        raise ExportError(f"holds a {type(checkpoint).__name__} and no state dict")
    if key is not None:
        if key not in checkpoint:
            raise ExportError(f"has no key {key}; there are {', '.join(map(str, checkpoint))}")
        return unwrap(checkpoint[key])
    for wrapper in WRAPPERS:
        if isinstance(checkpoint.get(wrapper), (dict, torch.nn.Module)):
            return unwrap(checkpoint[wrapper])
    tensors = {name: value for name, value in checkpoint.items()
               if isinstance(value, torch.Tensor)}
    if tensors:
        return tensors
    inner = [value for value in checkpoint.values() if isinstance(value, (dict, torch.nn.Module))]
    if len(inner) == 1:
        return unwrap(inner[0])
    raise ExportError(f"has the keys {', '.join(map(str, checkpoint))}; choose one with --key")


def without_prefix(tensors):
    """Names without what DataParallel and trainers put in front of all of them."""
    for prefix in PREFIXES:
        if all(name.startswith(prefix) and name != prefix for name in tensors):
            return {name[len(prefix):]: value for name, value in tensors.items()}
    return tensors


def to_bytes(tensor):
    # Not through NumPy, which knows no bfloat16 and which PyTorch may lack.
    tensor = tensor.detach().to("cpu").contiguous()
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size())


def save_tensors(tensors, path, metadata=None):
    """{name: tensor} and {key: text} as a safetensors file: the same bytes for the same content."""
    header, body, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = {str(key): str(value) for key, value in metadata.items()}
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES:
            raise ExportError(f"tensor {name} is of {tensor.dtype}; convert it to float32")
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ExportError(f"tensor {name} holds a NaN or an infinity")
        data = to_bytes(tensor)
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(data)]}
        body.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))


def measured_scale(module):
    """Output size over input size of a small picture, or None where the network takes none."""
    parameter = next(module.parameters())
    for channels in (3, 1, 4):
        picture = torch.full((1, channels, 64, 64), 0.5, dtype=parameter.dtype,
                             device=parameter.device)
        try:
            with torch.no_grad():
                result = module(picture)
        except (RuntimeError, TypeError, ValueError):
            continue
        if isinstance(result, torch.Tensor) and result.dim() == 4:
            return result.shape[2] / 64
    return None


def export_module(module, path, metadata=None, half=False):
    """A live network: its scale is measured by running it once."""
    was_training = module.training
    module.eval()
    scale = measured_scale(module)
    module.train(was_training)
    known = {} if scale is None else {"scale": f"{scale:g}"}
    export_tensors(module.state_dict(), path, known | (metadata or {}), half)


def export_tensors(tensors, path, metadata=None, half=False):
    """A state dict."""
    tensors = without_prefix(dict(tensors))
    if not tensors:
        raise ExportError("holds no tensors")
    if half:
        tensors = {name: tensor.half() if tensor.is_floating_point() else tensor
                   for name, tensor in tensors.items()}
    save_tensors(tensors, path, metadata)


def load(path, trusted):
    """What torch.save wrote. Only where it is trusted may the file run code."""
    try:
        return torch.load(path, map_location="cpu", weights_only=not trusted)
    except OSError as error:
        raise ExportError(error.strerror) from error
    except Exception as error:  # torch.load raises whatever the file leads it to
        advice = "" if trusted else "; if it is your own, --trust lets it run the code it holds"
        raise ExportError(f"cannot be loaded ({str(error).splitlines()[0]}){advice}") from error


def parse_metadata(pairs):
    metadata = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise ExportError(f"--set {pair}: give KEY=VALUE")
        metadata[key] = value
    return metadata


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", help="what torch.save wrote")
    parser.add_argument("output", help="the safetensors file")
    parser.add_argument("--key", help="which state dict of the checkpoint; else as fovea chooses")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="metadata: architecture=SPAN, scale=4, license=MIT")
    parser.add_argument("--half", action="store_true", help="round the weights to float16")
    parser.add_argument("--trust", action="store_true",
                        help="load pickled modules, which RUNS CODE that the file holds")
    arguments = parser.parse_args(words)
    try:
        checkpoint = load(arguments.input, arguments.trust)
        metadata = parse_metadata(arguments.set)
        if isinstance(checkpoint, torch.nn.Module):
            export_module(checkpoint, arguments.output, metadata, arguments.half)
        else:
            tensors = unwrap(checkpoint, arguments.key)
            export_tensors(tensors, arguments.output, metadata, arguments.half)
    except ExportError as error:
        sys.exit(f"{arguments.input}: {error}")


if __name__ == "__main__":
    main()

"""Makes what the peers need of a workload, and compares their results; run in their environment.

    prepare_peers.py make WORKLOAD       network, input and PyTorch's result, below build/bench-peers/
    prepare_peers.py compare WORKLOAD    each output-ENGINE beside that result, as JSON

A process of its own, so that its memory is in nobody's peak.
"""

import json
import sys

import ncnn_files
import numpy as np
import torch
from PIL import Image
from peer_networks import NETWORKS, write_safetensors
from workloads import ROCKET, ROOT, named


def load_ncnn(network, stem):
    """ncnn's layers come in the order in which the modules are made."""
    arrays, parameters = ncnn_files.read_arrays(stem), list(network.parameters())
    if [array.size for array in arrays] != [parameter.numel() for parameter in parameters]:
        raise ValueError(f"{stem}: its layers are not those of {type(network).__name__}")
    for parameter, array in zip(parameters, arrays):
        parameter.data = torch.from_numpy(array.reshape(parameter.shape).copy())


def make_srcnn(network, sample, workload):
    """Random weights (He), scaled so that `sample` comes out spread about as a picture is; with
    the files in which fovea and ncnn read them."""
    generator = torch.Generator().manual_seed(955)
    for layer in network.children():
        torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        torch.nn.init.zeros_(layer.bias)
    result = network(sample)
    network.last().weight *= 0.15 / result.std()
    network.last().bias += 0.5 - 0.15 * result.mean() / result.std()

    tensors = {name: value.numpy() for name, value in network.state_dict().items()}
    metadata = {"architecture": "SRCNN", "scale": "1"}
    write_safetensors(workload.safetensors, tensors, metadata=metadata)
    layers = [(layer.weight.numpy(), layer.bias.numpy()) for layer in network.children()]
    chain = [(*layer, layer is not layers[-1]) for layer in layers]
    ncnn_files.write_chain(workload.ncnn_files, chain)


def make_picture(workload):
    """Of a test picture, resized: gray for a network on luma."""
    with Image.open(ROOT / ROCKET) as picture:
        size = (workload.width, workload.height)
        resized = picture.convert("L" if workload.is_srcnn else "RGB").resize(size)
        resized.save(workload.picture_path)


def read_picture(path):
    """(1, C, H, W), samples 0...1."""
    with Image.open(path) as picture:
        samples = np.asarray(picture, np.float32) / np.float32(255)
    samples = samples[None] if samples.ndim == 2 else samples.transpose(2, 0, 1)
    return np.ascontiguousarray(samples[None])


def make(workload):
    folder = workload.folder
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("output-*"):
        old.unlink()
    if workload.picture is None:
        make_picture(workload)
    network = NETWORKS[workload.network]().requires_grad_(False).eval()
    picture = read_picture(workload.picture_path)
    if picture.shape[2:] != (workload.height, workload.width):
        raise ValueError(f"{workload.picture_path}: is not {workload.size}")
    sample = torch.from_numpy(picture)
    if workload.is_srcnn:
        make_srcnn(network, sample, workload)
    else:
        load_ncnn(network, workload.ncnn_files)

    np.save(folder / "input.npy", picture)
    np.save(folder / "reference.npy", network(sample).numpy())
    torch.save(network.state_dict(), folder / "network.pt")
    torch.onnx.export(
        network,
        (sample,),
        folder / "network.onnx",
        dynamo=False,
        opset_version=17,
        input_names=["data"],
        output_names=["output"],
    )


def difference(result, reference):
    """The largest absolute difference; a NaN when there is one anywhere."""
    if result.size != reference.size:
        return float("inf")
    return float(np.abs(result.reshape(reference.shape) - reference).max())


def compare(workload):
    reference = np.load(workload.folder / "reference.npy")
    found = {}
    for path in sorted(workload.folder.glob("output-*")):
        name = path.stem.removeprefix("output-")
        if path.suffix == ".png":  # fovea's: clamped, and rounded to 8 bits
            found[name] = difference(read_picture(path), reference.clip(0, 1))
        else:
            found[name] = difference(np.load(path), reference)
    return found


def main():
    action, name = sys.argv[1:]
    if action == "make":
        make(named(name))
    else:
        print(json.dumps(compare(named(name))))


if __name__ == "__main__":
    main()

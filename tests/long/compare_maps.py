"""What fovea makes of maps beside what a PyTorch network makes of them, for the cross checks."""

import pathlib
import subprocess
import sys

import numpy as np
import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))

from files import read_safetensors, write_safetensors  # noqa: E402

TOLERANCE = 1e-5


def plain_call(network, x):
    return network(x)


def write_model(stem, network, metadata):
    """A file as people share it, torch.save's; or one that carries metadata."""
    if not metadata:
        path = pathlib.Path(f"{stem}.pth")
        torch.save(network.state_dict(), path)
        return path
    path = pathlib.Path(f"{stem}.model.safetensors")
    tensors = {key: value.numpy() for key, value in network.state_dict().items()}
    write_safetensors(path, tensors, metadata=metadata)
    return path


def noise(rng, height, width, channels):
    return rng.random((height, width, channels), np.float32)


def smooth(rng, height, width, channels):
    """As pictures are: networks that were trained on them make large values of noise, which cancel
    each other, and f32 with them."""
    coarse = torch.from_numpy(noise(rng, height // 6 + 2, width // 6 + 2, channels))
    fine = nn.functional.interpolate(coarse.permute(2, 0, 1)[None], (height, width),
                                     mode="bilinear", align_corners=True)
    fine = fine[0].permute(1, 2, 0).numpy()
    return np.float32(0.95) * fine + np.float32(0.05) * noise(rng, height, width, channels)


def expected_maps(network, channels, sizes, call, seed, make=noise):
    """By size: a random map (H, W, C) and what the network makes of it in f64."""
    rng, inputs, expected = np.random.default_rng(seed), {}, {}
    network.double()
    for size in sizes:
        picture = make(rng, *map(int, size.split("x")), channels)
        with torch.no_grad():
            x = torch.from_numpy(picture.astype(np.float64).transpose(2, 0, 1))[None]
            expected[size] = call(network, x)[0].numpy().transpose(1, 2, 0)
        inputs[size] = picture
    return inputs, expected


def compare(run_maps, model, stem, inputs, expected):
    """The largest difference of each way of fovea's to the result, as shares of the largest value,
    and what run_maps told; None and an error where there is none."""
    maps, results_file = (pathlib.Path(f"{stem}.{part}.safetensors") for part in ("in", "out"))
    write_safetensors(maps, {f"input_{size}": values for size, values in inputs.items()})
    done = subprocess.run([run_maps, str(model), str(maps), str(results_file)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        return None, done.stdout.strip()
    results, worst = read_safetensors(results_file), {"reference": 0.0, "cpu": 0.0}
    for way in worst:
        for size, values in expected.items():
            result = results[f"{way}_{size}"]
            if result.shape != values.shape:
                return None, f"{size} gives {result.shape}, expected {values.shape}"
            if not values.std() > 1e-3 * np.abs(values).max() and values.size > 48:
                return None, f"{size} gives next to nothing but one value: a poor case"
            error = np.abs(result - values).max() / np.abs(values).max()
            worst[way] = float(np.fmax(worst[way], error) if error == error else np.inf)
    return worst, done.stdout.strip()


def report(name, worst, told, rounding=TOLERANCE):
    """Prints a case's line; false when it is no good: the reference, whose sums are f64, is further
    than TOLERANCE from the result, or the CPU kernels, whose are f32, further than `rounding`."""
    good = worst is not None and worst["reference"] <= TOLERANCE and worst["cpu"] <= rounding
    figures = "" if worst is None else ", ".join(f"{k} {v:.1e}" for k, v in worst.items())
    print(f"{'' if good else 'FAILED '}{name}: {told} {figures}".rstrip(), flush=True)
    return good

"""A trained network as f16 safetensors, with what fovea and people want to know about it."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools" / "export"))

from export_safetensors import export_tensors  # noqa: E402


LICENSE = "MIT"
PICTURES = "T91 and BSDS200 without val50 and 302003"


def commit():
    told = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty",
                           "--abbrev=12"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def metadata(name, training, figures):
    recipe = training.recipe
    return {
        "name": name,
        "architecture": recipe.architecture,
        "scale": recipe.scale,
        "purpose": recipe.purpose,
        "data": "rendered text" if recipe.pairs == "text" else PICTURES,
        "pairs": recipe.pairs,
        "command": f"make train MODEL={name}",
        "commit": commit(),
        "seed": recipe.seed,
        "steps": recipe.steps,
        "batch": f"{recipe.batch} of {recipe.patch}x{recipe.patch}",
        "peak_rate": recipe.peak_rate,
        "starts_from": recipe.start_from or "random weights",
        "minutes": f"{training.trained_s / 60:.0f}",
        "trained_on": f"{training.team.count} x {training.device.type}",
        "license": LICENSE,
        **getattr(training.network, "metadata", {}),
        **figures,
    }


def write(name, training, figures, path):
    """`figures`: of Validation.figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    export_tensors(training.average.network.plain_weights(), path,
                   metadata(name, training, figures), half=True)

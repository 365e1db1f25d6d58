"""The peers' packages: installed from PyPI into an environment of their own, and their versions."""

import subprocess
import sys

from workloads import ROOT

ENVIRONMENT = ROOT / "build" / "peers-venv"
# What prepare_peers.py needs, and torch because its f32 result is what all are compared with.
NEEDED = ("torch", "numpy", "pillow", "onnx")
# Each peer as it is shown, and the package it comes in.
PEERS = {
    "ncnn": "ncnn",
    "onnxruntime": "onnxruntime",
    "OpenVINO": "openvino",
    "PyTorch": "torch",
    "PyTorch channels_last": "torch",
}
PACKAGES = tuple(dict.fromkeys((*NEEDED, *PEERS.values())))

PROBE = """
import importlib.metadata, sys
__import__({"pillow": "PIL"}.get(sys.argv[1], sys.argv[1]))
print(importlib.metadata.version(sys.argv[1]))
"""


def last_line(text):
    return (text.strip().splitlines() or [""])[-1]


def make_environment():
    """Its Python. Debian's Python makes one with pip inside only when python3-venv is there, so
    the pip outside is used."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        command = [sys.executable, "-m", "venv", "--without-pip", str(ENVIRONMENT)]
        subprocess.run(command, check=True)
    return python


def install(python, name):
    """What pip said in the end when it failed, else an empty text."""
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    run = subprocess.run([*pip, "install", name], capture_output=True, text=True, check=False)
    return (last_line(run.stderr) or "no reason given") if run.returncode else ""


def probe(python, name):
    """(version, None), or (None, why it cannot be imported). A process a package: two of them need
    not get on in one."""
    run = subprocess.run(
        [str(python), "-c", PROBE, name], capture_output=True, text=True, check=False
    )
    if run.returncode == 0:
        return last_line(run.stdout), None
    return None, last_line(run.stderr) or f"importing it ends Python with code {run.returncode}"


def provide(python=None):
    """(Python, {package: version}, {package: why it is not there}). With `python` given, nothing
    is installed."""
    is_own = python is None
    python = make_environment() if is_own else python
    versions, reasons = {}, {}
    for name in PACKAGES:
        version, reason = probe(python, name)
        if reason and is_own:
            print(f"installing {name} into {ENVIRONMENT.relative_to(ROOT)}", flush=True)
            said = install(python, name)
            version, reason = (None, said) if said else probe(python, name)
        if reason:
            reasons[name] = f"{name}: {reason}"
        else:
            versions[name] = version
    if unmet := [reasons[name] for name in NEEDED if name in reasons]:
        sys.exit("\n".join(unmet) + "\nwithout it nothing can be prepared or compared")
    return python, versions, reasons

"""On which machine and commit something was measured."""

import json
import os
import pathlib
import platform
import re
import subprocess

from workloads import ROOT

FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")


def output_of(*command, environment=None):
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return run.stdout.strip()


def cpuinfo(key):
    """What /proc/cpuinfo says of the first processor; an empty text when it does not."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(rf"^{key}\s*: (.*)$", text, re.MULTILINE)
    return found.group(1) if found else ""


def flags():
    return cpuinfo("flags").split()


def caches():
    """{"L1d": "48K", ...} as the first core sees them."""
    found = {}
    for folder in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = (
                (folder / name).read_text(encoding="ascii").strip()
                for name in ("level", "type", "size")
            )
        except OSError:
            continue
        found[f"L{level}" + {"Data": "d", "Instruction": "i"}.get(kind, "")] = size
    return found


def speed(fovea, environment):
    """The clock, and the multiply-adds a second of each instruction set on all cores."""
    said = output_of(str(fovea), "bench", "--machine", "--json", environment=environment)
    return json.loads(said) if said else {}


def describe(fovea, environment=None):
    """Processor, the cores that this process may use, the flags that kernels care for, caches,
    how many processes wanted to run in the last minute, and what the binary `fovea` measures of
    it."""
    present = flags()
    load = round(os.getloadavg()[0], 2)  # before the measuring
    return {
        "name": cpuinfo("model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in FLAGS if flag in present],
        "caches": caches(),
        "load_before": load,
        **speed(fovea, environment),
    }


def commit():
    described = output_of("git", "describe", "--always", "--dirty", "--abbrev=12")
    return described or "unknown (not a git checkout)"

"""On which machine and commit something was measured."""

import os
import pathlib
import platform
import re
import subprocess

from workloads import ROOT

FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")


def output_of(*command):
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def describe():
    """Processor, the cores that this process may use, the flags that kernels care for, and how
    many processes wanted to run in the last minute."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.*)$", text, re.MULTILINE)
    present = flags.group(1).split() if flags else []
    return {
        "name": name.group(1) if name else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in FLAGS if flag in present],
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit():
    described = output_of("git", "describe", "--always", "--dirty", "--abbrev=12")
    return described or "unknown (not a git checkout)"

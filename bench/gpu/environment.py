"""The machine: GPU, driver, clocks and power as they stand, compilers, Python."""

import platform
import re
import shutil
import subprocess

from rows import emit

QUERIED = {
    "gpu": "name",
    "driver": "driver_version",
    "memory_MiB": "memory.total",
    "power_limit_W": "power.limit",
    "sm_clock_MHz": "clocks.sm",
    "max_sm_clock_MHz": "clocks.max.sm",
    "memory_clock_MHz": "clocks.mem",
    "throttle": "clocks_throttle_reasons.active",
}


def said(*command):
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def gpu():
    words = said(
        "nvidia-smi", f"--query-gpu={','.join(QUERIED.values())}", "--format=csv,noheader,nounits"
    )
    cells = [cell.strip() for cell in words.splitlines()[0].split(",")] if words else []
    return dict(zip(QUERIED, cells)) if len(cells) == len(QUERIED) else {}


def version(command, pattern):
    found = re.search(pattern, said(command, "--version"))
    return found.group(1) if found else None


def main():
    emit("machine", **gpu())
    emit(
        "machine",
        kernel=platform.release(),
        python=platform.python_version(),
        nvcc=version("nvcc", r"release ([\d.]+)"),
        cmake=version("cmake", r"version ([\d.]+)"),
        host_compiler=said("c++", "--version").split("\n")[0] or None,
        tools={name: bool(shutil.which(name)) for name in ("ncu", "compute-sanitizer")},
    )
    try:
        import torch
    except ImportError:
        emit("errors", error="no PyTorch")
        return
    emit("machine", torch=torch.__version__, torch_cuda=torch.version.cuda)
    if torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        emit(
            "machine",
            capability=f"{found.major}.{found.minor}",
            multiprocessors=found.multi_processor_count,
            l2_bytes=found.L2_cache_size,
            memory_bytes=found.total_memory,
            cudnn=torch.backends.cudnn.version(),
        )


if __name__ == "__main__":
    main()

"""Where cuobjdump is: the toolkit's, one on the PATH, or NVIDIA's package from PyPI."""

import pathlib
import shutil
import subprocess
import sys

# cuobjdump calls the nvdisasm that lies beside it.
PACKAGES = ("nvidia-cuda-cuobjdump", "nvidia-cuda-nvdisasm")
INSTALL_SECONDS = 300


def in_environment(environment):
    """The cuobjdump of a virtual environment, or None."""
    found = sorted(environment.glob("lib/python*/site-packages/nvidia/*/bin/cuobjdump"))
    return found[-1] if found and (found[-1].parent / "nvdisasm").exists() else None


def install(environment):
    """cuobjdump in a new virtual environment, or a reason (str) why there is none."""
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES]
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", environment],
            check=True,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
        subprocess.run(pip, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.SubprocessError as failure:
        said = (getattr(failure, "stderr", None) or str(failure)).strip().splitlines()
        return f"could not install {' and '.join(PACKAGES)} from PyPI: {said[-1] if said else ''}"
    except OSError as failure:
        return f"could not make {environment}: {failure}"
    return in_environment(environment) or f"{' and '.join(PACKAGES)} hold no cuobjdump"


def cuobjdump(toolkit_bin, environment):
    """Path of cuobjdump, or a reason (str). `toolkit_bin`: nvcc's folder; `environment`: the
    virtual environment that is made where there is no other."""
    beside = toolkit_bin / "cuobjdump" if toolkit_bin else None
    if beside and beside.exists() and (toolkit_bin / "nvdisasm").exists():
        return beside
    if (on_path := shutil.which("cuobjdump")) and shutil.which("nvdisasm"):
        return pathlib.Path(on_path)
    return in_environment(environment) or install(environment)

#!/usr/bin/env python3
"""Every wrapper assembles for every architecture that has it: ptxas accepts its PTX.

    test_wrappers_compile.py [NVCC]     exit 77 where there is no nvcc
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ARCHITECTURES = {
    "wrapper_kernels.cu": ["75", "80", "86", "89", "90", "100", "120"],
    "wrapper_kernels_sm90.cu": ["90", "100", "120"],
    "wrapper_kernels_wgmma.cu": ["90a"],
}
SKIPPED = 77


def main():
    nvcc = sys.argv[1] if len(sys.argv) > 1 else shutil.which("nvcc")
    if not nvcc:
        print("skipped: no nvcc, so no wrapper was assembled")
        return SKIPPED
    known = subprocess.run([nvcc, "--list-gpu-arch"], capture_output=True, text=True, check=True)
    failures = 0
    for source, architectures in ARCHITECTURES.items():
        wanted = [a for a in architectures if f"compute_{a.rstrip('a')}" in known.stdout.split()]
        with tempfile.TemporaryDirectory() as folder:
            command = [nvcc, "-std=c++20", "-O3", f"-I{ROOT}", "--threads", "2"]
            command += [f"-gencode=arch=compute_{a},code=sm_{a}" for a in wanted]
            command += ["-c", str(HERE / source), "-o", str(pathlib.Path(folder) / "object.o")]
            run = subprocess.run(command, capture_output=True, text=True)
        said = (run.stdout + run.stderr).strip()
        failures += run.returncode != 0 or bool(said)
        print(f"{source}: {' '.join(wanted)}: {said or 'assembled'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""Builds fovea and the GPU programs: build_programs.py FOLDER. A kit's libraries lie in
third_party/."""

import os
import pathlib
import subprocess
import sys

from rows import fail

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGETS = ("fovea_cli", "fovea_gpu_programs")


def main(folder):
    configure = ["cmake", "-S", str(ROOT), "-B", folder, "-DCMAKE_BUILD_TYPE=Release"]
    configure += ["-DFOVEA_CUDA=ON", "-DFOVEA_TESTS=OFF", "-DFOVEA_CODECS=stb"]
    if (ROOT / "third_party").is_dir():
        configure.append(f"-DCMAKE_PREFIX_PATH={ROOT / 'third_party'}")
    compile_all = ["cmake", "--build", folder, "--parallel", str(os.cpu_count()), "--target"]
    for command in (configure, [*compile_all, *TARGETS]):
        run = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        print(run.stdout)
        if run.returncode:
            wrong = [line for line in run.stdout.splitlines() if "rror" in line]
            fail(f"{' '.join(command[:2])}: {wrong[0].strip() if wrong else run.returncode}")


if __name__ == "__main__":
    main(sys.argv[1])

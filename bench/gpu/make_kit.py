#!/usr/bin/env python3
"""Packs what a machine with a GPU needs to run the GPU check, into a folder that needs no network:

    python3 bench/gpu/make_kit.py [FOLDER]       out/gpu-kit
    (there)  bench/gpu_check.sh

The tree as it is committed or changed, the header-only libraries, and the networks that are timed
where models/ has them. On the machine: nvcc, CMake, a C++ compiler and a Python with PyTorch.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

from network_files import NETWORKS, ROOT

MOST_BYTES = 60_000_000
INCLUDES = (pathlib.Path("/usr/include"), pathlib.Path("/usr/local/include"))
# What find_package() asks for: (target, below include/, definition, part of a version's text).
LIBRARIES = {
    "fmt": ("fmt::fmt", "fmt", "FMT_HEADER_ONLY"),
    "tl-expected": ("tl::expected", "tl/expected.hpp", ""),
    "nlohmann_json": ("nlohmann_json::nlohmann_json", "nlohmann", ""),
    "cli11": ("CLI11::CLI11", "CLI", ""),
}
HEADERS_ALONE = ("stb/stb_image.h", "stb/stb_image_write.h", "stb/stb_image_resize.h")
# Not needed there, and large.
LEFT_OUT = ("docs/", "bench/results/", "tests/golden/maps/", "tests/long/")


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def find(name):
    for folder in INCLUDES:
        if (folder / name).exists():
            return folder / name
    sys.exit(
        f"make_kit.py: {name} is in none of {', '.join(map(str, INCLUDES))}; see tools/setup.sh"
    )


def git(*arguments):
    run = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return run.stdout


def copy_tree(kit):
    names = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in names:
        if not name.startswith(LEFT_OUT) and (ROOT / name).is_file():
            copy(ROOT / name, kit / name)
    dirty = " dirty" if git("status", "--porcelain").strip() else ""
    (kit / "COMMIT").write_text(git("rev-parse", "HEAD").strip() + dirty + "\n", encoding="utf-8")


def copy_libraries(kit):
    folder = kit / "third_party"
    for name, (target, below, definition) in LIBRARIES.items():
        copy(find(below), folder / "include" / below)
        lines = [
            f"if(NOT TARGET {target})",
            f"  add_library({target} INTERFACE IMPORTED)",
            f"  target_include_directories({target} SYSTEM INTERFACE",
            '    "${CMAKE_CURRENT_LIST_DIR}/../../../include")',
        ]
        if definition:
            lines.append(f"  target_compile_definitions({target} INTERFACE {definition})")
        config = folder / "lib" / "cmake" / name / f"{name}-config.cmake"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text("\n".join([*lines, "endif()", ""]), encoding="utf-8")
    for name in HEADERS_ALONE:
        copy(find(name), folder / "include" / name)


def copy_models(kit):
    for network in NETWORKS:
        for path in (ROOT / "models").glob(f"{network.stem}.*"):
            copy(path, kit / "models" / path.name)


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "out" / "gpu-kit"
    parser.add_argument("folder", type=pathlib.Path, nargs="?", default=default)
    kit = parser.parse_args().folder.resolve()
    if kit.exists() and any(kit.iterdir()) and not (kit / "COMMIT").exists():
        sys.exit(f"make_kit.py: {kit} is there and is no kit; name another folder")
    shutil.rmtree(kit, ignore_errors=True)
    kit.mkdir(parents=True)
    copy_tree(kit)
    copy_libraries(kit)
    copy_models(kit)
    size = size_of(kit)
    if size > MOST_BYTES:
        sys.exit(f"make_kit.py: {kit} has {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f}")
    print(f"wrote {kit}: {size / 1e6:.1f} MB; run bench/gpu_check.sh there")


if __name__ == "__main__":
    main()

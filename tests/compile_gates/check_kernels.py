#!/usr/bin/env python3
"""Refuses compiled kernels that would be slow or fail on a GPU; README.md says what for.

    check_kernels.py --compiler NVCC --environment FOLDER [--json FILE] OBJECT...
    check_kernels.py --skip REASON

Exit: 0 nothing found, 1 something was, 77 nothing could be looked at.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import device_code
import disassembler
import expectations
import gates

SKIPPED = 77


def facts(path, kernel, rules):
    """What bench/gpu_model.py wants to know."""
    try:
        rule = expectations.expected(kernel.name, kernel.architecture, rules)
    except (TypeError, ValueError):
        rule = None  # a finding says so
    return {
        "object": path.name,
        "architecture": kernel.architecture,
        "kernel": kernel.name,
        "registers": kernel.registers,
        "threads": kernel.threads,
        "static_shared_bytes": kernel.shared_bytes,
        "instructions": len(kernel.instructions),
        "shape": rule.shape if rule else {},
        "matrix": gates.matrix_counts(kernel),
        "matrix_loops": gates.matrix_loops(kernel),
    }


def check(cuobjdump, path, rules):
    """(facts of each kernel, findings) of the object at `path`."""
    try:
        kernels = device_code.kernels_of(cuobjdump, path)
    except subprocess.CalledProcessError as failure:
        return [], [f"{path.name}: cuobjdump cannot read it: {failure.stderr.strip()}"]
    kept = path.with_name(path.name + ".ptxas.txt")
    said = kept.read_text(encoding="utf-8") if kept.exists() else ""
    found = [f"{path.name}: ptxas: {remark}" for remark in device_code.hear_ptxas(said, kernels)]
    if not kernels:
        found.append(f"{path.name}: no kernel in it")
    for kernel in kernels.values():
        found += [
            f"{path.name} {kernel.architecture} {kernel.name}: {finding}"
            for finding in gates.findings(kernel, rules)
        ]
    return [facts(path, kernel, rules) for kernel in kernels.values()], found


def heard_without_disassembler(path):
    """What is left to check when there is no cuobjdump: what ptxas said."""
    kept = path.with_name(path.name + ".ptxas.txt")
    if not kept.exists():
        return [f"{path.name}: ptxas's words on it are not kept"]
    lines = kept.read_text(encoding="utf-8").splitlines()
    return [
        f"{path.name}: {line}"
        for line in lines
        if "(C7" in line or line.startswith("ptxas warning")
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "objects", type=pathlib.Path, nargs="*", help="others than *.cu.o are passed over"
    )
    parser.add_argument(
        "--compiler", type=pathlib.Path, help="nvcc, whose folder is searched first"
    )
    parser.add_argument(
        "--environment", type=pathlib.Path, help="where to install cuobjdump, if need be"
    )
    parser.add_argument("--json", type=pathlib.Path, help="where to write what the kernels hold")
    parser.add_argument("--skip", metavar="REASON", help="check nothing, and say why")
    options = parser.parse_args()
    if options.skip:
        print(f"skipped: no kernel was compiled, so none was checked ({options.skip})")
        return SKIPPED
    objects = [path for path in options.objects if path.name.endswith((".cu.o", ".cu.obj"))]
    if not objects:
        print("no objects of CUDA sources were given")
        return 1
    compiler = options.compiler.resolve().parent if options.compiler else None
    cuobjdump = disassembler.cuobjdump(compiler, options.environment)
    if isinstance(cuobjdump, str):
        found = [line for path in objects for line in heard_without_disassembler(path)]
        print("\n".join(found))
        print(f"NOT CHECKED: instructions, shared memory, registers; no cuobjdump: {cuobjdump}")
        return 1 if found else SKIPPED
    every, found = [], []
    for path in objects:
        kernels, wrong = check(cuobjdump, path, expectations.RULES)
        every += kernels
        found += wrong
    if options.json:
        options.json.write_text(json.dumps({"kernels": every}, indent=1) + "\n", encoding="utf-8")
    architectures = sorted({each["architecture"] for each in every})
    print("\n".join(found))
    print(
        f"{len(every)} kernels in {len(objects)} objects for {', '.join(architectures)}: "
        f"{len(found)} findings"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

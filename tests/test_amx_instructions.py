"""The file of the AMX kernels holds the instructions it is named for, with operands in the order
that the kernels mean, and no other file of the kernels does.

Called with the disassembler and the object files.
"""

import collections
import re
import subprocess
import sys

TILE_INSTRUCTION = re.compile(r"\t((?:ld|st)tilecfg|tile(?:loadd|stored|zero|release)|tdp\w+)\b *(.*)")


def instructions(objdump, path):
    run = subprocess.run([objdump, "-d", "--no-show-raw-insn", path], check=True,
                         capture_output=True, text=True)
    return [match.groups() for match in map(TILE_INSTRUCTION.search, run.stdout.splitlines())
            if match]


def main(objdump, *objects):
    findings = []
    of_amx = [path for path in objects if "kernels_amx.cpp" in path]
    if len(of_amx) != 1:
        findings.append(f"{len(of_amx)} objects of kernels_amx.cpp, 1 expected")
    for path in objects:
        found = instructions(objdump, path)
        if path not in of_amx:
            if found:
                findings.append(f"{path}: {found[0][0]} outside of kernels_amx.cpp")
            continue
        count = collections.Counter(name for name, _ in found)
        print(f"{path}: " + ", ".join(f"{n} {name}" for name, n in sorted(count.items())))
        for name in ("ldtilecfg", "tilerelease", "tilezero", "tileloadd", "tilestored",
                     "tdpbf16ps"):
            if not count[name]:
                findings.append(f"{path}: no {name}")
        for name, operands in found:
            # AT&T's order: B, A, sums.
            if name == "tdpbf16ps" and not re.fullmatch(r"%tmm[67],%tmm[45],%tmm[0-3]\s*", operands):
                findings.append(f"{path}: tdpbf16ps {operands}")
    print("\n".join(findings) if findings else "ok")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""compute-sanitizer over the small cases of every kernel: sanitizer.py BUILD_FOLDER."""

import pathlib
import re
import shutil
import subprocess
import sys

from rows import emit, fail

TOOLS = ("memcheck", "racecheck", "synccheck", "initcheck")
SECONDS = 25  # for one tool; it slows kernels by hundreds


def errors_of(text):
    """The sanitizer's own count, or None where it gave none."""
    found = re.findall(r"ERROR SUMMARY: (\d+) error", text)
    races = re.findall(r"RACECHECK SUMMARY: (\d+) hazard", text)
    numbers = [int(number) for number in found + races]
    return max(numbers) if numbers else None


def first_finding(text):
    lines = [
        line.removeprefix("=========").strip()
        for line in text.splitlines()
        if line.startswith("========= ")
    ]
    chosen = [line for line in lines if line and "COMPUTE-SANITIZER" not in line]
    return chosen[0][:300] if chosen else text.strip()[-300:]


def main(build):
    program = pathlib.Path(build) / "gpu_kernels"
    if not program.exists():
        fail(f"{program} was not built")
    if not shutil.which("compute-sanitizer"):
        fail("compute-sanitizer is not on the PATH")
    bad = 0
    for tool in TOOLS:
        command = ["compute-sanitizer", "--tool", tool, str(program), "check", "--small"]
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=SECONDS
            )
            said = run.stdout + run.stderr
        except subprocess.TimeoutExpired:
            emit("sanitizer", tool=tool, errors=None, reason=f"stopped after {SECONDS} s")
            bad += 1
            continue
        errors = errors_of(said)
        row = {"tool": tool, "errors": errors}
        if errors != 0:
            row["reason"] = first_finding(said)
            bad += 1
        emit("sanitizer", **row)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main(sys.argv[1])

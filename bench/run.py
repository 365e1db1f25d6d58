#!/usr/bin/env python3
"""Times build/fovea on the workloads of this project and says on which machine and commit.

The time is the engine's own (`network_ms` of --json: without starting, reading and writing). Of N
runs the best and the median are shown; other work on the machine shows as a gap between the two.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"

# (model, picture, its size): the names and sizes in which this project states its speed.
WORKLOADS = [
    ("realesr-animevideov3", "tests/pictures/rocket.png", "320x180"),
    ("realesrgan-x4plus", "tests/pictures/face.png", "64x64"),
]


def output_of(*command):
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def machine():
    """The processor's name and the number of cores that this process may use."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE).group(1)
    except (OSError, AttributeError):
        name = platform.processor() or platform.machine()
    return name, len(os.sched_getaffinity(0))


def commit():
    described = output_of("git", "describe", "--always", "--dirty", "--abbrev=12")
    return described or "unknown (not a git checkout)"


def time_workload(model, picture, runs, extra):
    """network_ms of each of `runs` runs, and the command as one would type it."""
    command = ["build/fovea", "-i", picture, "-n", model, *extra]
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(runs):
            run = subprocess.run(
                command + ["-o", str(pathlib.Path(folder) / f"{index}.png"), "--json", "--quiet"],
                cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
            if run.returncode != 0:
                sys.exit(run.returncode)  # fovea has said why
            times.append(json.loads(run.stdout)["network_ms"])
    return times, " ".join(command)


def save(report):
    name = re.sub(r"[^A-Za-z0-9]+", "-", report["machine"]).strip("-")
    path = RESULTS / f"{report['date']}-{name}-{report['cores']}-cores.json"
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="What follows -- is given to fovea, e.g. -- -j 1")
    parser.add_argument("-n", "--runs", type=int, default=5, help="runs of each workload")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results/")
    parser.add_argument("fovea", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()

    name, cores = machine()
    report = {"date": datetime.date.today().isoformat(), "machine": name, "cores": cores,
              "commit": commit(), "fovea": output_of("build/fovea", "--version").splitlines(),
              "workloads": []}
    print(f"{name}, {cores} cores; commit {report['commit']}\n")
    print("| command | input | runs | best ms | median ms |\n|---|---|---|---|---|", flush=True)
    for model, picture, size in WORKLOADS:
        times, command = time_workload(model, picture, options.runs, options.fovea)
        report["workloads"].append({"command": command, "input": size, "network_ms": times})
        print(f"| `{command}` | {size} | {len(times)} | {min(times):.0f} | "
              f"{statistics.median(times):.0f} |", flush=True)
    if options.save:
        save(report)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the steps of the GPU check, each in a process of its own, and keeps what they tell.

Called by bench/gpu_check.sh. A step writes JSON objects, a line each, to standard output; whatever
it wrote before it failed or ran out of time is kept.
"""

import argparse
import ctypes
import dataclasses
import datetime
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

import compare
import monitor
from gpu_results import Results

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOTAL_SECONDS = 590
MAX_LINE = 1 << 20  # a longer one is no row


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    seconds: int  # its limit
    command: tuple
    needs_gpu: bool = True
    section: str = ""  # of rows that name none and tell no error


def steps(build):
    """In the order of what a short run should have learned first."""

    def script(name, *arguments):
        return (sys.executable, str(HERE / f"{name}.py"), *map(str, arguments))

    def program(name, *arguments):
        return (str(build / name), *map(str, arguments))

    return [
        Step("environment", 20, script("environment"), needs_gpu=False),
        Step("build", 240, script("build_programs", build), needs_gpu=False),
        Step("ceilings", 40, script("ceilings")),
        Step("wgmma", 30, program("gpu_micro", "wgmma")),
        Step("copies", 20, program("gpu_micro", "copies")),
        Step("wrappers", 30, program("wrapper_check"), section="correctness"),
        Step("correctness", 60, program("gpu_kernels", "check")),
        Step("kernels", 90, program("gpu_kernels", "time")),
        Step("networks", 90, script("fovea_networks", build)),
        Step("pictures", 40, script("fovea_pictures", build)),
        Step("torch layers", 40, script("torch_layers")),
        Step("torch networks", 110, script("torch_networks")),
        Step("sanitizer", 60, script("sanitizer", build)),
        Step("counters", 60, script("counters", build)),
        Step("ladder", 40, program("gpu_kernels", "ladder")),
    ]


def gpu_count():
    """As the driver sees it; 0 where there is no driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value


def lines_of(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def take(line, results, step, log):
    """A line of `step`'s output: a row, or words for the log."""
    if line.startswith("{") and len(line) < MAX_LINE:
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict) and ("section" in row or step.section):
            section = "errors" if "error" in row else step.section
            refused = results.add({"section": section, **row}, step.name)
            if refused:
                results.error(step.name, refused)
            return
    log.write(line)


def end(process):
    """Ends the step's process and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(step, seconds, results, log):
    """Runs a step for at most `seconds`. Returns why it failed, or None."""
    try:
        process = subprocess.Popen(
            step.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=ROOT,
            start_new_session=True,
        )
    except OSError as failure:
        return f"{step.command[0]}: {failure.strerror}"
    lines = queue.Queue()
    threading.Thread(target=lines_of, args=(process.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + seconds
    last = ""
    try:
        while True:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            if line is None:
                break
            last = line.strip() or last
            take(line, results, step, log)
        code = process.wait(timeout=max(1.0, deadline - time.monotonic()))
    except (queue.Empty, subprocess.TimeoutExpired):
        return f"stopped after {seconds:.0f} s"
    finally:
        end(process)
    if code:
        words = "" if last.startswith("{") else f": {last[:300]}"
        return f"ended by signal {-code}{words}" if code < 0 else f"exit code {code}{words}"
    return None


def run_all(chosen, results, log, has_gpu, total_seconds=TOTAL_SECONDS):
    """Runs `chosen` in turn, saving after each."""
    begin = time.monotonic()
    for step in chosen:
        left = total_seconds - (time.monotonic() - begin)
        start = time.monotonic()
        if step.needs_gpu and not has_gpu:
            failure = "no GPU"
        elif left < 5:
            failure = "no time left"
        else:
            print(f"{step.name} ...", flush=True)
            log.write(f"== {step.name}: {' '.join(step.command)}\n")
            failure = run(step, min(step.seconds, left), results, log)
        log.flush()
        spent = round(time.monotonic() - start, 2)
        if failure:
            results.error(step.name, failure)
            print(f"{step.name}: {failure}", flush=True)
        results.values["steps"].append({"step": step.name, "seconds": spent, "ok": not failure})
        results.save()


def git(*arguments):
    run_git = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return run_git.stdout.strip() if run_git.returncode == 0 else None


def commit():
    """(sha, whether there are local changes); a kit has no repository, but a file that says it."""
    kept = ROOT / "COMMIT"
    if kept.exists():
        sha, *dirty = kept.read_text(encoding="utf-8").split()
        return sha, bool(dirty)
    return git("rev-parse", "HEAD") or "unknown", bool(git("status", "--porcelain"))


def main():
    parser = argparse.ArgumentParser(prog="gpu_check.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out" / "gpu-check.json")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-gpu-check")
    parser.add_argument("--only", help="names of steps, separated by commas")
    parser.add_argument("--seconds", type=float, default=TOTAL_SECONDS)
    options = parser.parse_args()
    every = steps(options.build.resolve())
    names = options.only.split(",") if options.only else [step.name for step in every]
    for name in names:
        if name not in [step.name for step in every]:
            parser.error(f"no step {name}; there are {', '.join(step.name for step in every)}")
    chosen = [step for step in every if step.name in names]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    date = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    results = Results(options.out, *commit(), date)
    results.save()
    has_gpu = gpu_count() > 0
    log_path = options.out.with_suffix(".log")
    with log_path.open("w", encoding="utf-8") as log, monitor.Monitor() as watched:
        run_all(chosen, results, log, has_gpu, options.seconds)
    results.values["dmon"] = watched.summary()
    compare.complete(results.values, options.build / "compiled_kernels.json")
    results.save()
    failed = [row["step"] for row in results.values["steps"] if not row["ok"]]
    print(f"wrote {options.out} and {log_path}; failed: {', '.join(failed) or 'nothing'}")


if __name__ == "__main__":
    main()

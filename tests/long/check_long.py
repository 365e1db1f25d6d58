#!/usr/bin/env python3
"""make check-long: the proofs that take an hour. Each part's command, seeds, duration and result go
to tests/long/DATE-MACHINE.log; a second run of the same day adds to it.

    check_long.py [--part NAME] [--minutes N] [--python PYTHON] [--clones FOLDER]

--minutes is for the parts that end by the clock (checkpoints, onnxruntime, random, fuzz, soak); PYTHON has torch
and numpy, for the part spandrel torchvision and spandrel too, for train Pillow and safetensors, for
onnxruntime it and onnx, else these parts make themselves environments. The part originals needs a
FOLDER of clones (cross_check_originals.py says of which), else it is left out."""

import argparse
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))

sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

import corpus as fuzz_corpus  # noqa: E402
import machine  # noqa: E402
from mutation import programs  # noqa: E402

LONG = ROOT / "tests" / "long"
OUT = ROOT / "out" / "check-long"
BUILD = ROOT / "build"
FUZZ_BUILD = ROOT / "build-fuzz"
FUZZERS = ("fuzz_picture", "fuzz_safetensors", "fuzz_ncnn", "fuzz_onnx", "fuzz_tfjs", "fuzz_torch",
           "fuzz_load_model",
           "fuzz_network")
# Of the parts that end by the clock; with them the whole takes about 95 minutes on two cores.
MINUTES = {"checkpoints": 3, "onnxruntime": 3, "random": 10, "fuzz": 20, "soak": 15}
SEED = 1
KILLS = 1000
MUTANTS = 200
# No fuzzer input needs more; what does is a finding.
FUZZ_MEGABYTES = 2048
FUZZ_SECONDS = 20
LIBFUZZER_PROGRESS = re.compile(r"#\d+\s")


class Log:
    """Lines on standard output and in the file of the day and the machine."""

    def __init__(self):
        name = re.sub(r"\W+", "-", machine.cpuinfo("model name") or "unknown").strip("-")
        cores = len(os.sched_getaffinity(0))
        today = datetime.date.today().isoformat()
        self.path = LONG / f"{today}-{name}-{cores}-cores.log"
        is_new = not self.path.exists()
        self.file = self.path.open("a", encoding="utf-8")
        if is_new:
            flags = [flag for flag in machine.FLAGS if flag in machine.flags()]
            self.line(f"{machine.cpuinfo('model name')}, {cores} cores, {' '.join(flags)}")

    def line(self, text):
        print(text, flush=True)
        self.file.write(text.rstrip() + "\n")
        self.file.flush()


def shown(word):
    """A word of a command as the log has it: paths from the project's folder on, of others their
    last part."""
    text = str(word).replace(f"{ROOT}/", "")
    return pathlib.Path(text).name if text.startswith("/") else text


class Part:
    """One part's run: its commands one after the other until one fails."""

    def __init__(self, name, log, options):
        self.name, self.log = name, log
        self.minutes = options.minutes or MINUTES.get(name)
        self.python = options.python
        self.clones = options.clones
        self.failed = False

    def run(self, *command, keep=None, quiet=False, **variables):
        """Runs a command; the lines of its output that match `keep` go to the log, all of them
        when it fails. False when it or one before it failed."""
        if self.failed:
            return False
        told = " ".join([f"{key}={shown(value)}" for key, value in variables.items()]
                        + [shown(word) for word in command])
        start = time.monotonic()
        done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, check=False,
                              env={**os.environ, **{k: str(v) for k, v in variables.items()}},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
        self.failed = done.returncode != 0
        if quiet and not self.failed:
            return True
        self.log.line(f"$ {told}")
        for line in done.stdout.splitlines()[-200 if self.failed else None:]:
            if (self.failed and not LIBFUZZER_PROGRESS.match(line)) or (
                    keep and re.search(keep, line)):
                self.log.line("    " + line.replace(str(ROOT) + "/", ""))
        self.log.line(f"    exit {done.returncode}, {time.monotonic() - start:.0f} s")
        return not self.failed

    def python_with_torch(self):
        """The interpreter that was named, or one of an environment made here."""
        return self.python_with("venv", "torch", "numpy", "safetensors")

    def python_with(self, name, *packages):
        """The same with other packages, in an environment called `name`."""
        if self.python is not None:
            return self.python
        environment = OUT / name
        python = environment / "bin" / "python"
        if not python.exists():
            self.run(sys.executable, "-m", "venv", environment)
            self.run(python, "-m", "pip", "install", "--quiet", *packages)
        return python

    def build(self, preset, *targets):
        self.run("cmake", "-G", "Ninja", "--preset", preset, quiet=True)
        self.run("cmake", "--build", "--preset", preset,
                 *(["--target", *targets] if targets else []), quiet=True)


def determinism(part):
    part.build("release", "test_cpu_kernels", "test_cpu_determinism", "test_sweep_models")
    part.run(BUILD / "tests/test_cpu_kernels", keep=r"instruction sets|ran\.|PASSED|SKIPPED.*tests?,")
    part.run(BUILD / "tests/test_cpu_determinism", FOVEA_LONG=1,
             keep=r"OK.*ThreadsAndBands|OK.*Ceilings|ran\.|PASSED|SKIPPED.*tests?,")
    part.run(BUILD / "tests/test_sweep_models", keep=r"ran\.|PASSED")


def accuracy(part):
    part.build("release", "test_cpu_accuracy")
    part.run(BUILD / "tests/test_cpu_accuracy", FOVEA_LONG=1,
             keep=r" dB,|ran\.|PASSED|SKIPPED.*tests?,")


def tsan(part):
    part.build("tsan")
    part.run("ctest", "--preset", "tsan", "--parallel", "2", keep="tests passed|Skipped|Total")


def asan(part):
    part.build("asan")
    part.run("ctest", "--preset", "asan", "--parallel", "2", keep="tests passed|Skipped|Total")


def pytorch(part):
    part.build("release", "test_golden", "test_torch_checkpoint", "fovea_cli")
    python = part.python_with_torch()
    part.run(python, LONG / "compare_formats.py", BUILD / "fovea", keep=".")
    made, committed = OUT / "goldens", ROOT / "tests/golden"
    part.run(python, "-c", "import torch, numpy; print(torch.__version__, numpy.__version__)",
             keep=".")
    part.run(python, committed / "make_goldens.py", "--out", made)
    part.run(python, LONG / "compare_goldens.py", made, committed, keep=".")
    for test in ("test_golden", "test_torch_checkpoint"):
        part.run(BUILD / "tests" / test, FOVEA_GOLDEN=made,
                 keep=r"ran\.|PASSED|SKIPPED.*tests?,")


def train(part):
    python = part.python_with("venv-train", "torch", "numpy", "pillow", "safetensors")
    part.run(python, "-c", "import torch; print('torch', torch.__version__)", keep=".")
    for test in ("test_training.py", "test_jpeg_training.py",
                 "test_old_photo_training.py"):
        part.run(python, ROOT / "tests/train" / test, keep=r" \.\.\. |^Ran|^OK|skipped")


def catalogue(part):
    part.build("release", "test_golden")
    made = OUT / "catalogue"
    part.run(part.python_with_torch(), ROOT / "tests/golden/catalogue.py", "--out", made, keep=".")
    part.run(BUILD / "tests/test_golden", "--gtest_filter=*GoldenMaps*", FOVEA_GOLDEN=made,
             keep=r"ran\.|PASSED")


def spandrel(part):
    part.build("release", "run_maps")
    python = part.python_with("venv-spandrel", "torch", "torchvision", "numpy", "spandrel")
    part.run(python, "-c", "import importlib.metadata as m; print('spandrel', m.version('spandrel'), "
             "'torch', m.version('torch'))", keep=".")
    part.run(python, LONG / "cross_check_spandrel.py", BUILD / "tests/long/run_maps",
             OUT / "cross-check", keep=".")


def originals(part):
    if part.clones is None:
        part.log.line("left out: it needs clones of authors' repositories (CLONES=FOLDER)")
        return
    part.build("release", "run_maps")
    python = part.python_with("venv-spandrel", "torch", "torchvision", "numpy", "spandrel")
    part.run(python, LONG / "cross_check_originals.py", BUILD / "tests/long/run_maps",
             pathlib.Path(part.clones).resolve(), OUT / "originals", keep=".")


def onnxruntime(part):
    part.build("release", "run_maps")
    python = part.python_with("venv-onnxruntime", "numpy", "onnx", "onnxruntime")
    part.run(python, "-c", "import onnx, onnxruntime; print('onnx', onnx.__version__, "
             "'onnxruntime', onnxruntime.__version__)", keep=".")
    part.run(python, LONG / "compare_onnxruntime.py", BUILD / "tests/long/run_maps",
             OUT / "onnxruntime", part.minutes, SEED, keep=".")


def checkpoints(part):
    part.build("release", "read_checkpoints")
    python = part.python_with_torch()
    for script in ("compare_torch.py", "compare_safetensors.py"):
        part.run(python, LONG / script, BUILD / "tests/long/read_checkpoints", part.minutes / 2,
                 SEED, keep=".")


def random(part):
    part.build("release", "check_random_networks")
    part.run(BUILD / "tests/long/check_random_networks", part.minutes, SEED, keep=".")


def kill(part):
    part.build("release", "fovea_cli")
    part.run(sys.executable, LONG / "kill_fovea.py", KILLS, SEED, FOVEA_BIN=BUILD / "fovea",
             keep=".")


def fuzz(part):
    if shutil.which("clang++") is None:
        part.log.line("needs clang++, which is not here; apt-get install clang")
        part.failed = True
        return
    part.build("fuzz")
    seeds, found = OUT / "seeds", OUT / "found"
    found.mkdir(parents=True, exist_ok=True)
    part.run(FUZZ_BUILD / "tests/fuzz/make_fuzz_seeds", seeds, quiet=True)
    ready, findings = not part.failed, []
    for name in FUZZERS if ready else ():
        corpus = OUT / "corpus" / name
        corpus.mkdir(parents=True, exist_ok=True)
        kept = ROOT / "tests/fuzz/corpus" / f"{name}.tar.xz"
        if kept.exists():
            fuzz_corpus.unpack(kept, corpus)
        seconds = max(1, round(60 * part.minutes / len(FUZZERS)))
        part.failed = False  # a finding of one target keeps no other from its turn
        if not part.run(FUZZ_BUILD / "tests/fuzz" / name, f"-max_total_time={seconds}",
                        f"-seed={SEED}", f"-rss_limit_mb={FUZZ_MEGABYTES}",
                        f"-timeout={FUZZ_SECONDS}", "-max_len=16384",
                        f"-artifact_prefix={found}/{name}-", corpus, seeds / name, keep="^Done"):
            findings.append(name)
    part.failed = bool(findings) or not ready


def mutation(part):
    part.build("release", *sorted(set(programs.TESTS.values())))
    part.run(sys.executable, LONG / "mutate_kernels.py", "--sample", MUTANTS, "--seed", SEED,
             "--build", BUILD, keep=r"^SURVIVED|mutants|listed")


def faults(part):
    part.build("release", "fovea_cli", "fovea_failing_calls")
    part.run(sys.executable, ROOT / "tests/faults/test_faults.py", FOVEA_BIN=BUILD / "fovea",
             FOVEA_FAULTS=BUILD / "tests/faults/libfovea_failing_calls.so", FOVEA_FAULTS_EVERY=1)


def soak(part):
    part.build("release", "soak")
    part.run(BUILD / "tests/long/soak", part.minutes, keep=".")


PARTS = {part.__name__: part for part in
         (determinism, accuracy, tsan, asan, pytorch, train, catalogue, spandrel, originals,
          onnxruntime, checkpoints, random, kill, faults, fuzz, mutation, soak)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--minutes", type=float, help="for each part that ends by the clock")
    parser.add_argument("--python", help="an interpreter with torch and numpy")
    parser.add_argument("--clones", help="a folder of authors' repositories, for the part originals")
    options = parser.parse_args()
    log, failed = Log(), []
    for name in options.part or PARTS:
        part = Part(name, log, options)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%H:%M")
        shortened = name in MINUTES and part.minutes < MINUTES[name]
        log.line(f"\n== {name}, {now} UTC, commit {machine.commit()}"
                 + (f", {part.minutes:g} minutes" if name in MINUTES else "")
                 + (f" (shortened, the default is {MINUTES[name]})" if shortened else ""))
        start = time.monotonic()
        PARTS[name](part)
        if part.failed:
            failed.append(name)
        log.line(f"{name}: {'FAILED' if part.failed else 'passed'}, "
                 f"{time.monotonic() - start:.0f} s")
    print(f"log: {log.path.relative_to(ROOT)}" + (f"; failed: {failed}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Times fovea beside ncnn, onnxruntime, OpenVINO and PyTorch: same weights, pictures and threads.

The peers are installed into build/peers-venv (--python names another environment). Each is a
process that loads once and then waits; in every round each engine in turn runs once uncounted and
then some times counted, while the others sleep. bench/README.md says what exactly is measured.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import time

import instruction_sets
import peer_packages
import report as reports
from peer_packages import PEERS
from time_fovea import DEFAULT_BINARY, Fovea, FoveaError
from workloads import ROOT, chosen

BENCH = ROOT / "bench"
PAUSE_S = 0.3  # before a turn: threads that spin after their last work go to sleep
# Half a step of 8-bit samples: f32 engines stay far below, a wrong network or a narrower type does
# not. fovea's result comes rounded to 8 bits, which takes another half.
HALF_STEP = 0.5 / 255


class PeerError(Exception):
    """Why a peer is not measured."""


class Peer:
    """A worker process that waits for its turns."""

    def __init__(self, python, peer, workload, threads, environment):
        self.log_path = workload.folder / f"{peer}.log"
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [python, BENCH / "peer_worker.py", peer, workload.name, threads],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )
        self.peak_bytes = self.library_bytes = self.idle_cpu_ms = 0
        self.avx512 = None

    def start(self):
        self.library_bytes = self.answer()["library_bytes"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            log = self.log_path.read_text(encoding="utf-8", errors="replace").strip()
            raise PeerError(log.splitlines()[-1] if log else f"ended with code {code}")
        values = json.loads(line)
        self.peak_bytes = values["peak_bytes"]
        self.idle_cpu_ms = max(self.idle_cpu_ms, values.get("idle_cpu_ms", 0))
        return values

    def turn(self, runs):
        try:
            print(runs, file=self.process.stdin, flush=True)
        except OSError:
            pass  # answer() says why it is gone
        values = self.answer()
        self.avx512 = self.avx512 or values["avx512"]
        return values["times_ms"]

    def seen(self):
        """Memory is that of the whole process; library_bytes of it before the network was
        loaded."""
        return {
            "peak_bytes": self.peak_bytes,
            "library_bytes": self.library_bytes,
            "idle_cpu_ms": round(self.idle_cpu_ms, 1),
            "avx512": self.avx512,
        }

    def stop(self):
        self.process.kill()
        self.process.wait()


def prepare(python, action, workload):
    command = [python, BENCH / "prepare_peers.py", action, workload.name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{workload.name}: {run.stderr.strip()}")
    return run.stdout


class Race:
    """One workload: the engines that take turns, and why the others do not."""

    def __init__(self, workload, options, python, environment):
        self.workload, self.options = workload, options
        self.python, self.environment = python, environment
        self.engines, self.times, self.reasons, self.differences = {}, {}, {}, {}

    def start(self, missing, workers):
        """All engines, one after the other; each gives a result once."""
        threads = str(self.options.threads)
        arguments = ["-g", "cpu", "-j", threads]
        fovea = Fovea(self.options.fovea, self.workload, arguments, self.environment)
        fovea.turn(0, keep=self.workload.folder / "output-fovea.png")
        fovea.foresee()
        self.engines["fovea"] = fovea
        for peer, package in PEERS.items():
            if package in missing:
                self.reasons[peer] = missing[package]
                continue
            worker = Peer(self.python, peer, self.workload, threads, self.environment)
            workers.callback(worker.stop)
            self.attempt(peer, worker.start)
            if peer not in self.reasons:
                self.engines[peer] = worker

    def attempt(self, name, action, *arguments):
        """What `action` returns; an engine that fails is out for this workload."""
        try:
            return action(*arguments)
        except PeerError as error:
            self.reasons[name] = f"{name}, {self.workload.name}: {error}"
            self.engines.pop(name, None)
            return None

    def refuse_what_differs(self):
        self.differences = json.loads(prepare(self.python, "compare", self.workload))
        for name in list(self.engines):
            limit = 2 * HALF_STEP if name == "fovea" else HALF_STEP
            found = self.differences[name]
            print(f"  {name}: differs from PyTorch by {found:.2g} at most", flush=True)
            if not found <= limit:
                self.reasons[name] = (
                    f"{name}, {self.workload.name}: computes something else "
                    f"(off by {found:.2g}, limit {limit:.2g})"
                )
                del self.engines[name]

    def run(self):
        runs = 1 if self.workload.is_long else self.options.runs
        for index in range(self.options.rounds):
            for name, engine in list(self.engines.items()):
                time.sleep(PAUSE_S)
                if times := self.attempt(name, engine.turn, runs):
                    self.times.setdefault(name, []).extend(times)
            shown = [f"{name} {min(self.times[name]):.1f}" for name in self.engines]
            print(f"  round {index + 1}, best so far in ms: {', '.join(shown)}", flush=True)

    def result(self):
        engines = {}
        for name in ("fovea", *PEERS):
            if name in self.engines:
                engine = self.engines[name]
                engines[name] = {
                    "times_ms": [round(t, 3) for t in self.times[name]],
                    "difference": self.differences[name],
                    **engine.seen(),
                }
            elif name in self.reasons:
                engines[name] = {"reason": self.reasons[name]}
        return {"name": self.workload.name, "input": self.workload.size, "engines": engines}


def measure(workload, options, python, missing, environment):
    print(f"{workload.name}: preparing", flush=True)
    prepare(python, "make", workload)
    race = Race(workload, options, python, environment)
    with contextlib.ExitStack() as workers:
        race.start(missing, workers)
        race.refuse_what_differs()
        race.run()
    return race.result()


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "-n", "--rounds", type=reports.at_least_one, default=5, help="turns of each engine"
    )
    parser.add_argument(
        "-k", "--runs", type=reports.at_least_one, default=3, help="counted runs of a turn"
    )
    parser.add_argument(
        "-j", "--threads", type=reports.at_least_one, default=2, help="of every engine"
    )
    reports.add_isa(parser)
    parser.add_argument("--long", action="store_true", help="also those that take minutes")
    parser.add_argument("--only", default="", metavar="PART", help="workloads so named")
    parser.add_argument("--python", type=pathlib.Path, help="a Python that has the packages")
    parser.add_argument("--fovea", type=pathlib.Path, default=DEFAULT_BINARY, help="the binary")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results/")
    return parser.parse_args()


def main():
    options = parse_options()
    environment = instruction_sets.environment(options.isa)
    # Before anything is installed: the load is others'.
    report = reports.new(options.fovea, options.isa, environment)
    python, versions, missing = peer_packages.provide(options.python)
    report["versions"] |= versions
    report |= {"threads": options.threads, "rounds": options.rounds}
    for workload in chosen(options.only, options.long):
        try:
            measured = measure(workload, options, python, missing, environment)
            report["workloads"].append(measured)
        except FoveaError as error:
            sys.exit(str(error))
    print("\n" + reports.between_marks([report]))
    if options.save:
        reports.save(report, "cpu")


if __name__ == "__main__":
    main()

"""Times fovea by its own report: `network_ms` of --json, without starting, reading and writing."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import machine
from workloads import ROOT

DEFAULT_BINARY = ROOT / "build" / "fovea"


class FoveaError(Exception):
    """What fovea said."""


class Fovea:
    """One engine among those that are timed; a process for each turn, as a person would run it."""

    def __init__(self, binary, workload, arguments, environment=None):
        self.command = [str(binary), *workload.fovea_arguments, *arguments]
        self.picture = workload.picture_path
        self.environment = environment
        self.peak_bytes = self.foreseen_bytes = 0

    def turn(self, runs, keep=None):
        """network_ms of `runs` pictures after one that is not counted, all in one process;
        the result is put at `keep`."""
        with tempfile.TemporaryDirectory() as folder:
            inputs, outputs = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
            inputs.mkdir()
            for index in range(runs + 1):
                shutil.copy(self.picture, inputs / f"{index:03}.png")
            reports = self.run(["-i", str(inputs), "-o", str(outputs)])
            if keep:
                shutil.copy(reports[0]["output"], keep)
        self.peak_bytes = max([self.peak_bytes] + [report["peak_bytes"] for report in reports])
        return [report["network_ms"] for report in reports[1:]]

    def seen(self):
        return {"peak_bytes": self.peak_bytes, "foreseen_bytes": self.foreseen_bytes}

    def foresee(self):
        """Learns what memory it foresees."""
        with tempfile.TemporaryDirectory() as folder:
            output = str(pathlib.Path(folder, "out.png"))
            (report,) = self.run(["-i", str(self.picture), "-o", output, "--dry-run"])
        self.foreseen_bytes = report["peak_bytes"]

    def run(self, arguments):
        run = subprocess.run(
            self.command + arguments + ["--json", "--quiet"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise FoveaError(run.stderr.strip() or f"fovea: exit code {run.returncode}")
        return [json.loads(line) for line in run.stdout.splitlines()]


def bench(binary, workload, arguments, environment=None):
    """What `fovea bench --json` says of one workload."""
    command = [str(binary), "bench", *workload.fovea_arguments, "--json"]
    command += ["--size", f"{workload.width}x{workload.height}", *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise FoveaError(run.stderr.strip() or f"fovea bench: exit code {run.returncode}")
    return json.loads(run.stdout)


def version(binary, environment=None):
    """What `fovea --version` prints, line by line; ends the program when there is no fovea."""
    if not pathlib.Path(binary).is_file():
        sys.exit(f"{binary}: is not here; `make build` makes it, --fovea names another")
    return machine.output_of(str(binary), "--version", environment=environment).splitlines()

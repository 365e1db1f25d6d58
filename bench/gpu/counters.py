"""Hardware counters of one launch of some kernels, by ncu: counters.py BUILD_FOLDER."""

import csv
import pathlib
import re
import shutil
import subprocess
import sys

from rows import emit, fail

LAYERS = ("conv1", "conv4", "conv5", "body", "up2")
SECTIONS = (
    "SpeedOfLight",
    "MemoryWorkloadAnalysis",
    "ComputeWorkloadAnalysis",
    "WarpStateStats",
    "Occupancy",
    "LaunchStats",
)
SECONDS = 20
# Names in ncu's table: the row's names.
TOLD = {
    "SM Frequency": "clk",
    "DRAM Throughput": "dram_pct",
    "L2 Cache Throughput": "l2_pct",
    "L1/TEX Cache Throughput": "smem_pct",
    "Compute (SM) Throughput": "sm_pct",
    "Duration": "duration",
}


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)


def tensor_metrics():
    """Names differ between architectures, so ncu is asked for those of this one."""
    said = run(["ncu", "--query-metrics"]).stdout
    names = re.findall(r"^(sm__pipe_tensor\w*cycles_active)\b", said, re.MULTILINE)
    return [f"{name}.avg.pct_of_peak_sustained_elapsed" for name in sorted(set(names))]


def table_of(text):
    """Rows of ncu's CSV, which follows what the program and ncu say."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith('"ID"')), None)
    return [] if start is None else list(csv.DictReader(lines[start:]))


def values_of(rows):
    """{metric: value} of the table's rows, numbers where they are."""
    found = {}
    for row in rows:
        name, value = row.get("Metric Name"), row.get("Metric Value", "")
        if name:
            try:
                found[name] = float(value.replace(",", ""))
            except ValueError:
                found[name] = value
    return found


def measure(program, layer, options):
    command = ["ncu", "--clock-control", "none", "--csv", "--launch-count", "1", *options]
    done = run([*command, str(program), "once", layer])
    rows = table_of(done.stdout)
    if not rows:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "==ERROR==" in line]
        emit("errors", error=f"ncu {layer}: {words[0] if words else 'no table'}")
    return rows


def main(build):
    program = pathlib.Path(build) / "gpu_kernels"
    if not program.exists():
        fail(f"{program} was not built")
    if not shutil.which("ncu"):
        fail("ncu is not on the PATH")
    metrics = tensor_metrics()
    sections = [word for section in SECTIONS for word in ("--section", section)]
    for layer in LAYERS:
        rows = measure(program, layer, sections)
        if not rows:
            continue
        values = values_of(rows)
        if metrics:
            values |= values_of(measure(program, layer, ["--metrics", ",".join(metrics)]))
        tensor = [
            value
            for name, value in values.items()
            if name.startswith("sm__pipe_tensor") and isinstance(value, float)
        ]
        told = {TOLD[name]: value for name, value in values.items() if name in TOLD}
        emit(
            "ncu",
            layer=layer,
            kernel=rows[0].get("Kernel Name"),
            tensor_pct=max(tensor, default=None),
            **told,
            metrics=values,
        )


if __name__ == "__main__":
    main(sys.argv[1])

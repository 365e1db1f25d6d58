#!/usr/bin/env python3
"""The table of a benchmark: printed from a file of bench/results/, or put into a document.

A report is what models.py and peers.py measure, as JSON. Per workload and engine it holds every
time, so that best and median are computed here and nowhere else.
"""

import argparse
import datetime
import json
import pathlib
import re
import statistics
import sys

import gpu_report
import machine
from time_fovea import version
from workloads import ROOT

RESULTS = ROOT / "bench" / "results"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
GPU_BEGIN, GPU_END = "<!-- bench:gpu:begin -->", "<!-- bench:gpu:end -->"


def new(fovea, isa="native", environment=None):
    """A report without workloads. Each will be {name, input, engines}; an engine is
    {times_ms, peak_bytes, ...}, or {reason} when it was not measured. `fovea`: the binary, run in
    `environment`, which shows it the instruction sets up to `isa`."""
    fovea_version = version(fovea, environment)
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine.describe(fovea, environment),
        "isa": isa,
        "commit": machine.commit(),
        "command": " ".join(["python3", f"bench/{pathlib.Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "versions": {"fovea": fovea_version},
        "workloads": [],
    }


def add_isa(parser):
    parser.add_argument(
        "--isa",
        choices=("native", "avx2"),
        default="native",
        help="avx2: hide what came after AVX2 from every engine",
    )


def at_least_one(text):
    """An argument of argparse: the best of no runs is no number."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text}: not a number of at least 1")
    return number


def save(report, kind):
    """Keeps `report` in bench/results/."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", report["machine"]["name"]).strip("-")
    kind += "" if report["isa"] == "native" else f"-{report['isa']}"
    path = RESULTS / f"{report['date']}-{name}-{report['machine']['cores']}-cores-{kind}.json"
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(ROOT)}")


def milliseconds(value):
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def cell(engine, notes):
    """Best time and peak memory, or the number of the note that says why there is none."""
    if "reason" in engine:
        if engine["reason"] not in notes:
            notes.append(engine["reason"])
        return f"none ({notes.index(engine['reason']) + 1})"
    return f"{milliseconds(min(engine['times_ms']))} ms, {megabytes(engine['peak_bytes'])}"


def megabytes(count):
    return f"{count / 1e6:.0f} MB"


def alone(workload):
    """fovea without peers, as `fovea bench` tells it."""
    row = workload["engines"]["fovea"]
    return [
        workload["name"],
        milliseconds(row["best_ms"]) + " ms",
        milliseconds(row["median_ms"]) + " ms",
        milliseconds(row["ms_per_output_megapixel"]) + " ms",
        f"{row['gflops']:.0f}",
        f"{row['gflops'] / row['peak_gflops']:.2f}",
        megabytes(row["foreseen_bytes"]),
        megabytes(row["peak_bytes"]),
    ]


def loading(workload):
    """What loading.py keeps: loads of a model instead of runs."""
    row = workload["engines"]["fovea"]
    return [workload["name"], milliseconds(row["best_ms"]) + " ms",
            milliseconds(max(row["times_ms"])) + " ms", milliseconds(row["again_ms"]) + " ms",
            workload["input"], megabytes(row["peak_bytes"])]


LOADING = ("workload", "first, best", "first, worst", "again", "file", "memory added")
ALONE = ("workload", "best", "median", "per megapixel", "GFLOP/s", "of peak", "foreseen", "peak")


def beside(workload, peers, notes):
    """fovea, and the peers that ran in turns with it."""
    engines = workload["engines"]
    fovea = engines["fovea"]
    cells = [workload["name"], cell(fovea, notes)]
    measured = "times_ms" in fovea
    cells.append(milliseconds(statistics.median(fovea["times_ms"])) + " ms" if measured else "")
    # Files of before it was kept lack it.
    cells.append(megabytes(fovea["foreseen_bytes"]) if "foreseen_bytes" in fovea else "?")
    best = {p: min(engines[p]["times_ms"]) for p in peers if "times_ms" in engines.get(p, {})}
    fastest = min(best, key=best.get, default="")
    cells.append(fastest)
    cells.append(f"{best[fastest] / min(fovea['times_ms']):.2f}×" if best and measured else "")
    return cells + [cell(engines[p], notes) if p in engines else "" for p in peers]


def rows(report, peers, notes):
    """The table, its head first."""
    if not peers:
        workloads = report["workloads"]
        if all("again_ms" in workload["engines"]["fovea"] for workload in workloads):
            return [LOADING, *map(loading, workloads)]
        return [ALONE, *map(alone, workloads)]
    head = ("workload", "fovea", "its median", "its memory, foreseen", "fastest peer")
    head += ("its time / fovea's", *peers)
    return [head, *(beside(workload, peers, notes) for workload in report["workloads"])]


def aligned(rows):
    """A Markdown table that also reads well as plain text."""
    widths = [max(3, *map(len, column)) for column in zip(*rows)]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(cells, widths)) + " |"
        for cells in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def differences(report):
    """How far each engine's result lies from PyTorch's: the largest over the workloads."""
    largest = {}
    for workload in report["workloads"]:
        for name, engine in workload["engines"].items():
            largest[name] = max(largest.get(name, 0), engine.get("difference", 0))
    rounded = largest.pop("fovea", 0) * 255
    found = [f"{name} {value:.1g}" for name, value in largest.items() if value > 0]
    return ", ".join(found + [f"fovea {rounded:.3f}/255, of which 0.5/255 is its 8-bit rounding"])


def limited(report):
    """What --isa did, and which engines used AVX-512 registers all the same."""
    used = sorted(
        {
            name
            for workload in report["workloads"]
            for name, engine in workload["engines"].items()
            if engine.get("avx512")
        }
    )
    text = "Measured with AVX-512, and what else came after AVX2, hidden from every engine"
    return text + (f", yet used by {', '.join(used)}." if used else ".")


def place(where):
    """The machine in words. Files of before the clock and the caches were kept lack them."""
    words = [f"{where['name']}, {where['cores']} cores ({' '.join(where['flags'])})"]
    if where.get("clock_ghz"):
        words.append(f"{where['clock_ghz']:.2f} GHz")
    words += [f"{name} {size}" for name, size in where.get("caches", {}).items() if name != "L1i"]
    peaks = [f"{isa} {gflops:.0f}" for isa, gflops in where.get("peak_gflops", {}).items()]
    if peaks:
        words.append(f"GFLOP/s of multiply-adds in registers: {', '.join(peaks)}")
    return ", ".join(words)


def table(report):
    """Everything that a reader of the numbers must know."""
    peers = []
    for workload in report["workloads"]:
        peers += [p for p in workload["engines"] if p != "fovea" and p not in peers]
    notes = []
    lines = aligned(rows(report, peers, notes))
    if notes:
        lines += ["", "; ".join(f"({number}) {note}" for number, note in enumerate(notes, 1)) + "."]
    lines += [
        "",
        f"Best time of the network and peak memory of the whole process. {place(report['machine'])}; "
        f"{report['date']}, commit {report['commit']}, `{report['command']}`.",
    ]
    if report.get("isa", "native") != "native":
        lines[-1] += " " + limited(report)
    others = [f"{name} {v}" for name, v in report["versions"].items() if name != "fovea"]
    if peers:
        lines += [f"Peers: {', '.join(others)}; {report['threads']} threads each, f32."]
        difference = differences(report)
        lines += [f"Largest difference from PyTorch's f32 result, samples 0 to 1: {difference}."]
    return "\n".join(lines)


def marked_parts(reports):
    """Tables of processors, tables of GPUs: each kind between its own markers, where there is
    any."""
    parts = []
    for begin, end, chosen in (
        (BEGIN, END, [table(each) for each in reports if not gpu_report.is_gpu_check(each)]),
        (
            GPU_BEGIN,
            GPU_END,
            [gpu_report.table(each, aligned) for each in reports if gpu_report.is_gpu_check(each)],
        ),
    ):
        if chosen:
            parts.append("\n".join([begin, "\n\n".join(chosen), end]))
    return parts


def between_marks(reports):
    return "\n".join(marked_parts(reports))


def put_into(document, text):
    """Replaces what stands between the markers of `text` in `document`."""
    begin, end = text.split("\n", 1)[0], text.rsplit("\n", 1)[1]
    old = document.read_text(encoding="utf-8")
    start, stop = old.find(begin), old.find(end)
    if start < 0 or stop < start:
        sys.exit(f"{document}: has no lines {begin} and {end}; put them where the table belongs")
    document.write_text(old[:start] + text + old[stop + len(end) :], encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "results", type=pathlib.Path, nargs="+", help="files of bench/results/, a table each"
    )
    parser.add_argument(
        "--into",
        type=pathlib.Path,
        metavar="FILE.md",
        help="put the table between its markers there instead of printing it",
    )
    options = parser.parse_args()
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in options.results]
    for text in marked_parts(reports):
        if options.into:
            put_into(options.into, text)
        else:
            print(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Times build/fovea on the workloads of this project and says on which machine and commit.

`fovea bench` measures, a process for each row; the first picture of each is not counted. Other work
on the machine shows as a gap between best and median. peers.py measures other engines beside it.
"""

import argparse
import pathlib
import sys

import instruction_sets
import report as reports
from time_fovea import DEFAULT_BINARY, FoveaError, bench
from workloads import chosen, series


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="What follows -- is given to fovea bench, e.g. -- -j 1",
    )
    parser.add_argument(
        "-n", "--runs", type=reports.at_least_one, default=5, help="counted runs of each workload"
    )
    parser.add_argument("--only", default="", metavar="PART", help="workloads so named")
    parser.add_argument("--long", action="store_true", help="also those that take minutes")
    parser.add_argument(
        "--series", action="store_true", help="squares of 64 to 2048 pixels: what a pixel costs"
    )
    reports.add_isa(parser)
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results/")
    parser.add_argument("--fovea", type=pathlib.Path, default=DEFAULT_BINARY, help="the binary")
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse_options()
    environment = instruction_sets.environment(options.isa)
    report = reports.new(options.fovea, options.isa, environment)
    choose = series if options.series else chosen
    for workload in choose(options.only, options.long):
        if workload.is_srcnn and not workload.safetensors.exists():
            print(f"{workload.name}: not made yet; peers.py makes it", file=sys.stderr)
            continue
        arguments = ["--runs", str(options.runs), *options.arguments]
        try:
            row = bench(options.fovea, workload, arguments, environment)
        except FoveaError as error:
            sys.exit(str(error))
        print(f"{workload.name}: {row['best_ms']:.1f} ms", file=sys.stderr, flush=True)
        report["workloads"].append(
            {"name": workload.name, "input": workload.size, "engines": {"fovea": row}}
        )
    print(reports.between_marks([report]))
    if options.save:
        reports.save(report, "series" if options.series else "models")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Times build/fovea on the workloads of this project and says on which machine and commit.

One process per workload; the first picture is not counted. Other work on the machine shows as a
gap between best and median. peers.py measures other engines beside it.
"""

import argparse
import pathlib
import sys

import report as reports
from time_fovea import DEFAULT_BINARY, Fovea, FoveaError, version
from workloads import chosen


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="What follows -- is given to fovea, e.g. -- -j 1",
    )
    parser.add_argument(
        "-n", "--runs", type=reports.at_least_one, default=5, help="counted runs of each workload"
    )
    parser.add_argument("--only", default="", metavar="PART", help="workloads so named")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results/")
    parser.add_argument("--fovea", type=pathlib.Path, default=DEFAULT_BINARY, help="the binary")
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()

    report = reports.new(version(options.fovea))
    for workload in chosen(options.only, is_long=False):
        if workload.picture is None:  # made by what peers.py installs
            continue
        fovea = Fovea(options.fovea, workload, options.arguments)
        try:
            times = fovea.turn(options.runs)
        except FoveaError as error:
            sys.exit(str(error))
        engine = {"times_ms": times, **fovea.seen()}
        report["workloads"].append(
            {"name": workload.name, "input": workload.size, "engines": {"fovea": engine}}
        )
    print(reports.table(report))
    if options.save:
        reports.save(report, "fovea")


if __name__ == "__main__":
    main()

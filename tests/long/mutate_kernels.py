#!/usr/bin/env python3
"""Breaks the CUDA kernels one small piece at a time and wants their emulated tests to notice.

    mutate_kernels.py [--build DIR] [--file NAME]... [--zone device|host] [--sample N --seed S]
                      [--again LOG] [--budget SECONDS] [--jobs N] [--all] [--list]

Rules (mutation/mutants.py) drop calls, assignments, guards and remainders, move bounds, and swap
strides. A mutant that no test catches must be in mutation/redundant.json with its reason; an entry
there whose mutant is caught or gone is told. Exit code 1: a mutant survived that is not there.

--build is configured for the emulated tests (default: build). Listed mutants are tried with --all
only. --budget tries a mutant for so long and no longer; then survivors are candidates, not findings.
--again tries only those that LOG, the output of an earlier run, has as not caught. --list shows the
mutants and runs nothing."""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import sys
import tempfile
import time

from mutation import plant, programs, trials

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KERNELS = ROOT / "kernels" / "cuda"
REDUNDANT = pathlib.Path(__file__).resolve().parent / "mutation" / "redundant.json"


def read_redundant():
    entries = json.loads(REDUNDANT.read_text(encoding="utf-8"))
    return {(entry["file"], entry["rule"], entry["place"]): entry["reason"] for entry in entries}


def plant_and_compile(planting, kernels, builder, folder, jobs):
    """Mutants that do not compile where they are planted are taken out, and returned."""
    dropped = []
    while True:
        planting.write(folder)
        try:
            builder.compile(kernels, jobs)
            return dropped
        except programs.CompileError as error:
            now = [mutant for name, lines in error.lines.items() for line in lines
                   if name in planting.kernels for mutant in planting.drop(name, line)]
            if not now:
                raise
            dropped += now


def chosen(mutants, options):
    result = [mutant for mutant in mutants
              if options.zone is None or mutant.device == (options.zone == "device")]
    if options.again:
        survived = {tuple(line.split(" | ")[:2]) for line in
                    options.again.read_text(encoding="utf-8").splitlines() if "| NOT CAUGHT" in line}
        survived = {(where.split(":")[0], where.split(" ", 1)[1], place)
                    for where, place in survived}
        result = [mutant for mutant in result if mutant.key() in survived]
    if options.sample:
        result = random.Random(options.seed).sample(result, min(options.sample, len(result)))
    return result


def report(results, redundant, all_mutants, dropped, listed, budget):
    """The lines of the summary, and whether a mutant survived that may not."""
    counts = collections.defaultdict(collections.Counter)
    survivors, lines = [], []
    for trial in results:
        mutant = trial.mutant
        is_listed = mutant.key() in redundant
        outcome = "caught" if trial.test else "redundant" if is_listed else "survived"
        counts[mutant.file][outcome] += 1
        if outcome == "survived":
            survivors.append(mutant)
        if trial.test and is_listed:
            lines.append(f"caught though listed as redundant: {mutant.file}: {mutant.place}")
    tried = {trial.mutant.file for trial in results}
    keys = {mutant.key() for mutant in all_mutants}
    lines += [f"listed and no longer there: {file}, {rule}: {place}"
              for file, rule, place in redundant if file in tried
              and (file, rule, place) not in keys]
    lines += [f"cannot be planted, not tried: {mutant.file}:{mutant.line} {mutant.rule}: "
              f"{mutant.place}" for mutant in dropped]
    for mutant in survivors:
        lines.append(f"SURVIVED {mutant.file}:{mutant.line} {mutant.rule}: {mutant.place}")
    for mutant in listed:
        counts[mutant.file]["redundant"] += 1
    for file, count in counts.items():
        lines.append(f"{file}: {sum(count.values())} mutants, {count['caught']} caught, "
                     f"{count['redundant']} redundant, {count['survived']} survived")
    total = sum(counts.values(), collections.Counter())
    note = f" ({budget:g} s each at most)" if budget else ""
    lines.append(f"in all: {sum(total.values())} mutants, {total['caught']} caught, "
                 f"{total['redundant']} redundant, {total['survived']} survived{note}")
    return lines, bool(survivors)


def run(planting, dropped, paths, options):
    redundant = read_redundant()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tests = dict(zip(paths, pool.map(trials.Tests, paths.values())))
    lock = trials.new_lock()
    mutants = chosen(planting.mutants, options)
    listed = [mutant for mutant in mutants if mutant.key() in redundant and not options.all]
    mutants = [mutant for mutant in mutants if mutant not in listed]

    def attempt(mutant):
        used = sorted({programs.TESTS[name] for name in programs.includers(KERNELS, mutant.file)})
        return trials.Trial(mutant, [tests[name] for name in used], lock, options.budget)

    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for trial in pool.map(attempt, mutants):
            results.append(trial)
            mutant = trial.mutant
            outcome = f"caught by {trial.test}: {trial.told}" if trial.test else "NOT CAUGHT"
            print(f"{mutant.file}:{mutant.line} {mutant.rule} | {mutant.place} | {outcome} | "
                  f"{trial.seconds:.0f} s", flush=True)
    lines, failed = report(results, redundant, planting.mutants + dropped, dropped, listed,
                           options.budget)
    print("\n".join(lines))
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--file", action="append", help="of kernels/cuda; default: all")
    parser.add_argument("--zone", choices=("device", "host"), help="default: both")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=pathlib.Path)
    parser.add_argument("--budget", type=float)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    files = [pathlib.Path(name).name for name in options.file or
             sorted(path.name for path in KERNELS.glob("*.cu*"))]
    planting = plant.Planting(KERNELS, files)
    if options.list:
        for mutant in chosen(planting.mutants, options):
            print(f"{mutant.file}:{mutant.line} {mutant.rule} | {mutant.place}")
        return 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as out:
        kernels = sorted({name for file in files for name in programs.includers(KERNELS, file)})
        if unknown := [name for name in kernels if name not in programs.TESTS]:
            parser.error(f"whose tests are these? mutation/programs.py: {', '.join(unknown)}")
        names = sorted({programs.TESTS[name] for name in kernels})
        builder = programs.Programs(ROOT, options.build.resolve(), out)
        builder.build_unchanged(names)
        folder = plant.planted_copy(ROOT, out)
        dropped = plant_and_compile(planting, kernels, builder, folder, options.jobs)
        paths = {name: builder.link(name, kernels) for name in names}
        print(f"{len(planting.mutants)} mutants of {len(files)} files in {len(kernels)} kernels "
              f"and {len(names)} programs, {time.monotonic() - start:.0f} s", flush=True)
        return run(planting, dropped, paths, options)


if __name__ == "__main__":
    sys.exit(main())

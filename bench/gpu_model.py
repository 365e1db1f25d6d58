#!/usr/bin/env python3
"""A cost model of the CUDA kernels: predicted times, from shapes and from what was compiled.

    python3 bench/gpu_model.py [--kernels build/compiled_kernels.json] [--layers NETWORK] [--json]

Nothing here is measured except the machine's ceilings. A layer takes as long as the busiest of: the
tensor cores, shared memory, the schedulers, the L2 cache, device memory, and the power that lets
matrix products run at no more than the measured rate. Before that it loads its weights and its
first row. Layers follow one another, each with a gap.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "gpu"))

import layers as networks  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Machine:
    """An H200. Measured on one: a matrix product of 8192^3 on random numbers, and a copy. The rest
    is from its data sheet, and from measurements of others that README.md names."""

    multiprocessors: int = 132
    clock: float = 1.98e9  # Hz, where power allows; `matrix_rate` is what it allows to products
    matrix_rate: float = 790e12  # FLOP/s, measured
    memory_rate: float = 4.3e12  # byte/s read and written, measured
    flop_per_cycle: int = 4096  # of one multiprocessor, dense f16, by wgmma
    sync_share: float = 0.62  # of that, by mma.sync: measured by others on an H100
    shared_per_cycle: int = 128  # bytes, of one multiprocessor
    l2_per_cycle: float = 38.8  # bytes to one multiprocessor when all read: 160 slices x 32 B / 132
    launch_gap: float = 1.0e-6  # s between two kernels of a graph with dependent launch: a guess
    first_row: float = 0.7e-6  # s from the first load to the first product, and as the last block
    # drains: a guess, of about one latency of device memory and one row
    product_tail: int = 64  # cycles from a product's issue to its sums, behind its tensor cycles
    issue_cycles: int = 2  # of one warp's instruction behind another: a guess


def tensor_cycles(products):
    """M x N x K = 64 x N x 16 at 2048 multiply-adds a cycle."""
    return sum(each.count * each.columns / 2 for each in products)


def shared_cycles(products, machine):
    """A is 64 x 16 and B 16 x N of 2 bytes, both read for every product."""
    read = sum(
        each.count * ((0 if each.from_registers else 2048) + 32 * each.columns)
        for each in products
        if not each.all_from_registers
    )
    return read / machine.shared_per_cycle


def compiled_step(layer, kernels):
    """(instructions that a warp issues for one row of a unit, those of them that it issues while
    products run), of the kernel that was compiled for this layer, or None. The innermost loop with
    products may hold several rows."""
    opcode, count = layer.matrix or ("", 0)
    for kernel in kernels:
        shape = kernel.get("shape", {})
        if (
            not layer.kernel
            or kernel.get("architecture", "sm_90").rstrip("a") != "sm_90"
            or layer.kernel not in kernel["kernel"].split("<")[0]
            or "Half" not in kernel["kernel"]
            or shape.get("in_channels", layer.in_channels) != layer.in_channels
            or shape.get("group", layer.group) != layer.group
        ):
            continue
        for loop in kernel["matrix_loops"]:
            rows, rest = divmod(loop["matrix"].get(opcode, 0), count)
            if rows and not rest:
                return loop["instructions"] / rows, loop.get("under_products", 0) / rows
    return None


def runs_of(strips, rows, slots):
    """(rows of the longest share, runs that it falls into at most on average): the rows of all
    strips, one strip below the other, are shared out evenly, and a share has a new run in each
    strip."""
    share = math.ceil(strips * rows / slots)
    active = min(slots, strips * rows)
    return share, 1 + (strips - 1) / active


def predict(layer, height, width, machine=Machine(), kernels=()):
    """{what: seconds} of one launch of `layer` on a picture of height x width, "s" the
    prediction."""
    height, width = height * layer.scale, width * layer.scale
    pixels = height * width
    flop = 2 * layer.multiply_adds * pixels
    times = {"memory": pixels * (layer.reads + layer.writes) / machine.memory_rate}
    if layer.row:
        strips = math.ceil(width / (networks.STRIP * layer.useful))
        slots = machine.multiprocessors * layer.warpgroups / layer.groups
        share, runs = runs_of(strips, height, slots)
        # A run of r rows reads r + 2; what its outer rows need of the products is no more than r.
        edges = runs * len(layer.first_rows)
        share += layer.halo_rows * runs
        # As many rows less are whole ones: of r + 2 rows with N, 2 N, 3 N ... 2 N, N columns r - 2.
        inner = max(0.0, share - edges)
        # All warpgroups of a multiprocessor draw on the same units.
        per_second = layer.warpgroups / machine.clock
        write = layer.shared_writes / machine.shared_per_cycle

        def cycles(cost, each_row=0.0):
            total = inner * (cost(layer.row) + each_row)
            if layer.first_rows:
                total += 2 * runs * sum(cost((one,)) + each_row for one in layer.first_rows)
            return total * per_second

        slower = 1 / machine.sync_share if layer.sync else 1.0
        times["tensor"] = cycles(tensor_cycles) * slower
        write += layer.shared_cycles
        times["shared"] = cycles(lambda products: shared_cycles(products, machine), write)
        step = compiled_step(layer, kernels) if layer.kernel else None
        if step:
            instructions, hidden = step
            # One instruction a cycle for each of four schedulers, over which a warpgroup's warps
            # lie.
            times["issue"] = (share + edges) * instructions * layer.sharing * per_second
            # What one warpgroup takes alone; less than the others when two hide each other's.
            products = tensor_cycles(layer.row) * slower + machine.product_tail
            alone = max(products, machine.issue_cycles * hidden)
            alone += machine.issue_cycles * (instructions - hidden)
            times["alone"] = (share + edges) * alone / machine.clock
        times["l2"] = (share + edges) * layer.shared_writes / machine.l2_per_cycle * per_second
        units = strips * height * layer.groups * tensor_cycles(layer.row)
        times["power"] = units * machine.flop_per_cycle / machine.matrix_rate
    start = layer.weights / (machine.l2_per_cycle * machine.clock)
    start += machine.first_row if layer.row else 0.0
    times["s"] = max(times.values()) + layer.launches * (machine.launch_gap + start)
    times["bound"] = max((value, name) for name, value in times.items() if name != "s")[1]
    times["flop"] = flop
    return times


def predict_network(layers, height, width, machine=Machine(), kernels=()):
    """(seconds, FLOP, rows of (layer, times)) of the whole network."""
    rows = [(layer, predict(layer, height, width, machine, kernels)) for layer in layers]
    seconds = sum(layer.repeat * times["s"] for layer, times in rows)
    flop = sum(layer.repeat * times["flop"] for layer, times in rows)
    return seconds, flop, rows


def summary(machine, kernels):
    """A row a network and size."""
    rows = []
    for name, make in networks.NETWORKS.items():
        layers = make()
        for size, (height, width) in networks.SIZES.items():
            seconds, flop, _ = predict_network(layers, height, width, machine, kernels)
            rows.append(
                {
                    "network": name,
                    "size": size,
                    "ms": seconds * 1e3,
                    "fps": 1 / seconds,
                    "tflops": flop / seconds / 1e12,
                    "share": flop / seconds / machine.matrix_rate,
                    "compiled": sum(
                        compiled_step(layer, kernels) is not None
                        for layer in layers
                        if layer.kernel
                    ),
                    "kernels": sum(bool(layer.row) for layer in layers),
                }
            )
    return rows


def print_summary(rows):
    print("Predicted, not measured. Of compiled kernels the instructions are known.")
    head = f"{'network':14}{'size':>9}{'ms':>10}{'frames/s':>10}{'TFLOP/s':>9}"
    print(head + f"{'of matrix ceiling':>19}{'compiled':>14}")
    for row in rows:
        print(
            f"{row['network']:14}{row['size']:>9}{row['ms']:10.3f}{row['fps']:10.1f}"
            f"{row['tflops']:9.0f}{row['share']:19.0%}{row['compiled']:9} of {row['kernels']}"
        )


def print_layers(name, machine, kernels):
    layers = networks.NETWORKS[name]()
    columns = ("tensor", "shared", "issue", "alone", "l2", "memory", "power")
    print(f"{name} at 720p: predicted microseconds of a launch by what may bound it")
    print(
        f"{'layer':12}{'times':>6}" + "".join(f"{column:>9}" for column in columns) + "    bound by"
    )
    _, _, rows = predict_network(layers, *networks.SIZES["720p"], machine, kernels)
    for layer, times in rows:
        cells = (f"{times[c] * 1e6:9.1f}" if c in times else f"{'-':>9}" for c in columns)
        print(f"{layer.name:12}{layer.repeat:6}" + "".join(cells) + f"    {times['bound']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=pathlib.Path, help="what the compile gates wrote")
    parser.add_argument("--layers", metavar="NETWORK", choices=networks.NETWORKS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    machine = Machine()
    kernels = json.loads(options.kernels.read_text())["kernels"] if options.kernels else []
    if options.json:
        print(json.dumps(summary(machine, kernels), indent=1))
    elif options.layers:
        print_layers(options.layers, machine, kernels)
    else:
        print_summary(summary(machine, kernels))


if __name__ == "__main__":
    main()

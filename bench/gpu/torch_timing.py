"""Times of device work in PyTorch: CUDA graphs, replayed."""

import statistics

from rows import cuda_torch

torch = cuda_torch()
L2_TIMES = 2.5  # buffers take turns over this many times the L2 cache


def sets_of(make, bytes_each):
    """Enough results of make() that what one leaves in the L2 cache is gone when its turn comes."""
    cache = torch.cuda.get_device_properties(0).L2_cache_size
    return [make() for _ in range(min(64, max(2, -int(-L2_TIMES * cache // bytes_each))))]


def summary(seconds):
    ordered = sorted(seconds)
    return {
        "us_med": statistics.median(ordered) * 1e6,
        "us_p10": ordered[len(ordered) // 10] * 1e6,
        "us_p90": ordered[-1 - len(ordered) // 10] * 1e6,
        "runs": len(ordered),
    }


def replayed(work, calls, runs):
    """Seconds a call of each of `runs` replays of a graph in which work(0) ... work(calls - 1)
    are."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            work(0)
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for call in range(calls):
            work(call)
    graph.replay()
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(runs + 1)]
    marks[0].record()
    for mark in marks[1:]:
        graph.replay()
        mark.record()
    torch.cuda.synchronize()
    return [a.elapsed_time(b) / 1e3 / calls for a, b in zip(marks, marks[1:])]

"""Whole networks in PyTorch: f16, channels_last; first as they are, in a CUDA graph, which is every
convolution by cuDNN's best algorithm with its bias, and everything else by PyTorch's own kernels;
then compiled. The weights are random."""

import time

import torch_timing
from network_files import NETWORKS, SIZES, module
from rows import emit
from torch_timing import torch

RUNS = 7
# What is told first, should time run out: (network, size, how).
ORDER = [
    (name, size, how)
    for how in ("cuDNN convolutions in a graph", "compiled")
    for size in ("720p", "256x256", "512x512", "1080p")
    for name in ("animevideov3", "x4plus", "SRCNN 9-1-5")
]


def measure(network, size, how):
    height, width = SIZES[size]
    made = module(network).cuda().half().to(memory_format=torch.channels_last)
    sample = torch.rand(1, network.channels, height, width, device="cuda").half()
    sample = sample.to(memory_format=torch.channels_last)
    begin = time.monotonic()
    torch.cuda.reset_peak_memory_stats()
    if how == "compiled":
        # Its graphs of the whole network; max-autotune is tried last, as it may take minutes.
        made = torch.compile(made, mode="reduce-overhead", fullgraph=True)
        for _ in range(3):
            made(sample)
        torch.cuda.synchronize()
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(RUNS + 1)]
        marks[0].record()
        for mark in marks[1:]:
            torch.compiler.cudagraph_mark_step_begin()
            made(sample)
            mark.record()
        torch.cuda.synchronize()
        seconds = [a.elapsed_time(b) / 1e3 for a, b in zip(marks, marks[1:])]
    else:
        seconds = torch_timing.replayed(lambda _: made(sample), 1, RUNS)
    found = torch_timing.summary(seconds)
    emit(
        "baselines",
        stack=f"PyTorch, {how}",
        model=network.name,
        size=size,
        kind="network",
        ms=found["us_med"] / 1e3,
        peak_bytes=torch.cuda.max_memory_allocated(),
        prepared_s=round(time.monotonic() - begin, 1),
        **found,
    )


def main():
    torch.backends.cudnn.benchmark = True
    known = {network.name: network for network in NETWORKS}
    with torch.inference_mode():
        for name, size, how in ORDER:
            try:
                measure(known[name], size, how)
            except Exception as failure:  # a compiler's own kinds of failure are many
                emit("errors", error=f"{name} {size} {how}: {str(failure)[:300]}")
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()

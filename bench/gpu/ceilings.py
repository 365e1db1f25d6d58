"""What the machine reaches at most: a copy in device memory, matrix products of cuBLAS."""

from rows import cuda_torch, emit

torch = cuda_torch()
SIZE = 8192


def seconds(work, runs=10):
    """Mean of `runs` after three, by events."""
    for _ in range(3):
        work()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(runs):
        work()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1e3 / runs


def copy_rate():
    """Byte/s, read and written together."""
    source = torch.empty(4_300_000_000, dtype=torch.uint8, device="cuda").random_()
    target = torch.empty_like(source)
    return 2 * source.numel() / seconds(lambda: target.copy_(source))


def product_rate(dtype, make):
    a, b = (make(torch.randn(SIZE, SIZE, device="cuda").to(dtype)) for _ in range(2))
    return 2 * SIZE**3 / seconds(lambda: torch.matmul(a, b))


def fp8_rate():
    a, b = (torch.randn(SIZE, SIZE, device="cuda").to(torch.float8_e4m3fn) for _ in range(2))
    one = torch.ones((), device="cuda")
    return (
        2
        * SIZE**3
        / seconds(
            lambda: torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)
        )
    )


def main():
    emit("ceilings", copy_GBs=copy_rate() / 1e9)
    for name, dtype in (("fp16_TF", torch.float16), ("bf16_TF", torch.bfloat16)):
        rates = [product_rate(dtype, lambda x: x) / 1e12 for _ in range(2)]
        emit("ceilings", **{name: max(rates), f"{name}_rounds": rates})
    emit("ceilings", fp16_zeros_TF=product_rate(torch.float16, torch.zeros_like) / 1e12)
    try:
        emit("ceilings", fp8_TF=fp8_rate() / 1e12)
    except (RuntimeError, AttributeError) as failure:
        emit("errors", error=f"fp8: {failure}".splitlines()[0])


if __name__ == "__main__":
    main()

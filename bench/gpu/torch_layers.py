"""Single convolutions of the networks by cuDNN, through PyTorch: f16, channels_last, the best
algorithm of its own search, with and without its fused bias and ReLU."""

import torch_timing
from network_files import SIZES
from rows import emit
from torch_timing import torch

# name: (input channels, output channels, its pixels' scale); as the formulas have them, so that the
# upsampling is not folded.
LAYERS = {
    "conv1": (64, 32, 1),
    "conv2": (96, 32, 1),
    "conv3": (128, 32, 1),
    "conv4": (160, 32, 1),
    "conv5": (192, 64, 1),
    "body": (64, 64, 1),
    "shuffle": (64, 48, 1),
    "up2": (64, 64, 4),
    "last": (64, 3, 4),
}
RUNS = 20
MOST_BYTES = 24 << 30


def measure(name, size):
    inputs, outputs, scale = LAYERS[name]
    height, width = (side * scale for side in SIZES[size])
    bytes_each = 2 * height * width * (inputs + outputs)
    if bytes_each * 3 > MOST_BYTES:
        return
    layout = {"device": "cuda", "dtype": torch.float16}

    def maps():
        return torch.randn(1, inputs, height, width, **layout).to(memory_format=torch.channels_last)

    sets = torch_timing.sets_of(maps, bytes_each)
    weight = (torch.randn(outputs, inputs, 3, 3, **layout) * 0.05).to(
        memory_format=torch.channels_last
    )
    bias = torch.randn(outputs, **layout)
    ways = {
        "cuDNN": lambda x: torch.nn.functional.conv2d(x, weight, bias, padding=1),
        "cuDNN, fused ReLU": lambda x: torch.cudnn_convolution_relu(
            x, weight, bias, (1, 1), (1, 1), (1, 1), 1
        ),
    }
    for stack, work in ways.items():
        try:
            seconds = torch_timing.replayed(lambda call: work(sets[call]), len(sets), RUNS)
        except RuntimeError as failure:
            emit("errors", error=f"{stack} {name} {size}: {failure}".splitlines()[0])
            continue
        found = torch_timing.summary(seconds)
        flop = 2 * 9 * inputs * outputs * height * width
        emit(
            "baselines",
            stack=stack,
            model=name,
            size=size,
            kind="layer",
            ms=found["us_med"] / 1e3,
            TF=flop / found["us_med"] / 1e6,
            **found,
        )


def main():
    torch.backends.cudnn.benchmark = True
    for size in ("720p", "1080p", "512x512", "256x256"):
        for name in LAYERS:
            measure(name, size)


if __name__ == "__main__":
    main()

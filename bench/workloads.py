"""The workloads in which this project states its speed, and where their files lie."""

import dataclasses
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
PREPARED = ROOT / "build" / "bench-peers"


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    network: str  # its file's stem in models/, or "srcnn-955": made with random weights
    picture: str | None  # below the root; None: made from a test picture when it is wanted
    height: int  # of the network's input
    width: int
    is_long: bool = False

    @property
    def size(self):
        return f"{self.height}x{self.width}"

    @property
    def folder(self):
        """What prepare_peers.py makes of this workload."""
        return PREPARED / f"{self.network}-{self.size}"

    @property
    def is_srcnn(self):
        return self.network.startswith("srcnn")

    @property
    def picture_path(self):
        return ROOT / self.picture if self.picture else self.folder / "picture.png"

    @property
    def ncnn_files(self):
        """The stem of .param and .bin."""
        return (self.folder if self.is_srcnn else MODELS) / self.network

    @property
    def safetensors(self):
        """Of a network that is made; not there until peers.py has prepared it."""
        return self.folder / f"{self.network}.safetensors"

    @property
    def fovea_arguments(self):
        if self.is_srcnn:
            return ["-n", str(self.safetensors)]
        return ["-m", str(MODELS), "-n", self.network]


ROCKET, FACE = "tests/pictures/rocket.png", "tests/pictures/face.png"
WORKLOADS = [
    Workload("animevideov3 180x320", "realesr-animevideov3-x4", ROCKET, 180, 320),
    Workload("x4plus-anime 64x64", "realesrgan-x4plus-anime", FACE, 64, 64),
    Workload("x4plus 64x64", "realesrgan-x4plus", FACE, 64, 64),
    Workload("SRCNN 9-5-5 luma 360x640", "srcnn-955", None, 360, 640),
    Workload("x4plus 200x200", "realesrgan-x4plus", None, 200, 200, is_long=True),
]


# What a pixel costs at each size: squares of these sides; above the one beside its name a network
# takes minutes.
SIDES = (64, 256, 1024, 2048)
SERIES = {
    "animevideov3": ("realesr-animevideov3-x4", 2048),
    "x4plus-anime": ("realesrgan-x4plus-anime", 1024),
    "x4plus": ("realesrgan-x4plus", 256),
}


def named(name):
    return next(workload for workload in WORKLOADS if workload.name == name)


def chosen(part, is_long):
    """Those whose name contains `part`; the long ones only when they are asked for."""
    return [w for w in WORKLOADS if part in w.name and (is_long or not w.is_long)]


def series(part, is_long):
    """The networks at each size, in the same way."""
    rows = [
        Workload(f"{name} {side}x{side}", network, None, side, side, side > longest_short)
        for name, (network, longest_short) in SERIES.items()
        for side in SIDES
    ]
    return [w for w in rows if part in w.name and (is_long or not w.is_long)]

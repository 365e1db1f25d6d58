"""The networks of the workloads in PyTorch; the modules are those of the golden tests."""

import sys

from workloads import ROOT

sys.path.insert(0, str(ROOT / "tests" / "golden"))

from files import write_safetensors  # noqa: E402, F401
from networks import RRDBNet, SRCNN, SRVGGNetCompact  # noqa: E402

NETWORKS = {
    "realesr-animevideov3-x4": lambda: SRVGGNetCompact(3, 3, 64, 16, 4),
    "realesrgan-x4plus-anime": lambda: RRDBNet(3, 3, 64, 6, 32),
    "realesrgan-x4plus": lambda: RRDBNet(3, 3, 64, 23, 32),
    "srcnn-955": lambda: SRCNN((64, 32), (9, 5, 5)),
}

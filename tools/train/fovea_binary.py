"""Which fovea is run for what is taught and judged."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOVEA = os.environ.get("FOVEA_BIN", str(ROOT / "build" / "fovea"))

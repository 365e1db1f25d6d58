"""How far pictures made on the GPU are from the CPU's in f32: fovea_pictures.py BUILD_FOLDER.

In 8-bit steps, as people get them; and made twice, since a result may not change.
"""

import pathlib
import subprocess
import sys
import tempfile

from network_files import NETWORKS, ROOT, file_of
from rows import emit, fail

PICTURES = ("tests/pictures/face.png", "tests/pictures/cat-eye.png")


def upscaled(binary, model, picture, device, path):
    command = [
        str(binary),
        "-i",
        str(ROOT / picture),
        "-o",
        str(path),
        "-n",
        str(model),
        "-g",
        device,
    ]
    run = subprocess.run([*command, "--overwrite"], capture_output=True, text=True, check=False)
    return run.stderr.strip()[:300] or f"exit code {run.returncode}" if run.returncode else None


def main(build):
    try:
        import numpy as np
        from PIL import Image
    except ImportError as failure:
        fail(f"NumPy and Pillow are needed: {failure}")
    binary = pathlib.Path(build) / "fovea"
    if not binary.exists():
        fail(f"{binary} was not built")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for network in NETWORKS:
            model, is_random = file_of(network, pathlib.Path(build) / "random-models")
            for picture in PICTURES:
                made = []
                for device in ("cpu", "cuda", "cuda"):
                    path = pathlib.Path(folder, f"{len(made)}.png")
                    wrong = upscaled(binary, model, picture, device, path)
                    if wrong:
                        emit("errors", error=f"{network.name} {picture} on {device}: {wrong}")
                        failed += 1
                        break
                    with Image.open(path) as opened:
                        made.append(np.asarray(opened, np.int32))
                if len(made) < 3:
                    continue
                cpu, gpu, again = made
                off = np.abs(cpu - gpu)
                emit(
                    "pictures",
                    model=network.name,
                    picture=picture,
                    random_weights=is_random,
                    max_difference=int(off.max()),
                    share_changed=float((off > 0).mean()),
                    deterministic=bool((gpu == again).all()),
                    ok=bool(off.max() <= 1 and (off > 0).mean() <= 0.05 and (gpu == again).all()),
                )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1])

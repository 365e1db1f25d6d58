"""Times whole networks in fovea on the GPU: fovea_networks.py BUILD_FOLDER."""

import json
import pathlib
import subprocess
import sys

from network_files import NETWORKS, SIZES, file_of
from rows import emit, fail

RUNS = 7


def main(build):
    binary = pathlib.Path(build) / "fovea"
    if not binary.exists():
        fail(f"{binary} was not built")
    failed = 0
    for size in ("720p", "1080p", "512x512", "256x256"):
        height, width = SIZES[size]
        for network in NETWORKS:
            path, is_random = file_of(network, pathlib.Path(build) / "random-models")
            command = [str(binary), "bench", "-g", "cuda", "-n", str(path), "--json"]
            command += ["--size", f"{width}x{height}", "--runs", str(RUNS)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                emit("errors", error=f"{network.name} {size}: {run.stderr.strip()[:300]}")
                failed += 1
                continue
            row = json.loads(run.stdout)
            row = {"model": network.name, "size": size, "random_weights": is_random, **row}
            row["ms"] = row["median_ms"]
            row["fps"] = 1e3 / row["median_ms"]
            emit("nets", **row)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1])

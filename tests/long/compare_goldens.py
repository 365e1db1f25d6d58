"""compare_goldens.py MADE COMMITTED: what PyTorch has just made beside the committed goldens. The
weights are the same bytes; the maps differ by the last bits of an f32 at most, the pictures by the
rounding of a sample."""

import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

import picture_files  # noqa: E402

# Both sides are f64 results rounded to f32: one rounding each, relative to the map's largest value.
MAP_TOLERANCE = 2 * 2.0**-24


def maps_of(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    body = data[8 + length:]
    for name, entry in json.loads(data[8:8 + length]).items():
        begin, end = entry["data_offsets"]
        yield name, np.frombuffer(body[begin:end], "<f4").astype(np.float64)


def compare_maps(made, committed):
    """The largest difference as a share of the largest value."""
    worst = 0.0
    others = dict(maps_of(made))
    for name, values in maps_of(committed):
        worst = max(worst, float(np.abs(values - others[name]).max() / np.abs(values).max()))
    return worst


def compare_pictures(made, committed):
    *shape, rows = picture_files.read_png(committed.read_bytes())
    *other_shape, other_rows = picture_files.read_png(made.read_bytes())
    if shape != other_shape:
        raise SystemExit(f"{made.name}: {other_shape}, committed {shape}")
    return int(np.abs(np.array(rows) - np.array(other_rows)).max())


def main():
    made, committed = map(pathlib.Path, sys.argv[1:])
    failed, worst, steps, counts = [], 0.0, 0, {}
    for folder in ("models", "maps", "pictures"):
        files = sorted((committed / folder).iterdir())
        counts[folder] = len(files)
        for file in files:
            other = made / folder / file.name
            if folder == "models":
                ok = other.read_bytes() == file.read_bytes()
            elif folder == "maps":
                difference = compare_maps(other, file)
                worst, ok = max(worst, difference), difference <= MAP_TOLERANCE
            else:
                difference = compare_pictures(other, file)
                steps, ok = max(steps, difference), difference <= 1
            if not ok:
                failed.append(f"{folder}/{file.name}")
    print(f"{counts['models']} networks with the same bytes; {counts['maps']} files of maps, "
          f"largest difference {worst:.1e} of the largest value; {counts['pictures']} pictures, "
          f"by {steps} at most")
    if failed:
        print("differ: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

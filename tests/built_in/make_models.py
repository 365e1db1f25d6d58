"""A table of small models, as weights/ has one, written into the folder that is the argument.

The members of the family `small` enlarge as `nearest` does, exactly; `other-x2` has random weights.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import model_files

# Name, its file, whether it is marked to be built in.
MODELS = [
    ("small-x2", model_files.compact(2), True),
    ("small-x3", model_files.compact(3), True),
    ("small-x4", model_files.compact(4), True),
    ("small-x8", model_files.compact(8), False),
    ("other-x2", model_files.compact(2, seed=1), True),
    ("broken", model_files.compact(2)[:-1], True),
]


def write(path, data):
    """Leaves a file alone that is as it should be, so that nothing is built again."""
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, data, embedded in MODELS:
        write(folder / f"{name}.safetensors", data)
        rows.append({"name": name, "for": f"tests of {name}, no more", "embedded": embedded})
    table = {"default": "small", "models": rows}
    write(folder / "models.json", json.dumps(table, indent=2).encode())


if __name__ == "__main__":
    main()

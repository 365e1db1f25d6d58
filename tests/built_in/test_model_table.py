"""Tables of models: what CMake says of them (its path is the argument), and that of weights/."""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CMAKE = sys.argv.pop(1) if len(sys.argv) > 1 else "cmake"
CLASSICAL = {"nearest", "bilinear", "bicubic", "lanczos"}
LIMIT = 4_000_000
SCRIPT = """
cmake_minimum_required(VERSION 3.25)
include({root}/cmake/fovea_own_models.cmake)
fovea_read_own_models({folder} "{embed}")
message("${{own_default}}|${{own_names}}|${{own_uses}}|${{own_embedded}}")
"""


class Table(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.table = {"default": "a", "models": []}
        for name, size, embedded in (("a-x2", 10, True), ("a-x4", 20, True), ("b", 30, False)):
            self.add(name, size, embedded)

    def add(self, name, size, embedded, use="what it is for, in (any) words"):
        with open(self.folder / f"{name}.safetensors", "wb") as file:
            file.truncate(size)  # a hole: it takes no space on the disk
        self.table["models"].append({"name": name, "for": use, "embedded": embedded})

    def read(self, embed):
        (self.folder / "models.json").write_text(json.dumps(self.table), encoding="utf-8")
        script = self.folder / "read.cmake"
        script.write_text(SCRIPT.format(root=ROOT, folder=self.folder, embed=embed),
                          encoding="utf-8")
        return subprocess.run([CMAKE, "-P", str(script)], capture_output=True, text=True,
                              check=False)

    def built_in(self, embed):
        run = self.read(embed)
        self.assertEqual(run.returncode, 0, run.stderr)
        default, names, uses, flags = (part.split(";") for part in run.stderr.strip().split("|"))
        self.assertEqual(default, ["a"])
        self.assertEqual(names, [row["name"] for row in self.table["models"]])
        self.assertEqual(uses, [row["for"] for row in self.table["models"]])
        return [name for name, flag in zip(names, flags) if flag == "ON"]

    def refuse(self, what, embed="ON"):
        run = self.read(embed)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(what, " ".join(run.stderr.split()))

    def test_what_is_built_in(self):
        self.assertEqual(self.built_in("ON"), ["a-x2", "a-x4"])
        self.assertEqual(self.built_in("OFF"), [])
        self.assertEqual(self.built_in("a-x4"), ["a-x4"])
        self.assertEqual(self.built_in("b;a-x2"), ["a-x2", "b"])
        self.refuse("FOVEA_EMBED: c: not in", "a-x2;c")
        self.refuse("names out of: a-x2, a-x4, b", "c")

    def test_limit(self):
        self.add("large", LIMIT - 30, True)
        self.assertEqual(self.built_in("ON"), ["a-x2", "a-x4", "large"])
        self.refuse(f"the models to be built in are {LIMIT + 10} bytes, limit {LIMIT}; mark fewer",
                    "large;a-x2;b")
        self.add("c", 1, True)
        self.refuse(f"the models to be built in are {LIMIT + 1} bytes, limit {LIMIT}; mark fewer")
        self.assertEqual(self.built_in("OFF"), [])

    def test_none(self):
        self.table["models"] = []
        run = self.read("ON")
        self.assertEqual((run.returncode, run.stderr), (0, "a|||\n"))
        self.refuse("FOVEA_EMBED: a: not in", "a")

    def test_wrong_tables(self):
        rows = self.table["models"]
        for row, what in (({"name": "A"}, "'A': not a name, or twice"),
                          ({"name": "a b"}, "'a b': not a name"),
                          ({"name": "a-x2"}, "'a-x2': not a name, or twice"),
                          ({"name": "gone"}, "gone: there is no gone.safetensors beside it"),
                          ({"for": "one; two"}, "b: \"for\" is empty or has one of"),
                          ({"for": ""}, "b: \"for\" is empty"),
                          ({"for": "a \"word\""}, "b: \"for\" is empty")):
            with self.subTest(row):
                self.table["models"] = rows[:2] + [rows[2] | row]
                self.refuse(what)
        self.table["models"] = rows[:2] + [{"name": "b", "for": "x"}]
        self.refuse("row 2: ")
        self.table["models"] = rows[2:]
        self.refuse("the default a is neither a model nor a family")
        self.table = []
        self.refuse("not the table of models")


class Weights(unittest.TestCase):
    """The project's own table and files."""

    def setUp(self):
        self.folder = ROOT / "weights"
        self.table = json.loads((self.folder / "models.json").read_text(encoding="utf-8"))
        self.names = [row["name"] for row in self.table["models"]]

    def test_every_file_has_its_row(self):
        files = {path.stem for path in self.folder.glob("*.safetensors")}
        self.assertEqual(files, set(self.names))
        self.assertFalse(CLASSICAL & files)

    def test_every_model_has_its_card(self):
        cards = {path.stem for path in (self.folder / "cards").glob("*.md")}
        self.assertEqual(cards, set(self.names))

    def test_files_say_what_they_are(self):
        for name in self.names:
            data = (self.folder / f"{name}.safetensors").read_bytes()
            header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
            metadata = header.pop("__metadata__", {})
            with self.subTest(name):
                self.assertEqual({tensor["dtype"] for tensor in header.values()}, {"F16"})
                for key in ("architecture", "scale", "license"):
                    self.assertTrue(metadata.get(key), key)
                if "-x" in name:
                    self.assertEqual(name.rsplit("-x", 1)[1], metadata["scale"])


if __name__ == "__main__":
    unittest.main()

"""Built-in models on the command line. FOVEA_BIN is one that has the small models of make_models.py
inside, FOVEA_WITHOUT_MODELS one that knows of them and has none."""

import hashlib
import json
import os
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import model_files
from harness import BINARY, FoveaTest

WITHOUT = os.environ["FOVEA_WITHOUT_MODELS"]
FILES = pathlib.Path(os.environ["FOVEA_OWN_MODELS"])
CLASSICAL = ["nearest", "bilinear", "bicubic", "lanczos"]
INSIDE = ["small-x2", "small-x3", "small-x4", "other-x2", "broken"]


def file_bytes(name):
    return (FILES / f"{name}.safetensors").read_bytes()


class BuiltIn(FoveaTest):
    def setUp(self):
        super().setUp()
        self.picture()

    def place(self, binary, path):
        """A copy of a binary, away from what lies around it."""
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        return str(shutil.copy(binary, self.path(path)))

    def taken(self, *arguments, binary=BINARY):
        """Scale of the result and name of the model."""
        run = self.succeed("photo.png", "-o", "out.png", "--overwrite", "--json", *arguments,
                           binary=binary)
        report = json.loads(run.out)
        self.assertEqual(self.size("out.png"), (report["width"], report["height"]))
        return report["width"] / 5, report["model"]

    def listed(self, *arguments, binary=BINARY):
        return json.loads(self.succeed("models", "--json", *arguments, binary=binary).out)


class Names(BuiltIn):
    def test_default(self):
        """With no -n the family that the table names, and of it the scale that -s names, or two of them
        for a scale beyond."""
        for flags, scale, name in (
                ([], 4, "small-x4"), (["-s", "2"], 2, "small-x2"), (["-s", "3"], 3, "small-x3"),
                (["-s", "4"], 4, "small-x4"), (["-s", "1.6"], 1.6, "small-x2"),
                (["-s", "2.4"], 2.4, "small-x3"), (["-s", "6"], 6, "small-x3 + small-x2"),
                (["-s", "8"], 8, "small-x4 + small-x2"), (["-s", "0.6"], 0.6, "small-x2")):
            with self.subTest(flags):
                self.assertEqual(self.taken(*flags), (scale, name))
                self.assertEqual(self.taken("-n", "small", *flags), (scale, name))
        self.assertEqual(self.taken("-n", "small-x3"), (3, "small-x3"))
        self.assertEqual(self.taken("-n", "small-x3", "-s", "2"), (2, "small-x3"))

    def test_pixels(self):
        self.succeed("photo.png", "-n", "small-x2", "-o", "out.png")
        width, height, rows = self.read("photo.png")[:3]
        self.assertEqual(self.read("out.png")[:2], (2 * width, 2 * height))
        self.succeed("photo.png", "-n", "nearest", "-s", "2", "-o", "nearest.png")
        self.assertEqual(self.read("out.png"), self.read("nearest.png"))
        self.write("other.safetensors", file_bytes("other-x2"))
        for name in ("other-x2", "./other.safetensors"):
            self.succeed("photo.png", "-n", name, "-o", "out.png", "--overwrite")
            self.path("out.png").rename(self.path(pathlib.Path(name).stem + ".png"))
        self.assertEqual(self.read("other-x2.png"), self.read("other.png"))
        self.assertNotEqual(self.read("other.png"), self.read("nearest.png"))

    def test_chains_and_blends(self):
        self.assertEqual(self.taken("-n", "small-x2", "-n", "small-x3"),
                         (6, "small-x2 + small-x3"))
        blend = "small-x2:0.25,other-x2:0.75"
        self.assertEqual(self.taken("--blend", blend), (2, blend))
        os.rename(self.path("out.png"), self.path("built-in.png"))
        self.write("a.safetensors", file_bytes("small-x2"))
        self.write("b.safetensors", file_bytes("other-x2"))
        self.taken("--blend", "a.safetensors:0.25,b.safetensors:0.75")
        self.assertEqual(self.read("built-in.png"), self.read("out.png"))
        self.refuse(4, "body.4.weight.* built-in small-x2 .* built-in small-x3", "photo.png",
                    "--blend", "small-x2:0.5,small-x3:0.5")
        self.refuse(2, "--denoise: small-x2 is not one of two", "photo.png", "-n", "small-x2",
                    "--denoise", "0.5")

    def test_other_commands(self):
        run = self.succeed("photo.png", "--dry-run")
        self.assertIn(b"20x16", run.out)
        self.assertFalse(self.path("photo-4x.png").exists())
        rows = self.succeed("bench", "--json", "--runs", "1", "--size", "8x8", "-j", "1").out
        self.assertEqual(json.loads(rows)["model"], "small-x4")

    def test_info(self):
        info = json.loads(self.succeed("info", "other-x2", "--json").out)
        self.assertEqual((info["name"], info["file"], info["format"], info["scale"]),
                         ("other-x2", None, "safetensors", 2))
        self.assertEqual(info["sha256"], hashlib.sha256(file_bytes("other-x2")).hexdigest())
        self.assertIsNotNone(info["f16"])
        text = self.succeed("info", "small", "-s", "3").out.decode()
        self.assertRegex(text, r"(?m)^name +small-x3$")
        self.assertRegex(text, r"(?m)^file +built in$")
        self.assertRegex(text, r"(?m)^licence +not known: ")

    def test_convert(self):
        """Its file, byte for byte, unless something is to be changed."""
        self.succeed("convert", "other-x2", "a.safetensors")
        self.assertEqual(self.path("a.safetensors").read_bytes(), file_bytes("other-x2"))
        self.succeed("convert", "small", "b.safetensors", "-s", "3")
        self.assertEqual(self.path("b.safetensors").read_bytes(), file_bytes("small-x3"))
        self.succeed("convert", "other-x2", "c.safetensors", "--set", "license=MIT")
        self.assertIn(b'"license":"MIT"', self.path("c.safetensors").read_bytes())
        self.succeed("convert", "other-x2", "d.safetensors", "--f16")
        self.assertLess(self.path("d.safetensors").stat().st_size, len(file_bytes("other-x2")))
        self.refuse(4, "nearest: has no weights", "convert", "nearest", "e.safetensors")

    def test_errors(self):
        self.refuse(4, "built-in broken: .*; ", "photo.png", "-n", "broken")
        self.refuse(4, "built-in broken: ", "info", "broken")
        run = self.refuse(4, "smal-x2: no such model", "photo.png", "-n", "smal-x2")
        self.assertIn("nearest names: small-x2, small-x3, small-x4", run.err)
        self.assertIn("built in: " + ", ".join(CLASSICAL + INSIDE), run.err)


class Order(BuiltIn):
    """The scale of the result tells which of several models of one name was taken."""

    def model(self, path, scale):
        self.write(path, model_files.compact(scale))

    def test_given_folder_then_built_in_then_others(self):
        self.environment["FOVEA_MODELS"] = str(self.path("others"))
        self.model("others/small-x2.safetensors", 3)
        self.model("others/mine.safetensors", 3)
        self.assertEqual(self.taken("-n", "small-x2"), (2, "small-x2"))
        self.assertEqual(self.taken("-n", "mine"), (3, "mine"))
        self.model("given/small-x2.safetensors", 1)
        self.assertEqual(self.taken("-n", "small-x2", "-m", "given"), (1, "small-x2"))
        self.assertEqual(self.taken("-n", "small-x3", "-m", "given"), (3, "small-x3"))
        # One place after the other: a family that is in the given folder is taken from there.
        self.assertEqual(self.taken("-m", "given"), (1, "small-x2"))
        # What is no bare name is a file.
        self.assertEqual(self.taken("-n", "others/small-x2.safetensors"), (3, "small-x2"))

    def test_files_of_own_models(self):
        """Those that are not built in lie in the project's weights/ or beside an installed binary,
        and belong to the same families."""
        for folder, binary in (("project/weights", "project/build/fovea"),
                               ("prefix/share/fovea/models", "prefix/bin/fovea")):
            with self.subTest(folder):
                for name in ("small-x2", "small-x8"):
                    self.write(f"{folder}/{name}.safetensors", file_bytes(name))
                self.write("project/weights/manifest.json", b"{}")
                inside = self.place(BINARY, binary)
                self.assertEqual(self.taken("-s", "8", binary=inside), (8, "small-x8"))
                self.assertEqual(self.taken(binary=inside), (4, "small-x4"))
                outside = self.place(WITHOUT, binary)
                self.assertEqual(self.taken("-s", "8", binary=outside), (8, "small-x8"))
                self.assertEqual(self.taken("-s", "2", binary=outside), (2, "small-x2"))
                self.assertEqual(self.taken(binary=outside), (8, "small-x8"))

    def test_nothing_built_in(self):
        """Then the default is the fetched model."""
        binary = self.place(WITHOUT, "fovea")
        self.refuse(4, "realesr-animevideov3: .*make models.*-n", "photo.png", binary=binary)
        self.refuse(4, "small: no such model", "photo.png", "-n", "small", binary=binary)
        for scale in (2, 4):
            self.model(f"m/realesr-animevideov3-x{scale}.safetensors", scale)
        self.assertEqual(self.taken("-m", "m", binary=binary), (4, "realesr-animevideov3-x4"))
        self.assertEqual(self.taken("-m", "m", "-s", "2", binary=binary),
                         (2, "realesr-animevideov3-x2"))
        self.assertEqual([model["name"] for model in self.listed(binary=binary)], CLASSICAL)
        [default] = [model["name"] for model in self.listed("-m", "m", binary=binary)
                     if model["default"]]
        self.assertEqual(default, "realesr-animevideov3-x4")


class Listed(BuiltIn):
    def test_models(self):
        self.environment["FOVEA_MODELS"] = str(self.path("others"))
        self.write("others/mine.safetensors", model_files.compact(3))
        self.write("others/told.safetensors", model_files.srcnn({"purpose": "this and that"}))
        self.write("given/first.safetensors", model_files.compact(3))
        models = self.listed()
        self.assertEqual([model["name"] for model in models], CLASSICAL + INSIDE + ["mine", "told"])
        small = models[4]
        self.assertEqual((small["file"], small["scale"], small["architecture"], small["for"]),
                         (None, 2, "SRVGGNetCompact", "tests of small-x2, no more"))
        self.assertEqual([model["name"] for model in models if model["default"]], ["small-x4"])
        self.assertRegex(models[8]["error"], "^built-in broken: ")
        self.assertEqual([model["for"] for model in models[9:]], [None, "this and that"])
        # In the order of the search, given folder first.
        self.assertEqual([model["name"] for model in self.listed("-m", "given")],
                         CLASSICAL + ["first"] + INSIDE + ["mine", "told"])
        lines = self.succeed("models").out.decode().splitlines()
        self.assertRegex(lines[0], r"^nearest +any +pixel art.*  built in$")
        self.assertRegex(lines[4], r"^small-x2 +x2 +tests of small-x2, no more  built in$")
        self.assertRegex(lines[6], r"^small-x4 +x4 +tests of .* \(the default\)  built in$")
        self.assertRegex(lines[8], r"^broken +any +broken: built-in broken: ")
        self.assertRegex(lines[9], r"^mine +x3 +SRVGGNetCompact  .*others/mine.safetensors$")

    def test_files_of_own_models_are_listed_once(self):
        self.write("prefix/share/fovea/models/small-x8.safetensors", file_bytes("small-x8"))
        self.environment["FOVEA_MODELS"] = str(self.path("prefix/share/fovea/models"))
        models = self.listed(binary=self.place(BINARY, "prefix/bin/fovea"))
        self.assertEqual([model["name"] for model in models],
                         CLASSICAL + INSIDE[:3] + ["small-x8"] + INSIDE[3:])
        self.assertEqual((models[7]["for"], models[7]["scale"]), ("tests of small-x8, no more", 8))


if __name__ == "__main__":
    unittest.main()

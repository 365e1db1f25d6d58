"""From the word after -n to a model, and the two subcommands that tell of models."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import struct
import unittest

import model_files
from harness import BINARY, FoveaTest

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
CLASSICAL = ["nearest", "bilinear", "bicubic", "lanczos"]
BUILT_IN = CLASSICAL + os.environ.get("FOVEA_EMBEDDED", "").split()


class Lookup(FoveaTest):
    """The scale of the result tells which of several models of one name was taken."""

    def setUp(self):
        super().setUp()
        self.picture()
        # Outside of any build tree, so that its models are not found.
        self.binary = str(shutil.copy(BINARY, self.path("fovea")))

    def model(self, name, scale, **options):
        self.write(name, model_files.compact(scale, **options))

    def taken(self, *arguments):
        """The scale, and the name, of the model that was used."""
        run = self.succeed("photo.png", "-o", "out.png", "--overwrite", "--json", *arguments,
                           binary=self.binary)
        report = json.loads(run.out)
        self.assertEqual(self.size("out.png"), (report["width"], report["height"]))
        return report["width"] // 5, report["model"]

    def test_order_of_the_folders(self):
        self.environment["FOVEA_MODELS"] = "nowhere:third:second"
        self.environment["XDG_DATA_HOME"] = str(self.path("data"))
        for folder, scale in (("home/.local/share/fovea/models", 1), ("data/fovea/models", 2),
                              ("second", 3), ("third", 4), ("first", 1)):
            self.model(folder + "/net.safetensors", scale)
        self.assertEqual(self.taken("-n", "net", "-m", "first"), (1, "net"))
        self.assertEqual(self.taken("-n", "net"), (4, "net"))
        os.unlink(self.path("third/net.safetensors"))
        self.assertEqual(self.taken("-n", "net"), (3, "net"))
        os.unlink(self.path("second/net.safetensors"))
        self.assertEqual(self.taken("-n", "net"), (2, "net"))
        # The user's data folder is one place: HOME counts only where XDG_DATA_HOME is silent.
        del self.environment["XDG_DATA_HOME"]
        self.assertEqual(self.taken("-n", "net"), (1, "net"))
        self.environment["XDG_DATA_HOME"] = "data"
        self.assertEqual(self.taken("-n", "net"), (1, "net"))

    def test_build_tree(self):
        """A binary in a build folder finds what `make models` fetched."""
        os.mkdir(self.path("build"))
        inside = shutil.copy(self.binary, self.path("build"))
        self.model("models/net.safetensors", 2)
        self.refuse(4, "no such model", "photo.png", "-n", "net", binary=inside)
        self.write("weights/manifest.json", b"{}")
        self.binary = str(inside)
        self.assertEqual(self.taken("-n", "net"), (2, "net"))

    def test_files(self):
        self.model("net.safetensors", 2)
        self.model("folder/net.safetensors", 3)
        self.assertEqual(self.taken("-n", "net.safetensors"), (2, "net"))
        self.assertEqual(self.taken("-n", "./net.safetensors"), (2, "net"))
        self.assertEqual(self.taken("-n", "folder/net.safetensors"), (3, "net"))
        self.assertEqual(self.taken("-n", str(self.path("folder/net.safetensors"))), (3, "net"))
        self.assertEqual(self.taken("-m", "folder", "-n", "net"), (3, "net"))
        os.rename(self.path("net.safetensors"), self.path("folder/other.safetensors"))
        self.assertEqual(self.taken("-m", "folder", "-n", "other.safetensors"), (2, "other"))

    def test_the_scale_is_in_the_weights_not_in_the_name(self):
        self.model("m/net-x4.safetensors", 2)
        self.assertEqual(self.taken("-m", "m", "-n", "net-x4"), (2, "net-x4"))

    def test_families(self):
        for scale in (2, 3, 4):
            self.model(f"m/net-x{scale}.safetensors", scale)
        family = ["-m", "m", "-n", "net"]
        for flags, scale, name in ([], 4, "net-x4"), (["-s", "2"], 2, "net-x2"), (
                ["-s", "3"], 3, "net-x3"), (["-s", "4"], 4, "net-x4"), (["-s", "1"], 1, "net-x2"), (
                ["-s", "2.4"], 2, "net-x3"), (["-s", "8"], 8, "net-x4 + net-x2"):
            with self.subTest(flags):
                self.assertEqual(self.taken(*family, *flags), (scale, name))
        # A file of exactly the name comes before the family, whatever the scale.
        self.model("m/net.safetensors", 2)
        self.assertEqual(self.taken(*family, "-s", "4"), (4, "net + net"))

    def test_unknown_name(self):
        self.environment["FOVEA_MODELS"] = f"{self.folder}/gone"
        self.model("m/waifu-large.safetensors", 2)
        run = self.refuse(4, "waifu-lrage: no such model", "photo.png", "-n", "waifu-lrage", "-m",
                          "m", binary=self.binary)
        for part in ("looked in m, ", f"{self.folder}/gone (missing)",
                     f"{self.folder}/home/.local/share/fovea/models (missing)",
                     "/usr/share/fovea/models", "nearest names: waifu-large)",
                     "built in: " + ", ".join(BUILT_IN)):
            self.assertIn(part, run.err)
        self.refuse(4, "lanzcos: .*nearest names: lanczos", "photo.png", "-n", "lanzcos",
                    binary=self.binary)
        self.refuse(4, "nearest names: none", "photo.png", "-n", "q" * 30, binary=self.binary)
        self.refuse(4, "lanzcos: .*nearest names: lanczos", "info", "lanzcos", binary=self.binary)

    def test_built_in_names_come_first(self):
        self.model("m/nearest.safetensors", 2)
        self.assertEqual(self.taken("-m", "m", "-n", "nearest"), (4, "nearest"))
        self.assertEqual(self.taken("-n", "m/nearest.safetensors"), (2, "nearest"))


class Told(FoveaTest):

    def setUp(self):
        super().setUp()
        self.binary = str(shutil.copy(BINARY, self.path("fovea")))
        self.write("m/b.safetensors", model_files.compact(3))
        self.write("m/a.safetensors", model_files.srcnn())
        self.write("m/broken.safetensors", b"x")
        self.write("m/notes.txt", b"no model")

    def output(self, *arguments):
        run = self.succeed(*arguments, binary=self.binary)
        self.assertEqual(run.err, "")
        return run.out.decode()

    def test_models(self):
        lines = self.output("models", "-m", "m").splitlines()
        self.assertEqual([line.split()[0] for line in lines],
                         CLASSICAL + ["a", "b", "broken"] + BUILT_IN[4:])
        self.assertRegex(lines[4], r"^a +any +SRCNN.* m/a.safetensors$")
        self.assertRegex(lines[5], r"^b +x3 +SRVGGNetCompact.* m/b.safetensors$")
        self.assertRegex(lines[6], r"^broken +any +broken: m/broken.safetensors: ")
        self.assertEqual(len(self.output("models").splitlines()), len(BUILT_IN))

    def test_models_json(self):
        models = json.loads(self.output("models", "--json", "-m", "m"))
        for model in models:
            self.assertEqual(list(model), ["name", "file", "scale", "architecture", "for", "default",
                                           "error"])
        self.assertEqual([model["name"] for model in models],
                         CLASSICAL + ["a", "b", "broken"] + BUILT_IN[4:])
        self.assertEqual([model["scale"] for model in models][:7], [None] * 5 + [3, None])
        self.assertEqual(models[5]["file"], "m/b.safetensors")
        self.assertIsNone(models[5]["error"])
        self.assertIn("m/broken.safetensors: ", models[6]["error"])

    def test_info(self):
        text = self.output("info", "b", "-m", "m")
        for line in (r"name +b", r"file +m/b.safetensors", r"format +safetensors",
                     r"architecture +SRVGGNetCompact", r"scale +3",
                     r"colour +RGB \(3 -> 3 channels\)",
                     r"cost +\d+\.\d GFLOP per output megapixel",
                     r"receptive radius +3 pixels",
                     r"f16 +safe: rounded to it, a probe's result moves by 0[.]\d+ of 255.*",
                     "sha256 +" + hashlib.sha256(model_files.compact(3)).hexdigest(),
                     r"licence +not known: .*"):
            self.assertRegex(text, rf"(?m)^{line}$")
        # What the device code was tested on is told here as by --version.
        backends = re.search(r"(?m)^backends: (.*)$", self.output("--version"))[1]
        self.assertRegex(text, rf"(?m)^runs on +{re.escape(backends)}$")
        self.assertRegex(self.output("info", "a", "-m", "m"), r"(?m)^scale +not in the weights")
        self.assertRegex(self.output("info", "a", "-m", "m", "-s", "3"), r"(?m)^scale +")
        self.refuse(2, "-s|scale", "info", "a", "-m", "m", "-s", "zero")
        self.assertRegex(self.output("info", "lanczos"), r"(?m)^scale +any \(-s\)$")

    def test_info_json(self):
        info = json.loads(self.output("info", "m/b.safetensors", "--json"))
        self.assertEqual(list(info), [
            "name", "file", "format", "architecture", "details", "scale", "colour", "in_channels",
            "out_channels", "told", "parameters", "gflop_per_megapixel", "receptive_radius", "f16",
            "sha256", "bin_sha256", "licence", "licence_from"])
        # Three convolutions 3 -> 4 -> 4 -> 27 of 3x3 with biases, two PReLUs of 4 slopes. A
        # product and its sum are 2 operations, and each input pixel makes 9 of the output.
        weights = 9 * (3 * 4 + 4 * 4 + 4 * 27)
        self.assertEqual(info["parameters"], weights + 4 + 4 + 27 + 4 + 4)
        self.assertAlmostEqual(info["gflop_per_megapixel"], 2e-3 * weights / 9, places=9)
        self.assertEqual((info["scale"], info["receptive_radius"]), (3, 3))
        half = info["f16"]
        self.assertEqual(list(half), ["safe", "largest_weight", "largest_value", "result_error",
                                      "judged"])
        self.assertEqual((half["safe"], half["largest_weight"]), (True, 0))
        self.assertEqual(half["largest_value"], 1)
        # All that moves is the picture itself: samples below 1 by 2^-12 at most.
        self.assertGreater(half["result_error"], 0)
        self.assertLess(half["result_error"], 255 * 2**-12)
        self.assertEqual(info["sha256"], hashlib.sha256(model_files.compact(3)).hexdigest())
        nearest = json.loads(self.output("info", "nearest", "--json"))
        for key in ("file", "f16", "sha256", "bin_sha256", "licence", "licence_from"):
            self.assertIsNone(nearest[key])

    def info(self, *arguments):
        return json.loads(self.output("info", "--json", *arguments))

    def test_sha256(self):
        """Lengths around SHA-256's blocks of 64 bytes, by spaces behind a header."""
        for spaces in (0, 1, 8, 9, 55, 56, 63, 64, 65):
            data = model_files.compact(2)
            size = struct.unpack("<Q", data[:8])[0]
            data = (struct.pack("<Q", size + spaces) + data[8:8 + size] + b" " * spaces
                    + data[8 + size:])
            self.write("net.safetensors", data)
            self.assertEqual(self.info("./net.safetensors")["sha256"],
                             hashlib.sha256(data).hexdigest())

    def test_both_files_of_ncnn(self):
        param = b"7767517\n2 2\nInput in 0 1 data 2=3\nReLU r 1 1 data out\n"
        self.write("net.param", param)
        self.write("net.bin", b"")
        for name in ("./net.param", "./net.bin"):
            info = self.info(name)
            self.assertEqual(info["sha256"], hashlib.sha256(param).hexdigest())
            self.assertEqual(info["bin_sha256"], hashlib.sha256(b"").hexdigest())

    def test_tfjs_models_are_named_by_their_folder(self):
        for name in ("model.json", "group1-shard1of1.bin"):
            self.write(f"rdn/{name}", (GOLDEN / "tfjs/rdn_x3_shuffle" / name).read_bytes())
        info = self.info("rdn/model.json")
        self.assertEqual((info["name"], info["format"], info["architecture"], info["scale"]),
                         ("rdn", "TensorFlow.js", "RDN", 3))
        self.assertEqual(self.info("rdn", "-m", ".")["file"], "./rdn/model.json")

    def test_f16(self):
        """A network on the edge: its values, its weights, or its roundings are too large."""
        for fill, safe in ((1e-3, True), (1.0, False), (70.0, False), (7e4, False)):
            with self.subTest(fill):
                self.write("net.safetensors", model_files.compact(2, fill=fill))
                half = self.info("./net.safetensors")["f16"]
                self.assertEqual(half["safe"], safe)
                self.assertAlmostEqual(half["largest_weight"], fill, delta=fill * 1e-6)
        self.assertIsNone(half["result_error"])  # not finite
        self.assertRegex(self.output("info", "./net.safetensors"),
                         r"(?m)^f16 +unsafe: .* moves by inf of 255.*, weight 7e\+04")

    def test_licence(self):
        for key in ("license", "licence", "modelspec.license"):
            self.write("net.safetensors", model_files.srcnn({key: "CC-BY-4.0\nline"}))
            info = self.info("./net.safetensors")
            self.assertEqual((info["licence"], info["licence_from"]),
                             ("CC-BY-4.0\nline", "its metadata"))
        self.assertRegex(self.output("info", "./net.safetensors"),
                         r"(?m)^licence +CC-BY-4.0.*line \(by its metadata\)$")
        self.write("net.safetensors", model_files.srcnn({"license": "x" * 5000}))
        self.assertEqual(len(self.info("./net.safetensors")["licence"]), 200)

    def test_licence_of_well_known_files(self):
        models = os.environ.get("FOVEA_MODELS")
        if not models or not os.path.exists(f"{models}/realesr-animevideov3-x4.param"):
            self.skipTest("FOVEA_MODELS has no realesr-animevideov3-x4")
        info = self.info(f"{models}/realesr-animevideov3-x4.param")
        self.assertEqual((info["licence"], info["licence_from"]), ("BSD-3-Clause", "its sha256"))


if __name__ == "__main__":
    unittest.main()

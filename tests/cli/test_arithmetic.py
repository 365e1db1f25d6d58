"""Several networks at once: --blend, a chain of -n, --denoise."""

import json
import struct
import unittest

import model_files
from harness import FoveaTest, enlarged
from test_convert import parts


def halves(a, b, factors):
    """The safetensors file of the weighted sum of two others, computed here."""
    header, first = parts(a)
    _, second = parts(b)
    tensors = {}
    for name, data in first.items():
        count = len(data) // 4
        sums = [factors[0] * x + factors[1] * y for x, y in
                zip(struct.unpack(f"<{count}f", data), struct.unpack(f"<{count}f", second[name]))]
        tensors[name] = (header[name]["shape"], sums)
    return model_files.safetensors(tensors)


class Blend(FoveaTest):
    def setUp(self):
        super().setUp()
        self.picture(channels=4)
        self.a = model_files.compact(2, seed=1)
        self.b = model_files.compact(2, seed=2)

    def upscaled(self, *arguments):
        self.succeed("photo.png", "-o", "out.png", "--overwrite", *arguments)
        return self.read("out.png")

    def test_equals_the_weighted_sum(self):
        self.write("a.safetensors", self.a)
        self.write("b.safetensors", self.b)
        for factors in ((0.75, 0.25), (1, 0), (0, 1), (1.5, -0.5), (2, 3)):
            with self.subTest(factors):
                self.write("sum.safetensors", halves(self.a, self.b, factors))
                self.assertEqual(
                    self.upscaled("--blend",
                                  f"a.safetensors:{factors[0]},b.safetensors:{factors[1]}"),
                    self.upscaled("-n", "sum.safetensors"))
        self.assertNotEqual(self.upscaled("-n", "a.safetensors"),
                            self.upscaled("-n", "b.safetensors"))

    def test_names_with_colons_and_commas_and_folders(self):
        self.write("m/x:2y,3z.safetensors", self.a)
        self.write("m/b.safetensors", self.b)
        self.write("sum.safetensors", halves(self.a, self.b, (0.5, 0.5)))
        run = self.succeed("photo.png", "-o", "o.png", "--json", "-m", "m", "--blend",
                           "m/x:2y,3z.safetensors:0.5,b:+5e-1")
        self.assertEqual(json.loads(run.out)["model"], "x:2y,3z:0.5,b:0.5")
        self.assertEqual(self.read("o.png"), self.upscaled("-n", "sum.safetensors"))

    def test_refuses(self):
        self.write("a.safetensors", self.a)
        self.write("wide.safetensors", model_files.compact(2, features=5))
        self.write("deep.safetensors", model_files.compact(2, convolutions=2))
        self.write("srcnn.safetensors", model_files.srcnn())
        self.write("n.param", b"7767517\n2 2\nInput in 0 1 data\nReLU r 1 1 data out\n")
        for blend, code, words in (
                ("a.safetensors:1,wide.safetensors:1", 4, r"tensor body.0.weight is \[4, 3, 3, 3\] "
                 r"in a.safetensors and \[5, 3, 3, 3\] in wide.safetensors; blend networks of one"),
                ("a.safetensors:1,deep.safetensors:1", 4, "tensor body.4.weight is "),
                ("a.safetensors:1,srcnn.safetensors:1", 4, "of a.safetensors is not in srcnn"),
                ("a.safetensors:1,gone.safetensors:1", 4, "gone.safetensors: no such"),
                ("a.safetensors:1,n.param:1", 4, "n.param: holds no named tensors"),
                ("a.safetensors:1,nearest:1", 2, "nearest: has no weights to blend"),
                ("a.safetensors:1e40,a.safetensors:1e40", 5, "tensor .* becomes .*; blend with"),
                ("a.safetensors", 2, "'a.safetensors' does not end in a colon and a number"),
                ("a.safetensors:x", 2, "does not end in a colon and a number"),
                ("a.safetensors:nan", 2, "does not end in a colon and a number"),
                ("a.safetensors:1,", 2, "'' does not end in a colon"),
                (":1", 2, "':1' does not end in a colon")):
            with self.subTest(blend):
                self.refuse(code, words, "photo.png", "-o", "out.png", "--blend", blend)
        self.refuse(2, "--blend: names its models itself; leave -n out", "photo.png", "--blend",
                    "a.safetensors:1", "-n", "a.safetensors")
        self.refuse(2, "--blend: names its models itself; leave --denoise out", "photo.png",
                    "--blend", "a.safetensors:1", "--denoise", "0.5")


class Chain(FoveaTest):
    def test_runs_one_behind_the_other(self):
        self.write("two.safetensors", model_files.compact(2))
        self.write("three.safetensors", model_files.compact(3))
        for channels in (1, 2, 3, 4):
            rows = self.read(self.picture(f"in{channels}.png", 5, 4, channels).name)[4]
            run = self.succeed(f"in{channels}.png", "-n", "two.safetensors", "-n",
                               "three.safetensors", "--json", "-o", "out.png", "--overwrite")
            report = json.loads(run.out)
            self.assertEqual((report["model"], report["scale"]), ("two + three", 6))
            self.assertEqual(self.read("out.png"),
                             (30, 24, channels, 8, enlarged(rows, channels, 6)))

    def test_bands_and_devices_change_nothing(self):
        self.picture(width=9, height=23)
        self.write("a.safetensors", model_files.compact(2, seed=3))
        self.write("b.safetensors", model_files.compact(1, seed=4))
        chain = ["photo.png", "-n", "a.safetensors", "-n", "b.safetensors", "--overwrite"]
        self.succeed(*chain, "-o", "whole.png")
        whole = self.read("whole.png")
        for rows in ("1", "2", "7", "23"):
            self.succeed(*chain, "-t", rows, "-j", rows, "-o", "bands.png")
            self.assertEqual(self.read("bands.png"), whole)

    def test_scale_of_all(self):
        self.picture(width=6, height=4)
        self.write("two.safetensors", model_files.compact(2))
        chain = ["photo.png", "-n", "two.safetensors", "-n", "two.safetensors", "--overwrite"]
        for flags, size in ([], (24, 16)), (["-s", "3"], (18, 12)), (["-s", "0.5"], (3, 2)):
            self.succeed(*chain, *flags, "-o", "out.png")
            self.assertEqual(self.size("out.png"), size)
        self.succeed("photo.png", "-n", "nearest", "-n", "two.safetensors", "-s", "6",
                     "-o", "n.png")
        self.assertEqual(self.size("n.png"), (36, 24))
        # What is written beside the input is named by the product.
        self.succeed("photo.png", "-n", "two.safetensors", "-n", "two.safetensors")
        self.assertIn("photo-4x.png", self.names())

    def test_refuses(self):
        self.picture()
        self.write("two.safetensors", model_files.compact(2))
        self.write("srcnn.safetensors", model_files.srcnn())
        self.refuse(2, "its weights do not tell its scale; give one with -s", "photo.png", "-n",
                    "srcnn.safetensors", "-n", "two.safetensors")
        self.refuse(2, "network 2 of the chain takes RGB and the one before it gives luma",
                    "photo.png", "-n", "srcnn.safetensors", "-n", "two.safetensors", "-s", "4")
        self.refuse(4, "gone: no such model", "photo.png", "-n", "two.safetensors", "-n", "gone")


class Denoise(FoveaTest):
    NAME = "realesr-general-x4v3"

    def setUp(self):
        super().setUp()
        self.picture()
        self.strong = model_files.compact(4, seed=5)
        self.weak = model_files.compact(4, seed=6)
        self.write(f"m/{self.NAME}.safetensors", self.strong)

    def upscaled(self, *arguments):
        self.succeed("photo.png", "-m", "m", "-o", "out.png", "--overwrite", *arguments)
        return self.read("out.png")

    def test_goes_between_the_model_and_its_twin(self):
        """inference_realesrgan.py: S of the model and 1 - S of the one that denoises less."""
        self.write("m/realesr-general-wdn-x4v3.safetensors", self.weak)
        self.write("weak.safetensors", self.weak)
        for flag in ("--denoise", "-dn"):
            for strength in (1, 0.75, 0.5, 0):
                self.write("sum.safetensors",
                           halves(self.strong, self.weak, (strength, 1 - strength)))
                self.assertEqual(self.upscaled("-n", self.NAME, flag, str(strength)),
                                 self.upscaled("-n", "./sum.safetensors"))
        self.assertEqual(self.upscaled("-n", self.NAME, "-dn=0"),
                         self.upscaled("-n", "./weak.safetensors"))

    def test_refuses(self):
        self.refuse(4, f"m/{self.NAME}.safetensors: --denoise needs "
                    "realesr-general-wdn-x4v3.safetensors beside it", "photo.png", "-m", "m", "-n",
                    self.NAME, "-dn", "0.5")
        self.upscaled("-n", self.NAME, "-dn", "1")  # the model alone, which needs no other
        self.write("m/net.safetensors", self.weak)
        for name in ("net", "nearest"):
            self.refuse(2, f"--denoise: {name} is not one of two models", "photo.png", "-m", "m",
                        "-n", name, "-dn", "0.5")
        for strength in ("2", "-0.1", "much", "nan", "1e-"):
            self.refuse(2, f"--denoise {strength}: not a number from 0 to 1", "photo.png", "-n",
                        self.NAME, f"--denoise={strength}")
        self.refuse(2, "--denoise: is for one model that has a twin", "photo.png", "-dn", "0.5")
        self.refuse(2, "--denoise: is for one model that has a twin", "photo.png", "-dn", "0.5",
                    "-n", self.NAME, "-n", self.NAME)


if __name__ == "__main__":
    unittest.main()

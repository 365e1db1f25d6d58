"""fovea eval: its figures, and how they are printed."""

import csv
import io
import math
import os
import unittest

import model_files
import picture_files
from eval_cases import EvalTest, smooth

FIGURES = ["psnr_a", "ssim_a", "psnr_c", "ssim_c", "psnr_rgb", "spectrum_top_db",
           "spectrum_second_db", "spectrum_third_db", "spectrum_fourth_db", "psnr_small",
           "ms_per_output_megapixel"]
DATA = os.environ.get("FOVEA_TEST_DATA", "")


class Figures(EvalTest):

    def test_of_a_known_difference(self):
        """One step brighter: 20 log10 255 dB of RGB, 255 / 219 of that in luma."""
        self.smooth("set/a.png")
        self.smooth("made/a.png", add=1)
        row = self.row("set", "-s", "1", "--results", "made")
        self.assertEqual((row["dataset"], row["scale"], row["model"]), ("set", 1, "made"))
        self.assertAlmostEqual(row["psnr_rgb"], 20 * math.log10(255), places=9)
        self.assertAlmostEqual(row["psnr_c"], 20 * math.log10(255 / (219 / 255)), places=9)
        self.assertAlmostEqual(row["psnr_small"], row["psnr_rgb"], places=9)
        self.assertAlmostEqual(row["spectrum_top_db"], 0, places=6)
        self.assertGreater(row["ssim_c"], 0.999)
        self.assertIsNone(row["ms_per_output_megapixel"])

    def test_of_equals(self):
        self.smooth("set/a.png")
        row = self.row("set", "-s", "1", "-n", "none")
        for key in ("psnr_a", "psnr_c", "psnr_rgb", "psnr_small"):
            self.assertIsNone(row[key], "infinite")
        self.assertAlmostEqual(row["ssim_a"], 1)
        self.assertEqual([row["spectrum_top_db"], row["spectrum_fourth_db"]], [0, 0])
        table = self.succeed("eval", "set", "-s", "1", "-n", "none").out.decode()
        self.assertRegex(table.splitlines()[1], r"^set +x1 +none +inf +1\.0000 +inf .* inf +-$")
        text = self.succeed("eval", "set", "-s", "1", "-n", "none", "--csv").out.decode()
        line = list(csv.DictReader(io.StringIO(text)))[0]
        self.assertEqual((line["psnr_rgb"], line["ms_per_output_megapixel"]), ("inf", ""))

    def test_border_does_not_count(self):
        """At scale 2 two pixels on each side, at scale 1 none."""
        self.smooth("set/a.png", 20, 20)
        rows = smooth(20, 20)
        for y in range(20):
            for x in range(20):
                if not (2 <= x < 18 and 2 <= y < 18):
                    rows[y][3 * x:3 * x + 3] = [0, 0, 0]
        self.write("made/a.png", picture_files.png(20, 20, rows=rows))
        self.assertIsNone(self.row("set", "-s", "2", "--results", "made")["psnr_rgb"], "infinite")
        self.assertLess(self.row("set", "-s", "1", "--results", "made")["psnr_rgb"], 20)

    def test_means(self):
        self.smooth("set/a.png")
        self.smooth("set/b.png", 30, 40)
        row = self.row("set", "-s", "2", "-n", "bilinear")
        self.assertEqual([one["picture"] for one in row["pictures"]], ["a", "b"])
        self.assertEqual([(one["width"], one["height"]) for one in row["pictures"]],
                         [(48, 36), (30, 40)])
        for key in FIGURES[:-1]:
            expected = sum(one[key] for one in row["pictures"]) / 2
            self.assertAlmostEqual(row[key], expected, places=9, msg=key)
        area = [one["width"] * one["height"] for one in row["pictures"]]
        time = sum(one["ms_per_output_megapixel"] * pixels
                   for one, pixels in zip(row["pictures"], area))
        self.assertAlmostEqual(row["ms_per_output_megapixel"], time / sum(area), places=6)

    def test_networks_and_chains(self):
        """A network of zeros enlarges as nearest does, two of them as nearest twice."""
        self.smooth("set/a.png")
        self.write("models/two.safetensors", model_files.compact(2))
        self.write("models/with+plus.safetensors", model_files.compact(4))
        rows = self.rows("set", "-m", "models", "-s", "4", "-n", "nearest", "-n", "two+two",
                         "-n", "models/with+plus.safetensors")
        self.assertEqual([row["model"] for row in rows], ["nearest", "two + two", "with+plus"])
        for row in rows[1:]:
            for key in FIGURES[2:-1]:
                self.assertAlmostEqual(row[key], rows[0][key], places=9, msg=key)

    def test_luma_networks(self):
        """By convention A such a network is given unrounded luma, as bicubic is; by C 8-bit RGB."""
        self.smooth("set/a.png")
        self.write("luma.safetensors", model_files.srcnn(identity=True))
        luma, bicubic = self.rows("set", "-s", "3", "-n", "./luma.safetensors", "-n", "bicubic")
        for key in "psnr_a", "ssim_a":
            self.assertAlmostEqual(luma[key], bicubic[key], places=9, msg=key)
        self.assertAlmostEqual(luma["psnr_c"], bicubic["psnr_c"], delta=0.1)
        self.assertNotEqual(bicubic["psnr_a"], bicubic["psnr_c"])

    def test_gray_and_colour(self):
        """A gray result of a colour picture, and the other way round, are compared as colour."""
        self.smooth("gray/a.png", channels=1)
        self.smooth("colour/a.png")
        for truth, result in ("gray", "colour"), ("colour", "gray"):
            row = self.row(truth, "-s", "1", "--results", result)
            self.assertLess(row["psnr_rgb"], 30)
            self.assertLess(row["psnr_c"], 40)


class Formats(EvalTest):

    def setUp(self):
        super().setUp()
        self.smooth("set/a.png")
        self.smooth("set/b,\"c\".png", 31, 30)
        self.call = ["set", "-s", "2,3", "-n", "nearest", "-n", "imresize"]

    def test_json(self):
        rows = self.rows(*self.call)
        self.assertEqual([(row["scale"], row["model"]) for row in rows],
                         [(2, "nearest"), (2, "imresize"), (3, "nearest"), (3, "imresize")])
        for row in rows:
            self.assertEqual(list(row), ["dataset", "scale", "model", "degradation", *FIGURES,
                                         "pictures"])
            self.assertIsNone(row["degradation"])
            for one in row["pictures"]:
                self.assertEqual(list(one), ["picture", "width", "height", *FIGURES])

    def test_csv(self):
        text = self.succeed("eval", "--csv", *self.call).out.decode()
        lines = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(list(lines[0]), ["dataset", "scale", "model", "degradation", "picture",
                                          "width", "height", *FIGURES])
        self.assertEqual([line["picture"] for line in lines], 4 * ["a", "b,\"c\"", "mean"])
        objects = self.rows(*self.call)
        for line, row in zip(lines[2::3], objects):
            for key in FIGURES[:-1]:
                self.assertEqual(float(line[key]), row[key], key)

    def test_markdown(self):
        text = self.succeed("eval", "--markdown", *self.call).out.decode()
        lines = text.splitlines()
        self.assertEqual(len(lines), 2 + 4)
        self.assertEqual({line.count("|") for line in lines}, {lines[0].count("|")})
        self.assertRegex(lines[1], r"^\|(-+:?\|)+$")
        self.assertRegex(lines[2], r"^\| set \| ×2 \| nearest \| [\d.]+ \| 0\.\d{4} \|")

    def test_table(self):
        text = self.succeed("eval", *self.call).out.decode()
        lines = text.splitlines()
        self.assertEqual(len(lines), 1 + 4)
        self.assertEqual({len(line) for line in lines}, {len(lines[0])}, "columns stand in line")
        self.write("models/family-x2.safetensors", model_files.compact(2))
        text = self.succeed("eval", "set", "-m", "models", "-s", "2", "-n", "nearest", "-n",
                            "family").out.decode()
        self.assertEqual(len({len(line) for line in text.splitlines()}), 1, "family-x2 is longer")
        text = self.succeed("eval", "-v", *self.call).out.decode()
        lines = text.splitlines()
        self.assertEqual(len(lines), 1 + 4 * 3)
        self.assertEqual({len(line) for line in lines}, {len(lines[0])}, "columns stand in line")
        self.assertRegex(lines[1], r"^set/a +x2 +nearest ")

    def test_degradation_is_told(self):
        for form in ["--markdown"], []:
            text = self.succeed("eval", *form, "set", "-n", "none", "-s", "1", "--noise", "2.5",
                                "--jpeg", "70").out.decode()
            self.assertEqual(text.splitlines()[0], "Degraded: noise 2.5 (seed 0), JPEG 70")
        row = self.row("set", "-n", "none", "-s", "1", "--noise", "2.5", "--jpeg", "70",
                       "--seed", "4")
        self.assertEqual(row["degradation"], {"blur": None, "noise": 2.5, "seed": 4, "jpeg": 70})
        text = self.succeed("eval", "--csv", "set", "-n", "none", "-s", "1", "--blur",
                            "1").out.decode()
        self.assertEqual(list(csv.DictReader(io.StringIO(text)))[0]["degradation"], "blur 1")


@unittest.skipUnless(DATA and os.path.isdir(f"{DATA}/data/set5"),
                     "FOVEA_TEST_DATA names no folder with data/set5")
class Published(EvalTest):
    """The figures of bicubic in the tables since SRCNN (SelfExSR's pictures, MATLAB's imresize)."""

    def test_set5(self):
        for scale, psnr_a, ssim_a, psnr_c, ssim_c in (
                (2, 33.661, 0.9299, 33.6741, 0.9303), (3, 30.392, 0.8682, 30.4047, 0.8689),
                (4, 28.421, 0.8104, 28.4302, 0.8111)):
            # Those of C are by 40 lines of NumPy on the given small pictures.
            by_matlab, ours = self.rows(f"{DATA}/data/set5", "-s", scale, "-n", "imresize", "-n",
                                        "bicubic")
            self.assertAlmostEqual(by_matlab["psnr_a"], psnr_a, delta=0.0006)
            self.assertAlmostEqual(by_matlab["ssim_a"], ssim_a, delta=0.00006)
            self.assertAlmostEqual(by_matlab["psnr_c"], psnr_c, delta=0.0006)
            self.assertAlmostEqual(by_matlab["ssim_c"], ssim_c, delta=0.00006)
            self.assertAlmostEqual(ours["psnr_a"], psnr_a, delta=0.002)

    def test_gray_is_its_own_luma(self):
        """Set14 has a gray file, bridge; as colour it would lift the means by 0.1 dB."""
        for scale, published in (2, 30.24), (3, 27.55), (4, 26.00):
            row = self.row(f"{DATA}/data/set14", "-s", scale, "-n", "imresize")
            self.assertAlmostEqual(row["psnr_a"], published, delta=0.015)
            bridge, = [one for one in row["pictures"] if one["picture"] == "bridge"]
            self.assertEqual(bridge["psnr_c"], bridge["psnr_rgb"])

    def test_made_small_pictures_are_the_given_ones(self):
        call = [f"{DATA}/data/set5", "-s", "4", "-n", "nearest"]
        given, made = self.row(*call), self.row(*call, "--downscale")
        for row in given, made:
            for one in [row, *row["pictures"]]:
                one.pop("ms_per_output_megapixel")
        self.assertEqual(given, made)


if __name__ == "__main__":
    unittest.main()

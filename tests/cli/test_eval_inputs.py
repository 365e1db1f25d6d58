"""fovea eval: datasets, degradations, and what is refused."""

import math
import pathlib
import signal
import unittest

import model_files
import picture_files
from eval_cases import EvalTest
from harness import TIMEOUT


class Datasets(EvalTest):

    def test_small_pictures_beside(self):
        """Layout of SelfExSR: the given small picture is what is enlarged, made ones differ."""
        self.smooth("set/x2/a_HR.png")
        flat = [[100] * 72] * 18
        self.write("set/x2/a_LR.png", picture_files.png(24, 18, rows=flat))
        given = self.row("set", "-s", "2", "-n", "nearest")
        self.assertEqual([one["picture"] for one in given["pictures"]], ["a"])
        self.assertIsNone(given["psnr_small"], "flat shrunk is flat: infinite")
        self.assertEqual(given["psnr_rgb"],
                         self.row("set/x2", "-s", "2", "-n", "nearest")["psnr_rgb"])
        made = self.row("set", "-s", "2", "-n", "nearest", "--downscale")
        self.assertGreater(made["psnr_rgb"], given["psnr_rgb"])
        blurred = self.row("set", "-s", "2", "-n", "nearest", "--blur", "0.1")
        self.assertEqual(blurred["psnr_rgb"], made["psnr_rgb"], "a blurred picture is shrunk anew")
        other = self.row("set", "-s", "3", "-n", "nearest")
        self.assertEqual((other["pictures"][0]["width"], other["pictures"][0]["height"]), (48, 36))

    def test_list(self):
        for name in "a", "b", "c":
            self.smooth(f"pictures/{name}.png")
        self.write("lists/two.txt", b"# two of them\n\nc\r\na.png\n")
        row = self.row("lists/two.txt", "--root", "pictures", "-n", "nearest")
        self.assertEqual((row["dataset"], [one["picture"] for one in row["pictures"]]),
                         ("two", ["c", "a"]))
        self.write("pictures/here.txt", b"b\n")
        row = self.row("pictures/here.txt", "-n", "nearest")
        self.assertEqual([one["picture"] for one in row["pictures"]], ["b"])
        self.refuse(3, r"two\.txt, line 3: there is no picture .*/c.*--root", "eval",
                    "lists/two.txt", "-n", "nearest")

    def test_validation_list(self):
        self.refuse(2, "val50: .*--root", "eval", "val50", "-n", "nearest")
        self.refuse(3, "val50, line 1: there is no picture .*--root", "eval", "val50", "--root",
                    ".", "-n", "nearest")
        names = (pathlib.Path(__file__).parents[2] / "tools/train/val50.txt").read_text().split()
        for name in names:
            self.smooth(f"all/{name}.png", 16, 16)
        row = self.row("val50", "--root", "all", "-n", "nearest")
        self.assertEqual([one["picture"] for one in row["pictures"]], names)
        self.assertEqual((row["dataset"], len(names)), ("val50", 50))

    def test_results(self):
        self.smooth("set/a.png")
        for name, file in ("plain", "a.png"), ("ours", "a-4x.png"), ("scale", "x4/a_LR-4x.png"):
            self.smooth(f"{name}/{file}", add=2)
        rows = self.rows("set", "--results", "plain", "--results", "ours/", "--results", "scale")
        self.assertEqual([row["model"] for row in rows], ["plain", "ours", "scale"])
        self.assertEqual(len({row["psnr_rgb"] for row in rows}), 1)

    def test_alpha_and_sixteen_bits_are_told_once(self):
        self.picture("set/a.png", 40, 40, channels=4, depth=16)
        run = self.succeed("eval", "set", "-n", "nearest", "-n", "bilinear")
        self.assertEqual(len(run.lines), 2, run.err)
        for line in run.lines:
            self.assertRegex(line, r"^fovea: set/a\.png: warning: ")


class Degradations(EvalTest):

    def setUp(self):
        super().setUp()
        self.smooth("set/a.png", 64, 64)

    def psnr(self, *arguments):
        return self.row("set", "-s", "1", "-n", "none", *arguments)["psnr_rgb"]

    def test_more_is_worse(self):
        for flag, values in (("--jpeg", (95, 60, 20)), ("--noise", (2, 10, 40)),
                             ("--blur", (0.4, 0.8, 2))):
            figures = [self.psnr(flag, value) for value in values]
            self.assertEqual(figures, sorted(figures, reverse=True), flag)
            self.assertEqual(len(set(figures)), 3)

    def test_noise_is_that_of_its_seed(self):
        """20 log10(255 / 10) dB, within what 12288 samples scatter."""
        one = self.psnr("--noise", 10)
        self.assertAlmostEqual(one, 20 * math.log10(25.5), delta=0.3)
        self.assertEqual(one, self.psnr("--noise", 10, "--seed", 0))
        self.assertNotEqual(one, self.psnr("--noise", 10, "--seed", 1))

    def test_noise_does_not_depend_on_the_other_pictures(self):
        alone = self.row("set", "-n", "nearest", "--noise", "9")["pictures"][0]
        self.smooth("set/0.png", 64, 64)
        self.assertEqual(self.row("set", "-n", "nearest", "--noise", "9")["pictures"][1]["psnr_c"],
                         alone["psnr_c"])

    def test_luma_is_of_the_spoilt_picture(self):
        """Convention A of a method on luma sees the noise too."""
        clean = self.row("set", "-s", "2", "-n", "bicubic")["psnr_a"]
        self.assertLess(self.row("set", "-s", "2", "-n", "bicubic", "--noise", "30")["psnr_a"],
                        clean - 3)


class Refusals(EvalTest):

    def test_arguments(self):
        self.smooth("set/a.png")
        for pattern, *arguments in (
                ("required", ),
                ("-s 0: ", "set", "-s", "0"), ("-s 1.5: ", "set", "-s", "1.5"),
                ("-s : ", "set", "-s", "2,,3"), ("-s 65", "set", "-s", "65"),
                ("--jpeg 0", "set", "--jpeg", "0"), ("--jpeg 101", "set", "--jpeg", "101"),
                ("--noise -1", "set", "--noise", "-1"), ("--noise nan", "set", "--noise", "nan"),
                ("--noise 0:", "set", "--noise", "0"), ("--blur x", "set", "--blur", "x"),
                ("--seed -1", "set", "--seed", "-1"), ("-g tpu", "set", "-g", "tpu"),
                ("one of them", "set", "--json", "--csv"),
                ("none: .*-s 1", "set", "-n", "none", "-s", "2"),
                ("one side of a", "set", "-n", "nearest+"),
                ("no such dataset", "nowhere"), ("is a picture", "set/a.png"),
                ("no such folder", "set", "--results", "nowhere")):
            with self.subTest(arguments):
                self.refuse(2, pattern, "eval", *arguments)

    def test_models(self):
        self.smooth("set/a.png")
        self.refuse(4, "no such model", "eval", "set", "-n", "nearest", "-n", "nothing")
        self.refuse(4, "no such model", "eval", "set", "-n", "nearest+nothing")
        self.write("two.safetensors", b"no model")
        self.refuse(4, "two.safetensors", "eval", "set", "-n", "./two.safetensors")

    def test_pictures(self):
        self.smooth("set/a.png")
        self.write("set/b.png", self.smooth("c.png").read_bytes()[:-300])
        self.refuse(3, r"set/b\.png: ", "eval", "set", "-n", "nearest")
        (self.folder / "empty").mkdir()
        self.refuse(3, "empty: .*no picture", "eval", "empty")
        self.write("blank.txt", b"# nothing\n")
        self.refuse(3, "blank.txt: names no picture", "eval", "blank.txt")
        self.smooth("tiny/a.png", 3, 3)
        self.refuse(3, r"tiny/a\.png: 3x3 pixels are fewer", "eval", "tiny", "-n", "nearest")
        self.smooth("pair/a_HR.png")
        self.smooth("pair/a_LR.png", 24, 18)
        self.refuse(3, r"pair/a_LR\.png: has 24x18 .* not 3 times", "eval", "pair", "-s", "3", "-n",
                    "nearest")
        self.refuse(3, r"set/a\.png: .*there is no result a\.png", "eval", "set", "--results",
                    "empty")
        self.smooth("other/a.png", 50, 36)
        self.refuse(3, r"set/a\.png: the result has 50x36 pixels, the truth 48x36", "eval", "set",
                    "--results", "other")

    def test_error_behind_a_row(self):
        self.smooth("set/a.png")
        run = self.fovea("eval", "set", "-n", "nearest", "--results", ".")
        self.assertEqual(run.code, 3)
        self.assertEqual(len(run.out.splitlines()), 2, "what was measured is told")

    def test_signal(self):
        self.smooth("set/a.png", 64, 64)
        self.write("set/b.png", picture_files.flat_png(2000, 2000))
        self.write("slow.safetensors", model_files.compact(2, 16, 8, seed=1))
        process = self.start("eval", "set", "-g", "reference", "-s", "2", "-n", "nearest", "-n",
                             "./slow.safetensors")
        process.stdout.readline()
        process.stdout.readline()  # the first row
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(len(err.splitlines()), 1, err)


if __name__ == "__main__":
    unittest.main()

"""Networks that are told a number of the picture, and what a JPEG file tells beside its pixels."""

import json
import math
import struct
import unittest

import model_files
import picture_files
from eval_cases import EvalTest
from harness import STB, FoveaTest
from test_json import KEYS

full_build = unittest.skipIf(STB, "stb_image reads no coefficients")


class ToldTest(FoveaTest):

    def result(self, *arguments, **options):
        """Rows of the picture that comes out."""
        self.succeed(*arguments, "-o", "out.png", "--overwrite", **options)
        return self.read("out.png")[4]

    def jpeg(self, name, quality, rows=None, width=16, height=16, channels=3):
        """`rows` (else one gray) as a JPEG file of fovea's own."""
        rows = rows or [[100] * (width * channels)] * height
        self.write("truth.png", picture_files.png(width, height, channels, rows=rows))
        self.succeed("truth.png", "-n", "nearest", "-s", "1", "-o", name, "-q", quality,
                     "--overwrite")
        return self.path(name)

    def pattern(self, width, height):
        return [[60 + value // 2 for value in row]
                for row in picture_files.pattern(width, height)]

    def with_orientation(self, name, orientation):
        """The file again with an EXIF block."""
        jpeg = self.path(name).read_bytes()
        block = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation,
                                                           0, 0)
        segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
        self.path(name).write_bytes(jpeg[:2] + segment + jpeg[2:])


class Numbers(ToldTest):

    def setUp(self):
        super().setUp()
        self.picture("photo.png", 5, 4)
        self.rows = [[value // 2 for value in row] for row in picture_files.pattern(5, 4)]
        self.write("photo.png", picture_files.png(5, 4, rows=self.rows))

    def added(self, steps):
        return [[value + steps for value in row] for row in self.rows]

    def test_what_is_set_else_what_is_usual(self):
        self.write("net.safetensors",
                   model_files.restorer("noise_level", {"noise_level": "10"}, gain=1.0))
        run = ("photo.png", "-n", "./net.safetensors")
        self.assertEqual(self.result(*run), self.added(10))
        self.assertEqual(self.result(*run, "--set", "noise_level=51"), self.added(51))
        self.assertEqual(self.result(*run, "--set", "noise_level=0"), self.added(0))
        self.assertEqual(self.result(*run, "--set=noise_level=7", "--set", "noise_level=20"),
                         self.added(20))

    def test_the_usual_quality_of_what_is_no_jpeg(self):
        self.write("net.safetensors", model_files.restorer("quality", {"quality": "60"}, gain=0.5))
        # 0.6 * 0.5 of 255 is 76.5, of which floating point decides; 40 makes 51.
        self.assertEqual(self.result("photo.png", "-n", "./net.safetensors", "--set", "quality=40"),
                         self.added(51))
        usual = self.result("photo.png", "-n", "./net.safetensors")
        self.assertIn(usual[0][0] - self.rows[0][0], (76, 77))

    def test_what_is_not_told_has_to_be_given(self):
        self.write("net.safetensors", model_files.restorer("noise_level"))
        self.refuse(2, r"photo\.png: the model is told noise_level \(0 to 255\), .*--set noise_lev",
                    "photo.png", "-n", "./net.safetensors")
        self.succeed("photo.png", "-n", "./net.safetensors", "--set", "noise_level=3")

    def test_what_cannot_be_told(self):
        self.write("net.safetensors", model_files.restorer("quality", {"quality": "50"}))
        for settings, pattern in ((["quality=0"], r"--set quality=0: not within 1 and 100"),
                                  (["quality=101"], r"--set quality=101: not within 1 and 100"),
                                  (["quality=nan"], r"--set quality=nan: not a number"),
                                  (["quality=4O"], r"--set quality=4O: not a number"),
                                  (["quality="], r"--set quality=: not a number"),
                                  (["quality"], r"--set quality: give KEY=VALUE"),
                                  (["noise=1"], r"--set noise: the model is not told that, but qu")):
            arguments = [word for setting in settings for word in ("--set", setting)]
            self.refuse(2, pattern, "photo.png", "-n", "./net.safetensors", *arguments)
        self.refuse(2, r"--set quality: the model is not told that; leave it out", "photo.png", "-n",
                    "nearest", "--set", "quality=40")

    def test_info_tells_what_it_is_told(self):
        self.write("net.safetensors", model_files.restorer("quality", {"quality": "50"}))
        told = self.succeed("info", "net.safetensors").out.decode()
        self.assertRegex(told, r"told +quality, 1 to 100; else 50")
        self.assertIn("3 -> 3 channels", told)
        report = json.loads(self.succeed("info", "net.safetensors", "--json").out)
        self.assertEqual(report["told"], {"name": "quality", "lowest": 1, "highest": 100,
                                          "usual": 50})
        self.assertEqual(report["in_channels"], 3)
        self.write("other.safetensors", model_files.compact(2))
        report = json.loads(self.succeed("info", "other.safetensors", "--json").out)
        self.assertIsNone(report["told"])


class Jpegs(ToldTest):

    def test_each_file_tells_its_own_quality(self):
        # Flat gray, of which a quality of 10 and one of 90 keep the same.
        self.write("net.safetensors", model_files.restorer("quality", gain=1.0))
        for quality in (10, 90):
            self.jpeg(f"{quality}.jpg", quality)
            run = self.succeed(f"{quality}.jpg", "-n", "./net.safetensors", "-v", "-o", "out.png",
                               "--overwrite")
            self.assertIn(f"{quality}.jpg: JPEG of quality {quality} by its table", run.err)

    @full_build
    def test_results_are_held_to_the_file(self):
        # Quality 50: the step of a block's mean is 16, so that means of 8 x 8 samples are known
        # within 16 / 2 / 8 = 1, and 0.3 / 8 for the encoder's arithmetic.
        self.jpeg("photo.jpg", 50)
        for added, expected in ((0.2, 101), (-0.2, 99), (0.0, 100)):
            self.write("net.safetensors", model_files.restorer("quality", added=added))
            self.assertEqual(self.result("photo.jpg", "-n", "./net.safetensors"),
                             [[expected] * 48] * 16)
        # Who tells the quality knows better than the file.
        self.write("net.safetensors", model_files.restorer("quality", added=0.2))
        run = self.succeed("photo.jpg", "-n", "./net.safetensors", "--set", "quality=50", "-o",
                           "out.png", "--overwrite", "-v")
        self.assertEqual(self.read("out.png")[4], [[151] * 48] * 16)
        self.assertNotIn("held", run.err)

    @full_build
    def test_gray_files_and_standard_input(self):
        path = self.jpeg("gray.jpg", 50, channels=1)
        self.write("net.safetensors", model_files.restorer("quality", added=0.2))
        self.assertEqual(self.result("gray.jpg", "-n", "./net.safetensors"), [[101] * 16] * 16)
        run = self.succeed("-", "-n", "./net.safetensors", "-o", "-", "-f", "png",
                           given=path.read_bytes())
        self.assertEqual(picture_files.read_png(run.out)[4], [[101] * 16] * 16)

    @full_build
    def test_files_that_are_turned(self):
        self.jpeg("photo.jpg", 30, self.pattern(21, 13), 21, 13)
        self.write("net.safetensors", model_files.restorer("quality", added=0.1))
        stored = self.result("photo.jpg", "-n", "./net.safetensors")
        self.with_orientation("photo.jpg", 6)
        turned = self.result("photo.jpg", "-n", "./net.safetensors")
        self.assertEqual((len(turned), len(turned[0])), (21, 39))
        # Orientation 6: the stored row 0 is the last column.
        for y in range(13):
            for x in range(21):
                self.assertEqual(turned[x][3 * (12 - y):3 * (13 - y)], stored[y][3 * x:3 * x + 3])

    @full_build
    def test_chains(self):
        # The first result is held to the file before the next network sees it.
        self.jpeg("photo.jpg", 50)
        self.write("net.safetensors", model_files.restorer("quality", added=0.2))
        self.write("large.safetensors", model_files.compact(2))
        self.assertEqual(self.result("photo.jpg", "-n", "./net.safetensors", "-n",
                                     "./large.safetensors"), [[101] * 96] * 32)
        self.assertEqual(self.result("photo.jpg", "-n", "./net.safetensors", "-s", "0.5"),
                         [[101] * 24] * 8)
        # Behind another it is told the quality, and its result is its own.
        run = self.succeed("photo.jpg", "-n", "./large.safetensors", "-n", "./net.safetensors", "-o",
                           "out.png", "--overwrite", "-v")
        self.assertIn("quality 50", run.err)
        self.assertEqual(self.read("out.png")[4], [[151] * 96] * 32)

    @full_build
    def test_bands_threads_and_reports(self):
        self.jpeg("photo.jpg", 20, self.pattern(37, 29), 37, 29)
        self.write("net.safetensors", model_files.restorer("quality", added=0.1, gain=-0.3))
        run = ("photo.jpg", "-n", "./net.safetensors")
        whole = self.result(*run)
        self.assertEqual(self.result(*run, "-t", "4", "-j", "3"), whole)
        report = json.loads(self.succeed(*run, "-o", "out.png", "--overwrite", "--json").out)
        self.assertEqual(list(report), KEYS)
        dry = self.succeed(*run, "--dry-run", "-o", "other.png")
        self.assertIn("37x29 -> 37x29", dry.out.decode())

    def test_broken_files_are_refused_once(self):
        whole = self.jpeg("photo.jpg", 50, self.pattern(21, 13), 21, 13).read_bytes()
        self.write("net.safetensors", model_files.restorer("quality"))
        self.write("cut.jpg", whole[:len(whole) - 40])
        self.refuse(3, r"cut\.jpg: ", "cut.jpg", "-n", "./net.safetensors")


class Judged(EvalTest):

    @full_build
    def test_eval_tells_of_the_jpeg_that_it_makes(self):
        self.write("set/a.png", picture_files.png(32, 32, rows=[[100] * 96] * 32))
        self.write("net.safetensors", model_files.restorer("quality", added=0.2))
        row = self.row("set", "-s", "1", "--jpeg", "50", "-n", "./net.safetensors")
        # One step brighter, as the file allows; else it would be 51.
        self.assertAlmostEqual(row["psnr_rgb"], 20 * math.log10(255), places=9)


if __name__ == "__main__":
    unittest.main()

"""Bands and threads never change a byte of the result."""

import unittest

import model_files
import picture_files
from harness import FoveaTest

BANDS = (0, 1, 2, 5, 64)
THREADS = (1, 2, 8)


class Bands(FoveaTest):

    def check(self, *arguments, choices=None):
        written = {}
        for rows, threads in choices or [(r, j) for r in BANDS for j in THREADS]:
            self.succeed(*arguments, "-o", "out.png", "--overwrite", "-t", rows, "-j", threads)
            written.setdefault(self.path("out.png").read_bytes(), []).append((rows, threads))
        self.assertEqual(len(written), 1, [places for places in written.values()])
        return picture_files.read_png(*written)

    def setUp(self):
        super().setUp()
        self.write("net.safetensors", model_files.compact(2, 8, 3, seed=1))

    def test_devices(self):
        self.picture(width=41, height=37)
        results = [self.check("photo.png", "-n", "./net.safetensors", "-g", device)
                   for device in ("cpu", "reference")]
        # Two ways to sum are a step of 8 bits apart at most, and the picture is no trivial one.
        worst = max(abs(a - b) for rows in zip(results[0][4], results[1][4])
                    for a, b in zip(*rows))
        self.assertLessEqual(worst, 1)
        self.assertGreater(len({v for row in results[0][4] for v in row}), 100)

    def test_instruction_sets(self):
        self.picture(width=41, height=37)
        told = self.succeed("--version").out.decode()
        for name in ("portable", "avx2", "avx512"):
            if name in told:
                self.environment["FOVEA_FORCE_ISA"] = name
                self.check("photo.png", "-n", "./net.safetensors",
                           choices=[(0, 2), (1, 1), (5, 8), (64, 2)])

    def test_kinds_of_picture(self):
        few = [(0, 1), (1, 2), (2, 8), (5, 1), (64, 8)]
        for channels, depth in ((1, 8), (2, 8), (4, 8), (3, 16), (4, 16)):
            with self.subTest(channels=channels, depth=depth):
                self.picture("p.png", 23, 19, channels, depth)
                self.check("p.png", "-n", "./net.safetensors", choices=few)

    def test_scales(self):
        """With a resize after the network, and with nothing but a resize."""
        self.picture(width=23, height=19)
        few = [(0, 1), (1, 2), (2, 8), (5, 1), (64, 8)]
        for scale in ("0.5", "1.7", "3"):
            for model in ("./net.safetensors", "lanczos", "nearest"):
                with self.subTest(scale=scale, model=model):
                    self.check("photo.png", "-n", model, "-s", scale, choices=few)

    def test_thin_pictures(self):
        for width, height in ((1, 1), (1, 40), (40, 1), (2, 3)):
            with self.subTest(width=width, height=height):
                self.picture("p.png", width, height)
                result = self.check("p.png", "-n", "./net.safetensors",
                                    choices=[(0, 1), (1, 2), (2, 8), (64, 8)])
                self.assertEqual(result[:2], (2 * width, 2 * height))


if __name__ == "__main__":
    unittest.main()

"""Faded pictures, whose black and white are found again."""

import unittest

import picture_files
from harness import FoveaTest

# Of red, green and blue: where black and white lie in the faded picture.
BLACK, WHITE = (40, 30, 20), (220, 200, 140)


def faded(value, channel):
    return round(BLACK[channel] + (WHITE[channel] - BLACK[channel]) * value / 255)


class Fading(FoveaTest):
    WIDTH, HEIGHT = 40, 30

    def setUp(self):
        super().setUp()
        rows = picture_files.pattern(self.WIDTH, self.HEIGHT)
        # Some pixels of black and white, more than a thousandth.
        rows[0], rows[1] = [0] * len(rows[0]), [255] * len(rows[1])
        self.clean = rows
        self.old = [[faded(value, i % 3) for i, value in enumerate(row)] for row in rows]
        self.write("old.png", picture_files.png(self.WIDTH, self.HEIGHT, rows=self.old))

    def result(self, *options):
        self.succeed("old.png", "-n", "nearest", "-s", "1", "-o", "out.png", "--overwrite",
                     *options)
        return self.read("out.png")[4]

    def distance(self, a, b):
        return max(abs(x - y) for one, other in zip(a, b) for x, y in zip(one, other))

    def test_it_is_undone(self):
        # Rounded once in the faded picture, whose blue has 120 steps for 255, and once here.
        self.assertLessEqual(self.distance(self.result("--unfade", "1"), self.clean), 2)
        self.assertGreaterEqual(self.distance(self.old, self.clean), 100)

    def test_as_far_as_is_asked(self):
        self.assertEqual(self.result(), self.old)
        self.assertEqual(self.result("--unfade", "0"), self.old)
        all_of_it, half = self.result("--unfade=1"), self.result("--unfade=0.5")
        middle = [[(a + b) / 2 for a, b in zip(*rows)] for rows in zip(self.old, all_of_it)]
        self.assertLessEqual(self.distance(half, middle), 1)

    def test_the_whole_picture_tells_whatever_the_bands(self):
        self.assertEqual(self.result("--unfade", "1", "-t", "1"), self.result("--unfade", "1"))

    def test_strengths_that_are_none(self):
        for text in ("1.5", "-0.1", "all", "0.5x", "nan"):
            self.refuse(2, f"--unfade {text}: not a number from 0 to 1", "old.png", "-n", "nearest",
                        f"--unfade={text}")


if __name__ == "__main__":
    unittest.main()

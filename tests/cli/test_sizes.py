"""Sizes: exact ones in pixels, and scales beyond a network's own."""

import json
import unittest

import model_files
import picture_files
from harness import FoveaTest, enlarged


class Exact(FoveaTest):

    def test_each_flag(self):
        """From 30x20; the other side is rounded to nearest, halves up."""
        self.picture(width=30, height=20)
        for flags, size, name in [
                (["--width", "77"], (77, 51), "photo-77w.png"),
                (["--height", "77"], (116, 77), "photo-77h.png"),
                (["--long-edge", "45"], (45, 30), "photo-long45.png"),
                (["--short-edge", "33"], (50, 33), "photo-short33.png"),
                (["--width", "90", "--height", "90"], (90, 60), "photo-90x90.png"),
                (["--width", "90", "--height", "40"], (60, 40), "photo-90x40.png"),
                (["--width", "7"], (7, 5), "photo-7w.png"),
                (["--width", "30"], (30, 20), "photo-30w.png")]:
            with self.subTest(flags):
                self.succeed("photo.png", "-n", "bicubic", *flags)
                self.assertEqual(self.size(name), size)

    def test_long_and_short_of_upright_pictures(self):
        self.picture(width=20, height=30)
        self.succeed("photo.png", "-n", "bicubic", "--long-edge", "60", "-o", "a.png")
        self.succeed("photo.png", "-n", "bicubic", "--short-edge", "60", "-o", "b.png")
        self.assertEqual((self.size("a.png"), self.size("b.png")), ((40, 60), (60, 90)))

    def test_the_same_as_the_scale(self):
        self.picture(width=9, height=6)
        self.write("net.safetensors", model_files.compact(2, seed=1))
        self.succeed("photo.png", "-n", "./net.safetensors", "-s", "3", "-o", "a.png")
        self.succeed("photo.png", "-n", "./net.safetensors", "--width", "27", "-o", "b.png")
        self.assertEqual(self.path("a.png").read_bytes(), self.path("b.png").read_bytes())

    def test_pictures_of_different_sizes(self):
        """Each has a scale of its own; bands and order change nothing."""
        self.write("net.safetensors", model_files.compact(2, seed=1))
        for name, width, height in (("a", 9, 6), ("b", 11, 13), ("c", 18, 12), ("d", 100, 50)):
            self.picture(f"in/{name}.png", width, height)
        run = self.succeed("in", "-n", "./net.safetensors", "--width", "36", "-o", "out", "--json",
                           "--quiet")
        told = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual([(t["scale"], t["width"], t["height"]) for t in told],
                         [(4, 36, 24), (36 / 11, 36, 43), (2, 36, 24), (0.36, 36, 18)])
        self.assertEqual([t["model"] for t in told], ["net + net", "net + net", "net", "net"])
        for name in "abcd":
            self.succeed(f"in/{name}.png", "-n", "./net.safetensors", "--width", "36", "-t", "3",
                         "-o", "one.png", "--overwrite", "--quiet")
            self.assertEqual(self.path("one.png").read_bytes(),
                             self.path(f"out/{name}.png").read_bytes())

    def test_odd_fractions_and_bands(self):
        self.picture(width=53, height=47)
        self.write("net.safetensors", model_files.compact(2, seed=1))
        sizes = set()
        for rows in ("0", "1", "7", "47"):
            self.succeed("photo.png", "-n", "./net.safetensors", "--width", "197", "-t", rows, "-o",
                         "o.png", "--overwrite", "--quiet")
            sizes.add(self.path("o.png").read_bytes())
        self.assertEqual(len(sizes), 1)
        self.assertEqual(self.size("o.png"), (197, 175))

    def test_dry_run(self):
        self.picture(width=30, height=20)
        run = self.succeed("photo.png", "-n", "bicubic", "--long-edge", "45", "--dry-run")
        self.assertIn(b"30x20 -> 45x30", run.out)

    def test_refusals(self):
        self.picture(width=3, height=2)
        for flags in (["-s", "2", "--width", "9"], ["--width", "9", "--long-edge", "9"],
                      ["--long-edge", "9", "--short-edge", "9"]):
            self.refuse(2, "give one of them", "photo.png", "-n", "bicubic", *flags)
        for value in ("0", "-1", "1.5", "x", "1000001"):
            self.refuse(2, f"--width {value}: not a whole number", "photo.png", "-n", "bicubic",
                        f"--width={value}")
        self.refuse(3, r"photo.png: 3x2 pixels .* 66.7 times \(limit 64\)", "photo.png", "-n",
                    "bicubic", "--width", "200")
        self.refuse(4, "no such model", "photo.png", "photo.png", "-n", "gone", "--width", "9")


class Repeated(FoveaTest):
    """Networks of zeros give the nearest neighbour, exactly, however many follow each other."""

    def check(self, flags, scale, model):
        run = self.succeed("photo.png", *flags, "-s", str(scale), "-o", "out.png", "--overwrite",
                           "--json", "--quiet")
        self.assertEqual(json.loads(run.out)["model"], model)
        rows = self.read("photo.png")[4]
        self.assertEqual(self.read("out.png"),
                         (5 * scale, 4 * scale, 3, 8, enlarged(rows, 3, scale)))

    def test_one_network(self):
        self.picture()
        for own in (2, 3, 4):
            self.write(f"m/n{own}.safetensors", model_files.compact(own))
        for own, scale, times in ((2, 2, 1), (2, 4, 2), (2, 8, 3), (2, 16, 4), (3, 9, 2),
                                  (4, 16, 2)):
            with self.subTest(own=own, scale=scale):
                self.check(["-n", f"m/n{own}.safetensors"], scale, " + ".join([f"n{own}"] * times))

    def test_a_family(self):
        self.picture()
        for own in (1, 2, 3, 4):
            self.write(f"m/net-x{own}.safetensors", model_files.compact(own))
        for scale, members in ((1, [1]), (2, [2]), (3, [3]), (4, [4]), (6, [3, 2]), (8, [4, 2]),
                               (9, [3, 3]), (12, [4, 3]), (16, [4, 4]), (24, [4, 3, 2])):
            with self.subTest(scale):
                self.check(["-n", "net", "-m", "m"], scale,
                           " + ".join(f"net-x{member}" for member in members))

    def test_what_is_left_is_resized(self):
        self.picture(width=8, height=6)
        for own in (2, 4):
            self.write(f"m/net-x{own}.safetensors", model_files.compact(own, seed=own))
        for flags, scale, model, size in (
                (["-n", "net", "-m", "m"], "5", "net-x4", (40, 30)),
                (["-n", "net", "-m", "m"], "6", "net-x4 + net-x2", (48, 36)),
                (["-n", "net", "-m", "m"], "7.5", "net-x4 + net-x2", (60, 45)),
                (["-n", "m/net-x2.safetensors"], "2.5", "net-x2", (20, 15)),
                (["-n", "m/net-x2.safetensors"], "3", "net-x2 + net-x2", (24, 18))):
            run = self.succeed("photo.png", *flags, "-s", scale, "-o", "o.png", "--overwrite",
                               "--json", "--quiet")
            self.assertEqual((json.loads(run.out)["model"], self.size("o.png")), (model, size))

    def test_equals_the_chain(self):
        self.picture(width=8, height=6)
        self.write("net.safetensors", model_files.compact(2, seed=3))
        self.succeed("photo.png", "-n", "./net.safetensors", "-s", "4", "-o", "a.png")
        self.succeed("photo.png", "-n", "./net.safetensors", "-n", "./net.safetensors", "-o",
                     "b.png")
        self.assertEqual(self.path("a.png").read_bytes(), self.path("b.png").read_bytes())

    def test_blends_are_repeated_and_classical_methods_are_not(self):
        self.picture()
        self.write("a.safetensors", model_files.compact(2))
        self.check(["--blend", "a.safetensors:0.5,a.safetensors:0.5"], 4,
                   "a:0.5,a:0.5 + a:0.5,a:0.5")
        self.check(["-n", "nearest"], 16, "nearest")


class Small(FoveaTest):
    """A word where networks have little to go by."""

    def setUp(self):
        super().setUp()
        self.write("net.safetensors", model_files.compact(2))
        self.net = ["-n", "./net.safetensors"]

    def told(self, *arguments):
        return self.succeed(*arguments, "--overwrite").lines

    def test_under_200_pixels(self):
        self.write("small.png", picture_files.flat_png(300, 199))
        self.write("large.png", picture_files.flat_png(200, 200))
        [line] = self.told("small.png", *self.net)
        self.assertRegex(line, r"\Afovea: small.png: warning: 199 pixels on the short side; .* 200")
        self.assertEqual(self.told("large.png", *self.net), [])

    def test_once_a_run_and_only_for_networks_that_enlarge(self):
        for name in "abc":
            self.picture(name + ".png")
        self.assertEqual(len(self.told("a.png", "b.png", "c.png", *self.net)), 1)
        self.assertEqual(self.told("a.png", *self.net, "--quiet"), [])
        self.assertEqual(self.told("a.png", "-n", "lanczos"), [])
        self.assertEqual(self.told("a.png", *self.net, "-s", "1"), [])
        self.assertEqual(self.fovea("a.png", *self.net, "--strict", "--overwrite").code, 0)


if __name__ == "__main__":
    unittest.main()

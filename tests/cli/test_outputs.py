"""Where pictures go, under which name and in which format."""

import fcntl
import os
import unittest

import picture_files
from harness import STB, FoveaTest, enlarged

MAGIC = {"jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG", "webp": b"RIFF"}


class Names(FoveaTest):

    def test_beside_the_input(self):
        for given, flags, expected in [
                ("photo.png", [], "photo-4x.png"), ("photo.png", ["-s", "2"], "photo-2x.png"),
                ("photo.png", ["-s", "1.5"], "photo-1.5x.png"),
                ("photo.png", ["-s", "4x"], "photo-4x.png"),
                ("photo.png", ["-s", "0.5"], "photo-0.5x.png"),
                ("PHOTO.PNG", [], "PHOTO-4x.PNG"), ("photo", [], "photo-4x.png"),
                ("photo.v1.png", [], "photo.v1-4x.png"), ("photo.v1", [], "photo.v1-4x.png"),
                ("photo.png", ["-f", "jpg"], "photo-4x.jpg"), ("-i.png", [], "-i-4x.png"),
                ("with space.png", [], "with space-4x.png"), ("naïve.png", [], "naïve-4x.png")]:
            with self.subTest(given=given, flags=flags):
                self.picture("in/" + given)
                self.succeed("-n", "nearest", *flags, "--", "in/" + given)
                self.assertEqual(self.names("in"), sorted([given, expected]))
                for name in self.names("in"):
                    os.unlink(self.path("in") / name)

    def test_wrong_extension_is_noted_and_put_right(self):
        self.picture("photo.jpg")
        run = self.succeed("photo.jpg", "-n", "nearest")
        self.assertRegex(run.err, r"\Afovea: photo.jpg: note: taken as png.*\n\Z")
        self.assertEqual(self.names(), ["photo-4x.png", "photo.jpg"])

    def test_pixels(self):
        self.picture(width=5, height=3)
        rows = self.read("photo.png")[4]
        self.succeed("photo.png", "-n", "nearest", "-s", "2", "-o", "x2.png")
        self.assertEqual(self.read("x2.png"), (10, 6, 3, 8, enlarged(rows, 3, 2)))
        self.succeed("photo.png", "-n", "nearest", "-s", "1", "-o", "x1.png")
        self.assertEqual(self.read("x1.png"), (5, 3, 3, 8, rows))

    def test_kinds_of_picture_are_kept(self):
        for channels in (1, 2, 3, 4):
            for depth in (8,) if STB else (8, 16):  # stb_image_write has 8 bits only
                with self.subTest(channels=channels, depth=depth):
                    self.picture("p.png", 3, 2, channels, depth)
                    self.succeed("p.png", "-n", "nearest", "-s", "3", "-o", "q.png", "--overwrite")
                    expected = enlarged(self.read("p.png")[4], channels, 3)
                    self.assertEqual(self.read("q.png"), (9, 6, channels, depth, expected))

    def test_folder(self):
        self.picture()
        os.mkdir(self.path("out"))
        for output, expected in (("out", "out/photo.png"), ("new/", "new/photo.png")):
            self.succeed("photo.png", "-n", "nearest", "-o", output)
            self.assertEqual(self.size(expected), (20, 16))


class Formats(FoveaTest):

    def formats(self):
        return ["png", "jpg", "jpeg"] + ([] if STB else ["webp"])

    def test_by_flag_and_by_name(self):
        self.picture()
        for name in self.formats():
            with self.subTest(name):
                self.succeed("photo.png", "-n", "nearest", "-o", "out." + name)
                self.succeed("photo.png", "-n", "nearest", "-f", name, "-o", "noext-" + name)
                for output in ("out." + name, "noext-" + name):
                    self.assertTrue(self.path(output).read_bytes().startswith(MAGIC[name]))

    def test_every_format_comes_back(self):
        self.picture(width=16, height=12)
        for name in self.formats():
            with self.subTest(name):
                self.succeed("photo.png", "-n", "bilinear", "-s", "2", "-o", "mid." + name)
                self.succeed("mid." + name, "-n", "nearest", "-s", "1", "-f", "png", "-o",
                             f"back-{name}.png")
                self.assertEqual(self.size(f"back-{name}.png"), (32, 24))

    def test_name_and_flag_must_agree(self):
        self.picture()
        self.refuse(2, "out.png.*png.*-f.*jpg", "photo.png", "-n", "nearest", "-o", "out.png", "-f",
                    "jpg")
        self.refuse(2, r"out\.xyz.*\.xyz.*-f", "photo.png", "-n", "nearest", "-o", "out.xyz")
        self.succeed("photo.png", "-n", "nearest", "-o", "out.xyz", "-f", "png")
        self.succeed("photo.png", "-n", "nearest", "-o", "out")
        self.assertEqual(self.size("out"), (20, 16))

    def test_quality(self):
        self.picture(width=24, height=24)
        sizes = []
        for flags in (["-q", "10"], ["-q", "60"], [], ["-q", "100"]):
            run = self.succeed("photo.png", "-n", "nearest", "-o", "q.jpg", "--overwrite", *flags)
            self.assertEqual(run.err, "")
            sizes.append(os.path.getsize(self.path("q.jpg")))
        self.assertEqual(sizes, sorted(set(sizes)))
        run = self.succeed("photo.png", "-n", "nearest", "-q", "50")
        self.assertRegex(run.err, r"\Afovea: -q 50: note: .*\n\Z")

    def test_what_is_lost_is_said(self):
        self.picture("alpha.png", channels=4)
        self.picture("deep.png", depth=16)
        for name, word in (("alpha.png", "transparency"), ("deep.png", "16 bits")):
            run = self.succeed(name, "-n", "nearest", "-o", name + ".jpg")
            self.assertRegex(run.err, rf"\Afovea: {name}.jpg: warning: .*{word}.*\n\Z")
            quiet = self.succeed(name, "-n", "nearest", "-o", "q.jpg", "--quiet", "--overwrite")
            self.assertEqual(quiet.err, "")


class Refusals(FoveaTest):

    def test_existing_file(self):
        self.picture()
        self.write("photo-4x.png", b"precious")
        self.refuse(7, "photo-4x.png: exists already; use --overwrite", "photo.png", "-n",
                    "nearest")
        self.assertEqual(self.path("photo-4x.png").read_bytes(), b"precious")
        self.succeed("photo.png", "-n", "nearest", "--overwrite")
        self.assertEqual(self.size("photo-4x.png"), (20, 16))
        self.assertEqual(self.names(), ["photo-4x.png", "photo.png"])

    def test_output_is_input(self):
        before = self.picture().read_bytes()
        os.symlink("photo.png", self.path("link.png"))
        os.link(self.path("photo.png"), self.path("hard.png"))
        for output in ("photo.png", "./photo.png", "link.png", "hard.png", "."):
            with self.subTest(output):
                self.refuse(2, "is an input too", "photo.png", "-n", "nearest", "-s", "2",
                            "--overwrite", "-o", output)
        self.assertEqual(self.path("photo.png").read_bytes(), before)

    def test_two_inputs_one_output(self):
        self.picture("a/photo.png")
        self.picture("b/photo.png")
        self.refuse(2, "out/photo.png.*both a/photo.png and b/photo.png", "a/photo.png",
                    "b/photo.png", "-n", "nearest", "-o", "out")
        self.refuse(2, "both", "a/photo.png", "./a/photo.png", "-n", "nearest")
        self.picture("c/photo.png")
        self.succeed("c/photo.png", "-n", "nearest", "-s", "1", "-f", "jpg", "-o", "c/photo.jpg")
        self.refuse(2, "both", "c/photo.png", "c/photo.jpg", "-n", "nearest", "-f", "png", "-o",
                    "d")
        self.assertEqual(self.names(), ["a", "b", "c"])

    def test_missing_folder(self):
        self.picture()
        for output in ("no/out.png", "no/such/"):
            self.refuse(7, "no: no such folder", "photo.png", "-n", "nearest", "-o", output)
        self.assertEqual(self.names(), ["photo.png"])

    def test_several_need_a_folder(self):
        self.picture("a.png")
        self.picture("b.png")
        self.write("file.png", b"")
        self.refuse(2, "file.png: is not a folder", "a.png", "b.png", "-n", "nearest", "-o",
                    "file.png")
        self.refuse(2, "one picture, not 2", "a.png", "b.png", "-n", "nearest", "-o", "-")

    def test_special_files_are_not_replaced(self):
        self.picture()
        os.mkfifo(self.path("pipe.png"))
        os.mkdir(self.path("photo-4x.png"))
        self.refuse(7, "pipe.png: exists and is no regular", "photo.png", "-n", "nearest", "-o",
                    "pipe.png", "--overwrite")
        self.refuse(7, "no regular file", "photo.png", "-n", "nearest", "--overwrite")
        self.refuse(2, "null.*-f|extension", "photo.png", "-n", "nearest", "-o", "/dev/null.x")

    def test_too_large_for_the_format(self):
        self.write("wide.png", picture_files.png(20000, 1, 1))
        if not STB:
            self.refuse(7, "wide.webp.*20000.*16383.*PNG", "wide.png", "-n", "nearest", "-s", "1",
                        "-o", "wide.webp")
        self.refuse(7, "80000.*65500|65535", "wide.png", "-n", "nearest", "-o", "wide.jpg")
        self.assertEqual(self.names(), ["wide.png"])


class Leftovers(FoveaTest):

    def test_files_of_killed_runs_are_removed(self):
        self.picture()
        stale = ".photo-2x.png.4242.0123abcd.part"
        kept = [".photo.part", "photo.4242.0123abcd.part", ".photo.png.x.0123abcd.part",
                ".photo.png.4242.0123abcg.part", ".4242.0123abcd.part"]
        for name in (stale, *kept):
            self.write(f"out/{name}", b"half a picture")
        run = self.fovea("photo.png", "-o", "out/photo-2x.png", "-n", "bicubic", "-s", "2")
        self.assertEqual(run.code, 0, run.err)
        self.assertIn("1 unfinished file of a run that was killed removed", run.err)
        left = sorted(path.name for path in self.path("out").iterdir())
        self.assertEqual(left, sorted([*kept, "photo-2x.png"]))

    def test_files_of_runs_at_work_stay(self):
        self.picture()
        at_work = self.write("out/.photo.png.4242.0123abcd.part", b"half a picture")
        with open(at_work, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            run = self.fovea("photo.png", "-o", "out/photo-2x.png", "-n", "bicubic", "-s", "2")
            self.assertEqual((run.code, run.err), (0, ""))
            self.assertTrue(at_work.exists())


if __name__ == "__main__":
    unittest.main()

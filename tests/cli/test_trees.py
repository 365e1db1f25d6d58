"""Folders with their subfolders, runs that go on where another stopped, and parts of a list."""

import json
import os
import pathlib
import shutil
import unittest

import model_files
import picture_files
from harness import STB, FoveaTest


class TreeTest(FoveaTest):

    def files(self, folder):
        """Every file below a folder, with its bytes."""
        root = self.path(folder)
        return {str(path.relative_to(root)): path.read_bytes()
                for path in sorted(root.rglob("*")) if path.is_file()}

    def make_tree(self):
        for name, width in (("a.png", 2), ("b/c.png", 3), ("b/d/e.png", 4), ("b/d/f", 5),
                            ("ü/图.png", 6), ("z/g.png", 7)):
            self.picture("in/" + name, width)


class Trees(TreeTest):

    def test_mirrored(self):
        self.make_tree()
        self.write("in/b/notes.txt", b"text")
        run = self.succeed("in", "-r", "-n", "nearest", "-s", "2", "-o", "out")
        self.assertRegex(run.err, r"\Afovea: in/a.png: note: 1 other entries .*left out\n\Z")
        self.assertEqual(list(self.files("out")),
                         ["a.png", "b/c.png", "b/d/e.png", "b/d/f.png", "z/g.png", "ü/图.png"])
        self.assertEqual(self.size("out/b/d/e.png"), (8, 8))
        self.assertEqual(self.size("out/ü/图.png"), (12, 8))

    def test_beside(self):
        self.make_tree()
        self.succeed("in", "-r", "-n", "nearest", "-s", "2")
        self.assertEqual(self.names("in/b/d"), ["e-2x.png", "e.png", "f", "f-2x.png"])

    def test_without_r_subfolders_are_left_alone(self):
        self.make_tree()
        run = self.succeed("in", "-n", "nearest", "-o", "out")
        self.assertEqual(self.names("out"), ["a.png"])
        self.assertIn("3 other entries", run.err)
        os.unlink(self.path("in/a.png"))
        self.refuse(3, r"in: no picture in this folder \(3 other entries; .*-r", "in", "-n",
                    "nearest")

    def test_several_folders(self):
        self.picture("one/x/a.png")
        self.picture("two/x/b.png")
        self.picture("c.png")
        self.succeed("one", "two/x", "c.png", "-r", "-n", "nearest", "-o", "out")
        self.assertEqual(list(self.files("out")), ["b.png", "c.png", "x/a.png"])

    def test_results_inside_the_tree_and_loops(self):
        self.make_tree()
        os.symlink("..", self.path("in/b/up"))
        os.symlink("/", self.path("in/root"))
        for _ in range(2):
            self.succeed("in", "-r", "-n", "nearest", "-s", "1", "-o", "in/out", "--overwrite")
            self.assertEqual(len(self.files("in/out")), 6)

    def test_empty_tree(self):
        os.makedirs(self.path("in/a/b"))
        self.refuse(3, "in: no picture in this folder", "in", "-r", "-n", "nearest", "-o", "out")
        self.assertEqual(self.names(), ["in"])

    def test_one_bad_does_not_stop_the_rest(self):
        self.make_tree()
        self.write("in/b/bad.png", self.path("in/b/c.png").read_bytes()[:-20])
        run = self.fovea("in", "-r", "-n", "nearest", "-o", "out")
        self.assertEqual(run.code, 1)
        self.assertEqual(len(self.files("out")), 6)
        self.assertRegex(run.lines[0], r"\Afovea: in/b/bad.png: ")
        self.assertEqual(run.lines[1:], ["fovea: 6 of 7 pictures written, 1 failed"])

    def test_names_that_cannot_be_folders(self):
        self.make_tree()
        self.write("out/b", b"precious")
        run = self.fovea("in", "-r", "-n", "nearest", "-o", "out")
        self.assertEqual(run.code, 1)
        self.assertIn("fovea: out/b: ", run.err)
        self.assertEqual(self.path("out/b").read_bytes(), b"precious")
        self.assertEqual(self.size("out/z/g.png"), (28, 16))


class Suffix(FoveaTest):

    def test_in_the_place_of_the_scale(self):
        self.picture("in/a.png")
        self.succeed("in/a.png", "-n", "nearest", "--suffix", "_large")
        self.succeed("in", "-n", "nearest", "--suffix", ".hd", "-f", "jpg", "-o", "out")
        self.assertEqual(self.names("in"), ["a.png", "a_large.png"])
        self.assertEqual(self.names("out"), ["a.hd.jpg", "a_large.hd.jpg"])

    def test_refusals(self):
        self.picture("a.png")
        self.refuse(2, "--suffix a/b", "a.png", "-n", "nearest", "--suffix", "a/b")
        self.refuse(2, "-o b.png names the file", "a.png", "-n", "nearest", "--suffix", "x", "-o",
                    "b.png")


class SkipExisting(TreeTest):

    def run_again(self, *more):
        run = self.fovea("in", "-r", "-n", "nearest", "-s", "2", "-o", "out", "--skip-existing",
                         "--json", *more)
        return run, {r["output"]: r for r in map(json.loads, run.out.splitlines())}

    def test_goes_on(self):
        self.make_tree()
        self.run_again()
        whole = self.files("out")
        stamps = {name: os.stat(self.path("out") / name).st_mtime_ns for name in whole}
        run, told = self.run_again()
        self.assertEqual((run.code, run.lines),
                         (0, ["fovea: 0 of 6 pictures written, 6 there already"]))
        self.assertEqual([r["skipped"] for r in told.values()], [True] * 6)
        self.assertEqual((told["out/b/c.png"]["width"], told["out/b/c.png"]["network_ms"]),
                         (6, None))
        self.assertEqual({name: os.stat(self.path("out") / name).st_mtime_ns for name in whole},
                         stamps)
        # What is missing, cut off, of another size or no picture is made anew.
        os.unlink(self.path("out/a.png"))
        self.write("out/b/c.png", whole["b/c.png"][:-5])
        self.picture("out/b/d/e.png", 3, 3)
        self.write("out/z/g.png", b"what is this?")
        run, told = self.run_again()
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual([name for name, r in told.items() if "skipped" not in r],
                         ["out/a.png", "out/b/c.png", "out/b/d/e.png", "out/z/g.png"])
        self.assertEqual(self.files("out"), whole)

    def test_of_every_format(self):
        """Cut off anywhere, or whole."""
        self.picture("in/a.png", 40, 30)
        for name in ["png", "jpg"] + ([] if STB else ["webp"]):
            run, _ = self.run_again("-f", name)
            self.assertEqual(run.code, 0, run.err)
            path = f"out/a.{name}"
            whole = self.path(path).read_bytes()
            for length in (0, 3, 30, len(whole) // 2, len(whole) - 1):
                self.write(path, whole[:length])
                run, told = self.run_again("-f", name)
                self.assertNotIn("skipped", told[path], (name, length))
                self.assertEqual(self.path(path).read_bytes(), whole)
            self.assertTrue(self.run_again("-f", name)[1][path]["skipped"])

    def test_upright(self):
        """A picture on its side: its output has the other sides."""
        exif = (b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
        self.write("in/a.png", picture_files.png(6, 4, extra=picture_files.chunk(b"eXIf", exif)))
        self.run_again()
        self.assertEqual(self.size("out/a.png"), (8, 12))
        self.assertTrue(self.run_again()[1]["out/a.png"]["skipped"])

    def test_beside(self):
        """Results are no pictures to be enlarged."""
        self.make_tree()
        for _ in range(2):
            run = self.fovea("in", "-r", "-n", "nearest", "-s", "2", "--skip-existing")
            self.assertEqual(run.code, 0, run.err)
            self.assertEqual(len(self.files("in")), 12)

    def test_with_exact_sizes_and_networks(self):
        self.make_tree()
        self.write("net.safetensors", model_files.compact(2, seed=1))
        arguments = ["in", "-r", "-n", "./net.safetensors", "--width", "13", "-o", "out",
                     "--skip-existing", "--quiet"]
        self.succeed(*arguments)
        whole = self.files("out")
        os.unlink(self.path("out/z/g.png"))
        run = self.succeed(*arguments, "--json")
        self.assertEqual(sum(b"skipped" in line for line in run.out.splitlines()), 5)
        self.assertEqual(self.files("out"), whole)

    def test_contradictions(self):
        self.picture("a.png")
        self.refuse(2, "--skip-existing: contradicts --overwrite", "a.png", "-n", "nearest",
                    "--skip-existing", "--overwrite")


class Shards(TreeTest):

    def test_equal_one_run(self):
        for i in range(40):
            self.picture(f"in/{'abc'[i % 3]}/{i}.png", 2 + i % 5)
        self.write("in/a/bad.png", b"\x89PNG\r\n\x1a\n")
        base = ["in", "-r", "-n", "nearest", "-s", "2", "--quiet"]
        self.assertEqual(self.fovea(*base, "-o", "whole").code, 1)
        for count in (1, 2, 3, 7, 100):
            seen, codes = [], set()
            for number in range(1, count + 1):
                run = self.fovea(*base, "-o", "out", "--shard", f"{number}/{count}", "--json")
                codes.add(run.code)
                seen += [json.loads(line)["input"] for line in run.out.splitlines()]
            self.assertEqual(len(seen), 41)
            self.assertEqual(len(set(seen)), 41)
            self.assertEqual(codes - {0}, codes & {1, 3})
            self.assertEqual(len(codes - {0}), 1)
            self.assertEqual(self.files("out"), self.files("whole"))
            shutil.rmtree(self.path("out"))

    def test_do_not_depend_on_the_rest_of_the_list(self):
        for i in range(20):
            self.picture(f"in/{i}.png", 2)

        def mine():
            run = self.succeed("in", "-n", "nearest", "-o", "out", "--shard", "2/3", "--json",
                               "--overwrite")
            return {json.loads(line)["input"] for line in run.out.splitlines()}
        first = mine()
        self.assertTrue(4 <= len(first) <= 10, first)
        for i in range(20, 40):
            self.picture(f"in/{i}.png", 2)
        self.assertEqual({name for name in mine() if int(pathlib.Path(name).stem) < 20}, first)

    def test_clashes_stay_together(self):
        """What might be written to one file is in one shard, which refuses it as one run does."""
        self.picture("in/a.png")
        self.picture("in/a.PNG")
        codes = [self.fovea("in", "-n", "nearest", "-f", "jpg", "-o", "out", "--shard",
                            f"{i}/4").code for i in range(1, 5)]
        self.assertEqual(sorted(codes), [0, 0, 0, 2])

    def test_nothing_to_do_is_no_failure(self):
        self.picture("in/a.png")
        codes = [self.fovea("in", "-n", "nearest", "-o", "out", "--shard", f"{i}/5").code
                 for i in range(1, 6)]
        self.assertEqual(codes, [0] * 5)
        self.assertEqual(self.names("out"), ["a.png"])

    def test_refusals(self):
        self.picture("in/a.png")
        for text in ("0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", "/", "1/"):
            self.refuse(2, "--shard", "in", "-n", "nearest", "-o", "out", f"--shard={text}")
        for output in ([], ["-o", "in"], ["-o", "./in/", "--suffix", "x"]):
            self.refuse(2, "give another folder", "in", "-n", "nearest", "--shard", "1/2", *output)


class Strict(FoveaTest):

    def test_what_would_be_lost_fails(self):
        self.picture("a.png", channels=4)
        self.picture("b.png")
        run = self.fovea("a.png", "b.png", "-n", "nearest", "-f", "jpg", "--strict")
        self.assertEqual((run.code, self.names()), (1, ["a.png", "b-4x.jpg", "b.png"]))
        self.assertRegex(run.lines[0], r"\Afovea: a-4x.jpg: .*transparency.*--strict\)")
        self.write("c.png", picture_files.png(3, 2, extra=picture_files.chunk(
            b"iCCP", b"x\0\0" + b"not a profile")))
        self.refuse(3, r"c.png: .*--strict", "c.png", "-n", "nearest", "--strict")


@unittest.skipIf(STB, "the stb codecs have no WebP")
class Lossless(FoveaTest):

    def test_webp(self):
        for channels in (1, 2, 3, 4):
            name = f"p{channels}.png"
            self.picture(name, 20, 15, channels)
            self.succeed(name, "-n", "nearest", "-s", "2", "-o", "l.webp", "--lossless",
                         "--overwrite")
            self.succeed("l.webp", "-n", "nearest", "-s", "1", "-o", "back.png", "--overwrite")
            self.succeed(name, "-n", "nearest", "-s", "2", "-o", "png.png", "--overwrite")
            got, expected = self.read("back.png"), self.read("png.png")
            if channels >= 3:
                self.assertEqual(got, expected)
            else:  # WebP has no gray
                self.assertEqual([row[::got[2]] for row in got[4]],
                                 [row[::channels] for row in expected[4]])

    def test_refusals(self):
        self.picture("a.png")
        self.refuse(2, "JPEG has no lossless form", "a.png", "-n", "nearest", "--lossless", "-f",
                    "jpg")
        self.refuse(2, "--lossless: contradicts -q", "a.png", "-n", "nearest", "--lossless", "-q",
                    "90")


if __name__ == "__main__":
    unittest.main()

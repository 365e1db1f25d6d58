"""Several pictures and folders of them."""

import json
import os
import unittest

import model_files
import picture_files
from harness import FoveaTest


class Batches(FoveaTest):

    def test_several_files(self):
        for name, width in (("a.png", 2), ("b.png", 3), ("c.png", 4)):
            self.picture(name, width)
        run = self.succeed("a.png", "-i", "b.png", "c.png", "-n", "nearest", "-s", "2")
        self.assertEqual((run.out, run.err), (b"", ""))
        self.assertEqual([self.size(f"{name}-2x.png") for name in "abc"], [(4, 8), (6, 8), (8, 8)])

    def test_folder_beside(self):
        self.picture("in/a.png")
        self.picture("in/b.png")
        self.succeed("in", "-n", "nearest")
        self.assertEqual(self.names("in"), ["a-4x.png", "a.png", "b-4x.png", "b.png"])
        self.assertEqual(self.names(), ["in"])

    def test_folder_to_folder_keeps_names(self):
        for given in ("in", "in/", "./in/."):
            self.picture("in/a.png")
            self.picture("in/b")
            self.succeed(given, "-n", "nearest", "-o", "out", "--overwrite")
            self.assertEqual(self.names("out"), ["a.png", "b.png"])
            self.assertEqual(self.size("out/b.png"), (20, 16))
        self.succeed("in", "-n", "nearest", "-o", "jpegs", "-f", "jpg")
        self.assertEqual(self.names("jpegs"), ["a.jpg", "b.jpg"])

    def test_what_is_no_picture_is_noted(self):
        self.picture("in/a.png")
        self.picture("in/.hidden.png")
        self.picture("in/deeper/c.png")
        self.write("in/notes.txt", b"not a picture")
        self.write("in/empty.png", b"")
        os.mkfifo(self.path("in/pipe.png"))
        run = self.succeed("in", "-n", "nearest", "-o", "out")
        self.assertRegex(run.err, r"\Afovea: in/a.png: note: 5 other entries .*left out\n\Z")
        self.assertEqual(self.names("out"), ["a.png"])
        self.assertEqual(self.succeed("in", "-n", "nearest", "-o", "q", "--quiet").err, "")

    def test_folders_without_pictures(self):
        os.mkdir(self.path("empty"))
        self.write("texts/a.txt", b"text")
        self.refuse(3, r"empty: no picture in this folder \(0 other", "empty", "-n", "nearest")
        self.refuse(3, r"texts: no picture in this folder \(1 other", "texts", "-n", "nearest")
        self.picture()
        run = self.fovea("empty", "photo.png", "-n", "nearest", "-o", "out")
        self.assertEqual(run.code, 1, run.err)
        self.assertEqual(self.names("out"), ["photo.png"])

    def test_a_folder_that_is_read_and_written(self):
        """A run does not take its own outputs for inputs; a second one refuses to write them."""
        self.picture("in/a.png", 2, 2)
        self.succeed("in", "-n", "nearest", "-s", "2")
        run = self.fovea("in", "-n", "nearest", "-s", "2")
        self.assertEqual(run.code, 2, run.err)
        self.assertIn("a-2x.png: is an input too", run.err)
        self.refuse(2, "is an input too", "in", "-n", "nearest", "-o", "in", "--overwrite")
        self.assertEqual(self.names("in"), ["a-2x.png", "a.png"])
        self.assertEqual(self.size("in/a.png"), (2, 2))

    def test_one_bad_of_several(self):
        for name in ("a.png", "c.png"):
            self.picture("in/" + name)
        whole = self.picture("in/b.png").read_bytes()
        self.write("in/b.png", whole[:-30])
        run = self.fovea("in", "-n", "nearest", "-o", "out")
        self.assertEqual(run.code, 1, run.err)
        self.assertEqual(len(run.lines), 2, run.err)
        self.assertRegex(run.lines[0], r"\Afovea: in/b.png: ")
        self.assertEqual(run.lines[1], "fovea: 2 of 3 pictures written, 1 failed")
        self.assertEqual(self.names("out"), ["a.png", "c.png"])

    def test_a_missing_one_of_several(self):
        self.picture("a.png")
        run = self.fovea("gone.png", "a.png", "-n", "nearest")
        self.assertEqual(run.code, 1, run.err)
        self.assertRegex(run.err, r"\Afovea: gone.png: .*\nfovea: 1 of 2 pictures .*\n\Z")
        self.assertEqual(self.names(), ["a-4x.png", "a.png"])

    def test_all_bad(self):
        """The exit code is the first failure's, as with one picture."""
        self.write("a.png", b"text")
        self.picture("b.png")
        self.write("b-4x.png", b"precious")
        run = self.fovea("a.png", "b.png", "-n", "nearest")
        self.assertEqual((run.code, len(run.lines)), (3, 3), run.err)
        self.assertEqual(run.lines[2], "fovea: 0 of 2 pictures written, 2 failed")
        run = self.fovea("b.png", "a.png", "-n", "nearest")
        self.assertEqual((run.code, len(run.lines)), (7, 3), run.err)
        self.assertEqual(self.path("b-4x.png").read_bytes(), b"precious")

    def test_an_existing_one_of_several(self):
        for name in ("a.png", "b.png", "c.png"):
            self.picture("in/" + name)
        self.write("out/b.png", b"precious")
        run = self.fovea("in", "-n", "nearest", "-o", "out")
        self.assertEqual(run.code, 1)
        self.assertRegex(run.err, r"\Afovea: out/b.png: exists already.*\nfovea: 2 of 3 .*\n\Z")
        self.assertEqual(self.path("out/b.png").read_bytes(), b"precious")
        self.assertEqual(self.names("out"), ["a.png", "b.png", "c.png"])
        self.succeed("in", "-n", "nearest", "-o", "out", "--overwrite")
        self.assertEqual(self.size("out/b.png"), (20, 16))

    def test_steps_beside_each_other_change_nothing(self):
        """Reading, the network and writing of three pictures at a time, or of one."""
        self.write("net.safetensors", model_files.compact(2, 8, seed=1))
        for i in range(12):
            self.picture(f"in/{i:02}.png", 20 + 9 * (i % 4), 30, channels=1 + i % 4)
        self.write("in/05.png", b"\x89PNG\r\n\x1a\n")
        self.write("in/11.png", self.path("in/10.png").read_bytes()[:-9])
        whole = None
        for flags in ([], ["-j", "1"], ["-j", "1:3:2"], ["--mem", "300M"]):
            run = self.fovea("in", "-n", "./net.safetensors", "-o", "out", "--json", "--overwrite",
                             *flags)
            self.assertEqual(run.code, 1, run.err)
            told = [json.loads(line) for line in run.out.splitlines()]
            self.assertEqual([t["input"] for t in told], [f"in/{i:02}.png" for i in range(12)])
            self.assertEqual([i for i, t in enumerate(told) if t["error"]], [5, 11])
            files = {name: self.path("out/" + name).read_bytes() for name in self.names("out")}
            self.assertEqual(len(files), 10)
            whole = whole or files
            self.assertEqual(files, whole)

    def test_outputs_that_fail_beside_other_work(self):
        """Each is told of at its place, and the others are written."""
        self.write("net.safetensors", model_files.compact(2, seed=1))
        for name in ("a", "b", "c", "d"):
            self.write(f"in/{name}.png", picture_files.png(20000 if name in "bd" else 20, 1, 1))
        run = self.fovea("in", "-n", "./net.safetensors", "-s", "4", "-f", "jpg", "-o", "out",
                         "--json", "--quiet")
        codes = [(t["error"] or {"code": 0})["code"]
                 for t in map(json.loads, run.out.splitlines())]
        self.assertEqual((run.code, codes), (1, [0, 7, 0, 7]), run.err)
        self.assertEqual(self.names("out"), ["a.jpg", "c.jpg"])

    def test_clashes_are_found_before_work(self):
        self.picture("in/photo.png")
        self.picture("photo")
        self.refuse(2, "out/photo.png.*both", "in", "photo", "-n", "nearest", "-o", "out")
        self.assertEqual(self.names(), ["in", "photo"])

    def test_new_folder_is_made_only_for_work(self):
        self.picture()
        self.refuse(4, "no such model", "photo.png", "-n", "nonesuch", "-o", "new/")
        self.refuse(2, "is an input too", "photo.png", "-n", "nearest", "-o", ".")
        self.assertEqual(self.names(), ["photo.png"])

    def test_names_that_are_not_text(self):
        os.mkdir(self.path("in"))
        name = b"\xff\xfe \n\x1b[31m.png"
        with open(os.fsencode(self.folder) + b"/in/" + name, "wb") as file:
            file.write(self.picture().read_bytes())
        run = self.succeed("in", "-n", "nearest", "-o", "out", "-v")
        self.assertNotIn("\x1b", run.err)
        self.assertEqual(len([line for line in run.lines if "->" in line]), 1, run.err)
        self.assertEqual(os.listdir(os.fsencode(self.folder) + b"/out"), [name])


if __name__ == "__main__":
    unittest.main()

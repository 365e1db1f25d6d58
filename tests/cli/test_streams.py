"""Standard input, standard output, and what happens when they are closed, full or a terminal."""

import os
import pty
import subprocess
import time
import unittest

import picture_files
from harness import BINARY, TIMEOUT, FoveaTest, enlarged


class Streams(FoveaTest):

    def setUp(self):
        super().setUp()
        self.given = picture_files.png(5, 4)
        self.expected = (20, 16, 3, 8, enlarged(picture_files.pattern(5, 4), 3, 4))

    def test_through(self):
        for arguments in (["-i", "-", "-o", "-"], ["-", "-o", "-"], ["-i-", "-o-"]):
            run = self.succeed(*arguments, "-n", "nearest", given=self.given)
            self.assertEqual(picture_files.read_png(run.out), self.expected)
            self.assertEqual(run.err, "")
        self.assertEqual(self.names(), [])

    def test_in_pieces(self):
        """A slow writer: what a read gives is not the end."""
        process = self.start("-", "-o", "-", "-n", "nearest", stdin=subprocess.PIPE)
        for piece in (self.given[:30], self.given[30:60], self.given[60:]):
            process.stdin.write(piece)
            process.stdin.flush()
            time.sleep(0.05)
        out, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertEqual(picture_files.read_png(out), self.expected)

    def test_one_end_is_a_file(self):
        self.succeed("-", "-o", "out.png", "-n", "nearest", given=self.given)
        self.assertEqual(self.read("out.png"), self.expected)
        run = self.succeed("out.png", "-o", "-", "-n", "nearest", "-s", "1")
        self.assertEqual(picture_files.read_png(run.out), self.expected)

    def test_format(self):
        for flags, magic in (([], b"\x89PNG"), (["-f", "jpg"], b"\xff\xd8\xff"),
                             (["-f", ".PNG"], b"\x89PNG")):
            run = self.succeed("-", "-o", "-", "-n", "nearest", *flags, given=self.given)
            self.assertTrue(run.out.startswith(magic), flags)
        jpeg = self.succeed("-", "-o", "-", "-n", "nearest", "-f", "jpg", given=self.given).out
        run = self.succeed("-", "-o", "-", "-n", "nearest", given=jpeg)
        self.assertTrue(run.out.startswith(b"\xff\xd8\xff"))

    def test_no_name(self):
        os.mkdir(self.path("out"))
        for output in ([], ["-o", "out"], ["-o", "new/"]):
            self.refuse(2, "no name.*-o", "-", "-n", "nearest", *output, given=self.given)
        self.refuse(2, "more than once", "-", "-i", "-", "-n", "nearest", "-o", "out.png",
                    given=self.given)
        self.assertEqual(self.names(), ["out"])

    def test_no_picture(self):
        for given in (b"", b"x", b"not a picture at all\n" * 100, self.given[:40],
                      self.given[:-20]):
            run = self.refuse(3, "standard input", "-", "-o", "-", "-n", "nearest", given=given)
            self.assertEqual(run.out, b"")
            self.refuse(3, "standard input", "-", "-o", "out.png", "-n", "nearest", given=given)
        self.assertEqual(self.names(), [])

    def test_closed_input(self):
        self.refuse(3, "standard input: cannot be read", "-", "-o", "out.png", "-n", "nearest",
                    preexec_fn=lambda: os.close(0))
        self.picture()
        self.succeed("photo.png", "-n", "nearest", preexec_fn=lambda: os.close(0))
        self.assertEqual(self.size("photo-4x.png"), (20, 16))

    def test_closed_output(self):
        self.picture()
        closed = {"preexec_fn": lambda: os.close(1)}
        self.refuse(7, "standard output", "photo.png", "-o", "-", "-n", "nearest", **closed)
        for arguments in (["--help"], ["--version"], ["models"], ["info", "nearest"]):
            self.refuse(7, "standard output", *arguments, **closed)
        # The picture must not get the number of standard output, nor --json get into the picture.
        self.refuse(7, "standard output", "photo.png", "-n", "nearest", "--json", **closed)
        self.assertEqual(self.size("photo-4x.png"), (20, 16))

    def test_closed_errors(self):
        self.picture()
        run = self.fovea("photo.png", "missing.png", "-n", "nearest", "-v",
                         preexec_fn=lambda: os.close(2))
        self.assertEqual((run.code, run.out), (1, b""))
        self.assertEqual(self.size("photo-4x.png"), (20, 16))

    def test_full_output(self):
        self.picture()
        for arguments in (["photo.png", "-o", "-", "-n", "nearest"], ["models"], ["--help"],
                          ["photo.png", "-n", "nearest", "--json"]):
            with open("/dev/full", "wb") as full:
                self.refuse(7, "standard output.*No space left", *arguments, stdout=full)

    def test_reader_went_away(self):
        self.picture()
        for arguments, told in ((["photo.png", "-o", "-", "-n", "nearest"], True),
                                (["models"], False), (["--help"], False)):
            reader, writer = os.pipe()
            os.close(reader)
            run = self.fovea(*arguments, stdout=writer)
            os.close(writer)
            self.assertEqual(run.code, 7, run.err)
            self.assertEqual("Broken pipe" in run.err, told, run.err)

    def test_head(self):
        """A reader that takes a little of much and leaves."""
        self.write("large.png", picture_files.png(300, 300))
        shell = f"'{BINARY}' large.png -n lanczos -o - | head -c 8; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", shell], cwd=self.folder, env=self.environment,
                              capture_output=True, timeout=TIMEOUT, check=False)
        self.assertEqual(done.stdout, picture_files.SIGNATURE + b"7\n", done.stderr)
        self.assertEqual(self.names(), ["large.png"])

    def test_terminal(self):
        self.picture()
        master, terminal = pty.openpty()
        self.refuse(2, "-o -: standard output is a terminal", "photo.png", "-o", "-", "-n",
                    "nearest", stdout=terminal)
        os.close(terminal)
        os.close(master)


if __name__ == "__main__":
    unittest.main()

"""Progress: lines for a program that asks, a bar for a person at a terminal."""

import os
import pty
import re
import subprocess
import unittest

import model_files
import picture_files
from harness import TIMEOUT, FoveaTest


class Progress(FoveaTest):

    def setUp(self):
        super().setUp()
        self.write("net.safetensors", model_files.compact(2, 8, 2, seed=1))
        # A second of work for the reference.
        self.write("large.png", picture_files.flat_png(300, 300))
        self.work = ["large.png", "-n", "./net.safetensors", "-g", "reference"]

    def check_lines(self, lines):
        for line in lines:
            self.assertRegex(line, r"\A\d{1,3}\.\d\d%\Z")
        values = [float(line[:-1]) for line in lines]
        self.assertEqual(values, sorted(values))
        self.assertEqual((values[0], values[-1]), (0, 100))

    def test_lines(self):
        self.check_lines(self.succeed(*self.work, "--progress").lines)
        data = self.path("large.png").read_bytes()
        run = self.succeed("-", "-o", "-", *self.work[1:], "--progress", given=data)
        self.check_lines(run.lines)
        self.assertEqual(picture_files.read_png(run.out)[:2], (600, 600))

    def test_lines_with_other_channels(self):
        """The passes over colour and alpha are one progress."""
        for channels in (1, 4):
            self.picture("p.png", 60, 40, channels)
            run = self.succeed("p.png", *self.work[1:], "--progress", "--overwrite")
            self.check_lines(run.lines)

    def test_each_picture_begins_anew(self):
        self.picture("a.png")
        self.picture("b.png")
        lines = self.succeed("a.png", "b.png", *self.work[1:], "--progress").lines
        second = len(lines) - lines[::-1].index("0.00%") - 1
        self.check_lines(lines[:second])
        self.check_lines(lines[second:])

    def test_none_by_default(self):
        self.assertEqual(self.succeed(*self.work).err, "")

    def on_terminal(self, *arguments, columns=60):
        """Runs with standard error on a terminal; gives all that was drawn there."""
        master, terminal = pty.openpty()
        subprocess.run(["stty", "cols", str(columns)], stdin=terminal, check=True)
        process = self.start(*arguments, stderr=terminal)
        os.close(terminal)
        drawn = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # EIO: the last user of the terminal is gone
                break
            if not piece:
                break
            drawn += piece
        os.close(master)
        process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, 0, drawn)
        return drawn.decode()

    def test_bar(self):
        for columns in (60, 200, 30):
            drawn = self.on_terminal(*self.work, "--overwrite", columns=columns)
            frames = re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", drawn)
            self.assertGreaterEqual(len(frames), 2)
            for frame in frames:
                self.assertLess(len(frame), max(columns, 40), frame)
                self.assertRegex(frame, r"\d+\.\d\d% +\d+\.\d\d Mpx/s")
            percents = [float(re.search(r"([\d.]+)%", frame)[1]) for frame in frames]
            self.assertEqual(percents, sorted(percents))
            if columns >= 60:
                self.assertIn("[=", frames[-1])
                self.assertTrue(frames[0].startswith("large.png ["), frames[0])
            # At the end there is no bar but one line of what was done.
            last = drawn.split("\x1b[K")[-1]
            self.assertRegex(last, r"\Alarge.png -> large-2x.png \(600x600, \d+\.\d s\)\r\n\Z")

    def test_position_in_a_list(self):
        self.picture("a.png")
        drawn = self.on_terminal("a.png", *self.work, columns=100)
        self.assertIn("\r1/2 a.png [", drawn)
        self.assertIn("\r2/2 large.png [", drawn)
        self.assertEqual(drawn.count(" -> "), 2)

    def test_quiet_terminal(self):
        self.assertEqual(self.on_terminal(*self.work, "--quiet"), "")


if __name__ == "__main__":
    unittest.main()

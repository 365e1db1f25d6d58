"""--mem, the most memory that the process may hold, and --dry-run, which tells it beforehand."""

import json
import re
import unittest

import model_files
from harness import SANITIZED, FoveaTest

MEBIBYTE = 1 << 20
KEYS = ["input", "output", "model", "scale", "width", "height", "device", "precision", "network_ms",
        "total_ms", "peak_bytes", "bands", "redone", "error"]


class Memory(FoveaTest):

    def setUp(self):
        super().setUp()
        # A row of 32 channels is 128 KB, and bands of 12 rows keep about a hundred of them.
        self.write("net.safetensors", model_files.compact(2, 32, 4, seed=1))
        self.picture(width=1000, height=100)
        self.arguments = ["photo.png", "-n", "./net.safetensors", "-o", "out.png", "--overwrite"]

    def report(self, *arguments):
        run = self.succeed(*self.arguments, "--json", *arguments)
        report = json.loads(run.out)
        self.assertEqual(list(report), KEYS)
        return report

    def least(self):
        """The least ceiling in MiB, as the refusal of 1 MiB tells it."""
        run = self.refuse(6, r"photo\.png: 1000x100 pixels take \d+ MiB at least \(limit 1 MiB\); "
                             r"raise the limit", *self.arguments, "--mem", "1M")
        return int(re.search(r"take (\d+) MiB", run.err)[1])

    def test_refused_with_the_least_that_would_do(self):
        self.least()
        self.assertEqual(self.names(), ["net.safetensors", "photo.png"])
        for more in (["--dry-run"], ["-g", "reference"], ["-t", "5"]):
            self.refuse(6, r"MiB at least \(limit 2 MiB\)", *self.arguments, "--mem", "2048K",
                        *more)

    @unittest.skipIf(SANITIZED, "sanitizers take memory of their own")
    def test_kept_and_no_pixel_changed(self):
        free = self.report()
        expected = self.path("out.png").read_bytes()
        # A page table more or less from run to run.
        least = self.least() + 1
        bands = set()
        for ceiling in (least, least + 4, least + 12, least + 100):
            report = self.report("--mem", f"{ceiling}M")
            with self.subTest(ceiling=ceiling, report=report):
                self.assertLessEqual(report["peak_bytes"], ceiling * MEBIBYTE)
                self.assertEqual(self.path("out.png").read_bytes(), expected)
            bands.add(report["bands"])
        self.assertGreater(len(bands), 1)
        self.assertIn(free["bands"], bands)

    @unittest.skipIf(SANITIZED, "sanitizers take memory of their own")
    def test_foreseen_within_a_tenth(self):
        """4 MiB on top for what varies in so small a process: code pages and stacks."""
        for more in ([], ["-f", "jpg", "-o", "out.jpg"], ["-j", "1"], ["-s", "3"]):
            arguments = [a for a in self.arguments if not more or a not in ("-o", "out.png")
                         or "-o" not in more]
            told = json.loads(self.succeed(*arguments, *more, "--json", "--dry-run").out)
            done = json.loads(self.succeed(*arguments, *more, "--json").out)
            with self.subTest(more, told=told["peak_bytes"], done=done["peak_bytes"]):
                self.assertLessEqual(done["peak_bytes"], told["peak_bytes"])
                self.assertLessEqual(told["peak_bytes"], 1.1 * done["peak_bytes"] + 4 * MEBIBYTE)
                self.assertEqual(told["bands"], done["bands"])

    def test_dry_run_writes_nothing(self):
        report = self.report("--dry-run")
        self.assertEqual((report["width"], report["height"], report["error"]), (2000, 200, None))
        self.assertIsNone(report["network_ms"])
        self.assertIsNone(report["total_ms"])
        self.assertGreaterEqual(report["bands"], 1)
        self.assertGreater(report["peak_bytes"], MEBIBYTE)
        run = self.succeed("photo.png", "-n", "./net.safetensors", "-o", "new/", "--dry-run")
        self.assertRegex(run.out.decode(), r"\Aphoto\.png -> new/photo\.png: 1000x100 -> 2000x200, "
                                           r"net x2 on cpu, \d+ bands? of \d+ rows, "
                                           r"maps [\d.]+ MiB, peak [\d.]+ MiB foreseen\n\Z")
        self.assertEqual(run.err, "")
        self.assertEqual(self.names(), ["net.safetensors", "photo.png"])

    def test_dry_run_tells_failures(self):
        self.write("bad.png", self.path("photo.png").read_bytes()[:-20])
        self.write("photo-2x.png", b"precious")
        run = self.fovea("photo.png", "bad.png", "-n", "./net.safetensors", "--dry-run", "--json")
        codes = [json.loads(line)["error"]["code"] for line in run.out.splitlines()]
        self.assertEqual((run.code, codes), (7, [7, 3]))
        self.assertEqual(self.path("photo-2x.png").read_bytes(), b"precious")


if __name__ == "__main__":
    unittest.main()

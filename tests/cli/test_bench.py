"""fovea bench: what it prints of models and of the machine. No time is held to any other."""

import json
import signal
import statistics
import unittest

import model_files
from harness import SANITIZED, TIMEOUT, FoveaTest

# Of compact(2) at 32x16: the formula's multiplications for each pixel.
PRODUCTS = 9 * (4 * 3 + 4 * 4 + 12 * 4)


class Bench(FoveaTest):

    def setUp(self):
        super().setUp()
        self.write("models/small.safetensors", model_files.compact(2, seed=1))
        self.write("models/wide.safetensors", model_files.compact(4, 32, 2, seed=2))

    def rows(self, *arguments):
        run = self.succeed("bench", "-m", "models", "--json", *arguments)
        return [json.loads(line) for line in run.out.decode().splitlines()]

    def test_precision(self):
        self.environment["FOVEA_FORCE_ISA"] = "amx-emulated"
        for flags, isa in (([], "amx-emulated"), (["--precision", "bf16"], "amx-emulated bf16")):
            row, = self.rows("-n", "small", "--size", "5x4", "--runs", "1", *flags)
            self.assertEqual(row["isa"], isa)

    def test_numbers_belong_together(self):
        row, = self.rows("-n", "small", "--size", "32x16", "--runs", "4", "-j", "1")
        self.assertEqual((row["model"], row["width"], row["height"], row["threads"]),
                         ("small", 32, 16, 1))
        times = row["times_ms"]
        self.assertEqual(len(times), 4)
        self.assertEqual(row["best_ms"], min(times))
        self.assertAlmostEqual(row["median_ms"], statistics.median(times))
        self.assertAlmostEqual(row["ms_per_output_megapixel"] * 32 * 16 * 4 / 1e6, min(times))
        # A multiplication and its addition are two operations.
        self.assertAlmostEqual(row["gflops"] * min(times) * 1e6, 2 * PRODUCTS * 32 * 16, delta=1)
        self.assertGreater(row["peak_gflops"], 0)
        self.assertGreater(row["foreseen_bytes"], 0)
        self.assertGreater(row["peak_bytes"], 0)

    def test_every_model_at_every_size(self):
        rows = self.rows("-n", "small", "-n", "wide", "--size", "8x4", "--size", "1x9",
                         "--runs", "1")
        self.assertEqual([(row["model"], row["width"], row["height"]) for row in rows],
                         [("small", 8, 4), ("small", 1, 9), ("wide", 8, 4), ("wide", 1, 9)])

    def test_memory_is_that_of_the_row(self):
        """A row after a large one: a process that held both would show the larger."""
        large, small = self.rows("-n", "wide", "--size", "700x500", "--size", "8x4", "--runs", "1")
        self.assertGreater(large["foreseen_bytes"], small["foreseen_bytes"])
        self.assertLess(small["peak_bytes"], large["peak_bytes"])
        if not SANITIZED:  # they take memory of their own
            for row in (large, small):
                self.assertLessEqual(row["peak_bytes"], row["foreseen_bytes"])

    def test_table(self):
        run = self.succeed("bench", "-m", "models", "-n", "small", "-n", "nearest", "--size", "8x4",
                           "--runs", "1")
        lines = run.out.decode().splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual({len(line) for line in lines}, {len(lines[0])}, "columns stand in line")
        self.assertRegex(lines[1], r"^small +8x4 +\d+ .*\d$")
        self.assertRegex(lines[2], r"^nearest +8x4 .* - +- ", "resampling has no GFLOP/s")

    def test_luma_network(self):
        self.write("models/luma.safetensors", model_files.srcnn())
        self.refuse(2, "give one with -s", "bench", "-m", "models", "-n", "luma", "--runs", "1")
        row, = self.rows("-n", "luma", "-s", "2", "--size", "8x4", "--runs", "1")
        # The network runs behind the enlargement: (2 * 81 + 2 * 2 + 2 * 25) products a pixel.
        self.assertAlmostEqual(row["gflops"] * row["best_ms"] * 1e6, 2 * 216 * 16 * 8, delta=1)

    def test_machine(self):
        version = self.succeed("--version").out.decode()
        named = version.split("instruction sets: ")[1].split(" (")[0].split(", ")
        run = self.succeed("bench", "--machine", "--json", "-j", "1")
        machine = json.loads(run.out)
        self.assertEqual(machine["threads"], 1)
        self.assertEqual(list(machine["peak_gflops"]), named)
        self.assertGreater(min(machine["peak_gflops"].values()), 0)
        text = self.succeed("bench", "--machine", "-j", "1").out.decode()
        for name in named:
            self.assertIn(f"\n{name} ", "\n" + text)

    def test_refusals(self):
        self.refuse(4, "no such model", "bench", "-n", "none", "--size", "8x4")
        for size in ("8", "8x", "x8", "0x8", "8x-1", "8x8x8", "1000001x1", "a x b"):
            with self.subTest(size):
                self.refuse(2, "^fovea: --size", "bench", "--size", size)
        self.refuse(2, "--runs 0", "bench", "--runs", "0")
        self.refuse(2, "-j x", "bench", "-j", "x")
        self.refuse(2, "see fovea --help", "bench", "photo.png")

    def test_error_behind_a_row(self):
        run = self.fovea("bench", "-m", "models", "-n", "small", "-n", "none", "--size", "8x4",
                         "--runs", "1")
        self.assertEqual(run.code, 4)
        self.assertEqual(len(run.out.splitlines()), 2, "what was measured is told")
        self.assertEqual(len(run.lines), 1)

    def test_signal(self):
        self.write("models/slow.safetensors", model_files.compact(2, 16, 8, seed=1))
        process = self.start("bench", "-m", "models", "-g", "reference", "--json", "--runs", "1",
                             "-n", "small", "--size", "8x4", "-n", "slow", "--size", "2000x2000")
        process.stdout.readline()  # the first row
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(len(err.splitlines()), 1, err)


if __name__ == "__main__":
    unittest.main()

"""bench/gpu_model.py against rows that were worked out by hand."""

import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import gpu_model  # noqa: E402
from gpu_model import networks  # noqa: E402

# One multiprocessor and a clock of 1 Hz: times are cycles.
CYCLES = gpu_model.Machine(
    multiprocessors=1, clock=1, matrix_rate=1e30, memory_rate=1e30, launch_gap=0,
    first_row=0)


def layers_of(name):
    return {layer.name: layer for layer in networks.NETWORKS[name]()}


def alone(layer):
    """With one warpgroup that multiplies."""
    return dataclasses.replace(layer, warpgroups=1)


class Products(unittest.TestCase):
    def test_one_product(self):
        """64 x N x 16 at 2048 a cycle is N / 2; A and B are 2048 + 32 N bytes at 128 a cycle."""
        for columns, tensor, shared, from_registers in (
                (8, 4, 18, 2), (32, 16, 24, 8), (64, 32, 32, 16), (96, 48, 40, 24),
                (192, 96, 64, 48), (256, 128, 80, 64)):
            one = (networks.Products(1, columns),)
            self.assertEqual(gpu_model.tensor_cycles(one), tensor)
            self.assertEqual(gpu_model.shared_cycles(one, CYCLES), shared)
            one = (networks.Products(1, columns, True),)
            self.assertEqual(gpu_model.shared_cycles(one, CYCLES), from_registers)

    def test_rows_of_a_dense_block(self):
        """conv1: 3 taps x 64/16 = 12 products of N = 96: 12 x 48 = 576 cycles of the tensor cores,
        12 x 40 = 480 of shared memory and 66 x 64 x 2 / 128 = 66 to write the row. conv4: 30
        products. conv5: two groups of 36."""
        layers = layers_of("x4plus")
        for name, tensor, reads, write in (
                ("conv1", 576, 480, 66), ("conv4", 1440, 1200, 165), ("conv5", 1728, 1440, 198)):
            layer = layers[name]
            self.assertEqual(gpu_model.tensor_cycles(layer.row), tensor)
            self.assertEqual(gpu_model.shared_cycles(layer.row, CYCLES), reads)
            self.assertEqual(layer.shared_writes / 128, write)
        self.assertEqual(layers["conv5"].groups, 2)
        self.assertEqual(layers["conv5"].weights, 110592)

    def test_a_row_of_two_convolutions(self):
        """12 products of N = 192 and 4 of N = 40 whose A is in registers: 12 x 96 + 4 x 20 cycles
        of the tensor cores, 12 x 64 + 4 x 10 of shared memory. 9 x 64 x 64 and 64 x 40 weights."""
        layer = layers_of("x4plus")["hr + last"]
        self.assertEqual(gpu_model.tensor_cycles(layer.row), 1232)
        self.assertEqual(gpu_model.shared_cycles(layer.row, CYCLES), 808)
        self.assertEqual(layer.shared_writes / 128, 66)
        self.assertEqual(layer.weights, 78848)
        self.assertEqual(layer.reads + layer.writes, 144)

    def test_a_run_of_rows(self):
        """64 pixels x 10 rows in one run: rows 0 and 9 of twelve that are read need N = 32, rows 1
        and 8 N = 64, eight need N = 96: as many cycles as ten whole rows."""
        times = gpu_model.predict(alone(layers_of("x4plus")["conv1"]), 10, 64, CYCLES)
        self.assertAlmostEqual(times["tensor"], 10 * 576)
        self.assertAlmostEqual(times["shared"],
                               8 * (480 + 66) + 2 * (12 * 24 + 66) + 2 * (12 * 32 + 66))
        self.assertAlmostEqual(times["l2"], 12 * 66 * 64 * 2 / 38.8)

    def test_shares(self):
        """720p is 20 strips of 720 rows; 264 warpgroups have 54 or 55 rows each."""
        share, runs = gpu_model.runs_of(20, 720, 264)
        self.assertEqual(share, 55)
        self.assertAlmostEqual(runs, 1 + 19 / 264)


    def test_rows_of_an_upsampling(self):
        """16 products of N = 128 for each of two halves of the outputs: 2048 cycles, as 16 x 64 x
        64 multiply-adds of 64 pixels are; 48 of shared memory each and 66 for the row. Ten rows in
        one run are nine whole ones and two halves."""
        up1 = layers_of("x4plus")["up1"]
        times = gpu_model.predict(up1, 10, 64, CYCLES)
        self.assertAlmostEqual(times["tensor"], 10 * 2048)
        self.assertAlmostEqual(times["shared"], 9 * (32 * 48 + 66) + 2 * (32 * 32 + 66))
        self.assertEqual(up1.weights, 131072)

    def test_a_row_of_srcnn(self):
        """5 x 32 + 4 x 16 + 2 x 16 = 256 cycles of wgmma for 64 pixels, at 62 % of its rate; a run
        of 62 x 10 pixels has 4 rows more."""
        (layer,) = networks.srcnn915()
        self.assertEqual(layer.matrix, ("HMMA.16816.F32", 64))
        times = gpu_model.predict(alone(layer), 10, 62, CYCLES)
        self.assertAlmostEqual(times["tensor"], 14 * 256 / 0.62)
        self.assertAlmostEqual(times["shared"], 14 * 252)


class Networks(unittest.TestCase):
    def test_multiply_adds(self):
        """A dense block is 9 (64 x 32 + 96 x 32 + 128 x 32 + 160 x 32 + 192 x 64) = 239616; folded,
        an upsampling convolution is 16 x 64 x 64 = 65536 a small pixel."""
        self.assertEqual(
            networks.multiply_adds(networks.rrdbnet()),
            1728 + 69 * 239616 + 36864 + 65536 + 4 * 65536 + 16 * 36864 + 16 * 1728)
        self.assertEqual(networks.multiply_adds(networks.srvgg()), 619200)
        self.assertEqual(networks.multiply_adds(networks.srcnn915()), 8032)

    def test_traffic_of_a_dense_block(self):
        """192 + 256 + 320 + 384 + 512 bytes a pixel; 128 more where an RRDB ends."""
        block = [layer for layer in networks.rrdbnet() if layer.name.startswith("conv")]
        each = {layer.name: layer.reads + layer.writes for layer in block}
        self.assertEqual(each, {"conv1": 192, "conv2": 256, "conv3": 320, "conv4": 384,
                                "conv5": 512, "conv5 + x0": 640})
        self.assertEqual(sum(layer.repeat for layer in block), 5 * 69)

    def test_bounds(self):
        """With nothing but the matrix rate in the way, a layer of whole strips takes its FLOP over
        that rate: 720 x 1280 x 73728 / 790e12 = 86.0 us for a 64 -> 64 convolution."""
        only_power = dataclasses.replace(
            gpu_model.Machine(), memory_rate=1e30, clock=1e30, launch_gap=0, first_row=0)
        times = gpu_model.predict(layers_of("animevideov3")["body"], 720, 1280, only_power)
        self.assertAlmostEqual(times["s"] * 1e6, 86.01, places=2)
        self.assertEqual(times["bound"], "power")
        # A copy of 3 bytes in and 16 out a pixel, at 4.3 TB/s, and one gap.
        times = gpu_model.predict(layers_of("animevideov3")["from bytes"], 720, 1280)
        self.assertAlmostEqual(times["s"] * 1e6, 921600 * 19 / 4.3e6 + 1.0, places=6)

    def test_never_above_the_ceiling(self):
        for row in gpu_model.summary(gpu_model.Machine(), []):
            self.assertGreater(row["share"], 0)
            self.assertLess(row["share"], 1)

    def test_larger_pictures_take_longer(self):
        for make in networks.NETWORKS.values():
            times = [gpu_model.predict_network(make(), *size)[0] for size in
                     ((256, 256), (512, 512), (720, 1280), (1080, 1920))]
            self.assertEqual(times, sorted(times))


class Compiled(unittest.TestCase):
    KERNEL = {
        "kernel": "fovea::cuda::conv3x3_wgmma_kernel<fovea::cuda::Half, 2>",
        "shape": {"in_channels": 64, "group": 32},
        "matrix_loops": [
            {"instructions": 900, "matrix": {"HGMMA.64x32x16.F32": 12}},
            {"instructions": 2400, "under_products": 1000,
             "matrix": {"HGMMA.64x96x16.F32": 24}}]}

    def test_instructions_of_a_row(self):
        """A loop of 24 products is two rows of conv1, whose twelve take 576 cycles; 1200
        instructions of each warp take 1200. Alone it issues one in two cycles, 500 of them, longer
        than the products, while these run."""
        conv1 = alone(layers_of("x4plus")["conv1"])
        self.assertEqual(gpu_model.compiled_step(conv1, [self.KERNEL]), (1200, 500))
        times = gpu_model.predict(conv1, 10, 64, CYCLES, [self.KERNEL])
        self.assertAlmostEqual(times["issue"], 12 * 1200)
        self.assertAlmostEqual(times["alone"], 12 * (2 * 500 + 2 * 700))
        self.assertEqual(times["bound"], "alone")

    def test_other_layers_are_not_touched(self):
        self.assertIsNone(
            gpu_model.compiled_step(layers_of("x4plus")["conv2"], [self.KERNEL]))

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "compiled.json"
            path.write_text(json.dumps({"kernels": [self.KERNEL]}))
            command = [sys.executable, ROOT / "bench" / "gpu_model.py", "--kernels", path]
            for arguments in ([], ["--json"], ["--layers", "x4plus"]):
                run = subprocess.run([*command, *arguments], capture_output=True, text=True,
                                     check=True)
                self.assertIn("x4plus", run.stdout)


if __name__ == "__main__":
    unittest.main()

"""The trainer of tools/train/. Needs PyTorch, NumPy, Pillow and safetensors, so it is a part of
check-long:

    make check-long PART=train

What needs the test sets or the training pictures skips without $FOVEA_TEST_DATA."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
for folder in ("tests/golden", "tools/train"):
    sys.path.insert(0, str(ROOT / folder))

import blur_kernels  # noqa: E402
import data  # noqa: E402
import degradation_chains  # noqa: E402
import degradations  # noqa: E402
import export  # noqa: E402
import fonts  # noqa: E402
import judge_text  # noqa: E402
import loop  # noqa: E402
import matlab_resize  # noqa: E402
import networks as plain_networks  # noqa: E402
import picture_hash  # noqa: E402
import recipes  # noqa: E402
import text_pages  # noqa: E402
import together  # noqa: E402
import trained_networks  # noqa: E402
import training_pictures  # noqa: E402
import validate  # noqa: E402
from pool import PairPool  # noqa: E402

DATA = os.environ.get("FOVEA_TEST_DATA")
needs_data = unittest.skipUnless(DATA, "needs FOVEA_TEST_DATA")
SEED = 7
SMALL = recipes.compact(8, 1, 2, "trying", 60, patch=8, batch=4)


def small_pool():
    random = np.random.default_rng(SEED)
    pairs = []
    for height, width in ((30, 22), (16, 40)):
        large = random.integers(0, 256, (2 * height, 2 * width, 3), dtype=np.uint8)
        pairs.append((large[::2, ::2], large))
    return PairPool.of(pairs, 2)


def small_training(folder, team=None, recipe=SMALL):
    torch.manual_seed(recipe.seed)
    pathlib.Path(folder).mkdir(exist_ok=True)
    return loop.Training(recipe, recipe.build(), small_pool(), None, pathlib.Path(folder),
                         team or together.Alone(), torch.device("cpu"))


def quietly(training, until):
    training.run(validate_every=10**9, until=until)


def train_a_part(rank, count, folder):
    torch.set_num_threads(1)
    team = together.Together(rank, count, f"{folder}/meeting")
    quietly(small_training(f"{folder}/{rank}", team), 10)


def branches(layer, x):
    """What CollapsingConv computes, branch by branch."""
    padded = F.pad(x, (1, 1, 1, 1))
    inner = F.conv2d(F.conv2d(padded, layer.expand.weight), layer.middle.weight)
    out = F.conv2d(inner, layer.project.weight) + layer.plain(x)
    return out + x if layer.identity else out


class MatlabResize(unittest.TestCase):
    @needs_data
    def test_the_published_small_pictures(self):
        compared = 0
        for path in sorted(pathlib.Path(DATA, "data").glob("set*/x*/*_HR.png")):
            large = np.asarray(Image.open(path))
            given = np.asarray(Image.open(str(path).replace("_HR", "_LR")))
            _, made = matlab_resize.shrink(large, int(path.parent.name[1:]))
            self.assertTrue(np.array_equal(made, given), path)
            compared += 1
        self.assertEqual(compared, 57)

    def test_flat_stays_flat_and_odd_sizes_are_cropped(self):
        cropped, small = matlab_resize.shrink(np.full((31, 44, 3), 77, np.uint8), 4)
        self.assertEqual((cropped.shape, small.shape), ((28, 44, 3), (7, 11, 3)))
        self.assertTrue((small == 77).all())


class CollapsingConv(unittest.TestCase):
    def test_the_kernel_is_the_sum_of_the_branches(self):
        torch.manual_seed(SEED)
        for in_channels, out_channels in ((3, 8), (8, 8), (8, 12)):
            layer = trained_networks.CollapsingConv(in_channels, out_channels).double()
            x = torch.rand(2, in_channels, 9, 7, dtype=torch.float64)
            error = float((layer(x) - branches(layer, x)).detach().abs().max())
            # f64, sums of at most 9 * 24 * 24 products of about 1
            self.assertTrue(error <= 1e-12, (in_channels, out_channels, error))


class Pool(unittest.TestCase):
    def test_large_patches_belong_to_the_small_ones(self):
        pool = small_pool()
        for step in range(20):
            small, large = pool.batch(SEED, step, 6, 8)
            self.assertEqual((small.shape, large.shape), ((6, 3, 8, 8), (6, 3, 16, 16)))
            # The small picture is every second sample: which one of four, the symmetry decides.
            taken = torch.stack([large[:, :, y::2, x::2] for y in (0, 1) for x in (0, 1)])
            fits = (taken == small).all(dim=(2, 3, 4)).any(dim=0)
            self.assertTrue(fits.all(), step)

    def test_parts_are_the_batch(self):
        pool = small_pool()
        whole = pool.batch(SEED, 3, 6, 8)
        parts = [pool.batch(SEED, 3, 6, 8, slice(i, i + 2)) for i in (0, 2, 4)]
        for index in (0, 1):
            self.assertTrue(torch.equal(whole[index], torch.cat([part[index] for part in parts])))
        self.assertFalse(torch.equal(whole[0], pool.batch(SEED, 4, 6, 8)[0]))


    def test_pairs_come_out_as_they_went_in(self):
        pool = small_pool()
        sizes = [tuple(small.shape) + tuple(large.shape) for small, large in pool.pairs()]
        self.assertEqual(sizes, [(3, 30, 22, 3, 60, 44), (3, 16, 40, 3, 32, 80)])
        for small, large in pool.pairs():
            self.assertTrue(torch.equal(large[:, ::2, ::2], small))


class Degradations(unittest.TestCase):
    def test_kernels_sum_to_one_and_blur_no_flat_picture(self):
        random = np.random.default_rng(SEED)
        flat = torch.full((3, 40, 30), 0.25)
        for _ in range(200):
            kernel = blur_kernels.any_blur(random, 3)
            self.assertTrue(abs(kernel.sum() - 1) <= 1e-12)
            error = float((degradations.blur(flat, kernel) - flat).abs().max())
            # f32 sums of at most 21 * 21 products
            self.assertTrue(error <= 441 * 2**-24, error)

    def test_a_gaussian_has_the_width_it_is_asked_for(self):
        # Cut off at 5 sigma, sampled at 0.5 sigma and more: moments within a thousandth.
        kernel = blur_kernels.gaussian(21, 2, 1.5, 0)
        y, x = blur_kernels.offsets(21)
        self.assertTrue(abs((kernel * x**2).sum() - 4) <= 4e-3)
        self.assertTrue(abs((kernel * y**2).sum() - 2.25) <= 4e-3)

    def test_noise_has_the_strength_it_is_asked_for(self):
        random = np.random.default_rng(SEED)
        flat = torch.full((3, 200, 200), 0.5)
        for gray in (False, True):
            noise = (degradations.gaussian_noise(flat, random, 10, gray) - flat) * 255
            # of at least 40 000 samples: a standard deviation is known to 10 / sqrt(80 000)
            self.assertTrue(abs(float(noise.std()) - 10) <= 5 * 10 / 80000**0.5)
            self.assertEqual(bool((noise[0] == noise[1]).all()), gray)
            noise = degradations.poisson_noise(flat, random, 1, gray) - flat
            # 128 photons of 256: sqrt(128) / 256
            expected = 128**0.5 / 256
            self.assertTrue(abs(float(noise.std()) - expected) <= 5 * expected / 80000**0.5)

    def test_chains_are_told_by_their_seed(self):
        picture = torch.rand(3, 96, 112, generator=torch.Generator().manual_seed(SEED))
        for chain in (degradation_chains.second_order, degradation_chains.light):
            for scale in (1, 2, 3, 4):
                made = [chain(picture, np.random.default_rng(seed), scale) for seed in (3, 3, 4)]
                self.assertEqual(made[0].shape, (96 // scale, 112 // scale, 3))
                self.assertTrue((made[0] == made[1]).all())
                self.assertFalse((made[0] == made[2]).all())


class TextPages(unittest.TestCase):
    def test_pages_are_told_by_their_seed_and_differ_between_fonts(self):
        try:
            first, again, held_back = (text_pages.pairs(SEED, 2, 48, 2, held_back)
                                       for held_back in (False, False, True))
        except fonts.FontError as error:
            self.skipTest(str(error))
        for (small, large), (small_again, large_again) in zip(first, again):
            self.assertEqual((small.shape, large.shape), ((48, 48, 3), (96, 96, 3)))
            self.assertTrue((small == small_again).all() and (large == large_again).all())
        self.assertFalse((first[0][1] == held_back[0][1]).all())
        self.assertFalse(set(fonts.paths(True)) & set(fonts.paths(False)))

    def test_edit_distance(self):
        for a, b, distance in (("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3),
                               ("abc", "abc", 0), ("abcdef", "azced", 3), ("xabc", "abc", 1)):
            self.assertEqual(judge_text.edit_distance(a, b), distance, (a, b))


class Loop(unittest.TestCase):
    def test_an_interruption_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            whole = small_training(f"{folder}/whole")
            quietly(whole, 20)
            quietly(small_training(f"{folder}/parts"), 9)
            resumed = small_training(f"{folder}/parts")
            resumed.resume()
            self.assertEqual(resumed.step, 9)
            quietly(resumed, 20)
            for a, b in zip(whole.network.parameters(), resumed.network.parameters()):
                self.assertTrue(torch.equal(a, b))

    def test_a_checkpoint_of_another_recipe_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            quietly(small_training(folder), 2)
            other = small_training(folder, recipe=dataclasses.replace(SMALL, batch=2))
            with self.assertRaisesRegex(ValueError, "another recipe"):
                other.resume()

    def test_two_processes_train_the_same_network(self):
        with tempfile.TemporaryDirectory() as folder:
            alone = small_training(f"{folder}/alone")
            quietly(alone, 10)
            torch.multiprocessing.spawn(train_a_part, (2, folder), nprocs=2)
            pair = small_training(f"{folder}/0")
            pair.resume()
            for a, b in zip(alone.network.parameters(), pair.network.parameters()):
                # Gradients differ by f32 rounding; Adam's step is at most its rate a step, and
                # where a gradient is all rounding its sign may differ: 10 steps of a warm-up
                # to 1e-3 within 2 of 60 steps.
                error = float((a - b).detach().abs().max())
                self.assertTrue(error <= 1e-3, error)


class Export(unittest.TestCase):
    def test_others_run_the_file(self):
        recipe = recipes.compact(16, 2, 3, "trying", 60)
        torch.manual_seed(SEED)
        with tempfile.TemporaryDirectory() as folder:
            training = loop.Training(recipe, recipe.build(), small_pool(), None,
                                     pathlib.Path(folder), together.Alone(), torch.device("cpu"))
            path = pathlib.Path(folder, "made.safetensors")
            export.write("made", training, {"val50_psnr_y": "30.000"}, path)
            other = plain_networks.SRVGGNetCompact(3, 3, 16, 2, 3)
            other.load_state_dict({name: value.float()
                                   for name, value in load_file(path).items()})
            x = torch.rand(1, 3, 12, 10)
            with torch.no_grad():
                error = float((other(x) - training.average.network(x)).abs().max())
            # weights rounded to f16, 2^-11 of each, in four layers of values around 1
            self.assertTrue(error <= 4 * 2**-11, error)

    def test_srcnn_has_the_names_of_its_ports(self):
        names = set(trained_networks.Srcnn((9, 5, 5)).plain_weights())
        self.assertEqual(names, {f"conv{i}.{part}" for i in (1, 2, 3)
                                 for part in ("weight", "bias")})


class Pictures(unittest.TestCase):
    @needs_data
    def test_no_test_picture_is_trained_on(self):
        folder = pathlib.Path(DATA, "data")
        training = training_pictures.training_paths(folder / "train")
        self.assertEqual(len(training), 291 - 50 - 1)
        tests = [path for name in ("set5", "set14")
                 for path in training_pictures.find(folder / name)]
        bits, a, b = picture_hash.nearest(training, tests)
        self.assertGreater(bits, picture_hash.NEAR, (a, b))
        validation = set(training_pictures.validation_paths(folder / "train"))
        self.assertFalse(validation & set(training))

    @needs_data
    def test_the_hash_finds_the_one_that_is_left_out(self):
        folder = pathlib.Path(DATA, "data")
        everything = training_pictures.find(folder / "train")
        bits, a, b = picture_hash.nearest(everything, training_pictures.find(folder / "set5"))
        self.assertLessEqual(bits, picture_hash.NEAR)
        self.assertEqual(pathlib.Path(a).stem, "302003")


class WholeRun(unittest.TestCase):
    @needs_data
    def test_a_short_training_beats_bicubic(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, str(ROOT / "tools/train/train.py"), "turbo-x2", "--steps", "800",
                 "--validate-every", "400", "--out", folder, "--data",
                 str(pathlib.Path(DATA, "data", "train"))],
                text=True, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            psnr = float(done.stdout.split("val50_psnr_y ")[1].split()[0])
            # bicubic interpolation of the same 50 pictures
            paths = training_pictures.validation_paths(pathlib.Path(DATA, "data", "train"))
            self.assertTrue(psnr >= bicubic_psnr(paths, 2) + 0.5, (psnr, bicubic_psnr(paths, 2)))
            self.assertTrue(pathlib.Path(folder, "turbo-x2", "turbo-x2.safetensors").exists())


def bicubic_psnr(paths, scale):
    total = 0.0
    for path in paths:
        large, small = matlab_resize.shrink(training_pictures.read(path), scale)
        result = matlab_resize.imresize(small, *large.shape[:2])
        planes = [torch.from_numpy(data.luma_of(rgb).transpose(2, 0, 1)) for rgb in (result, large)]
        total += validate.psnr(*planes, scale)
    return total / len(paths)


if __name__ == "__main__":
    unittest.main(verbosity=2)

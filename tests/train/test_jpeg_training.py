"""The part of tools/train/ that teaches a network to take off what JPEG did. As test_training.py."""

import os
import pathlib
import sys
import tempfile
import unittest

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
for folder in ("tests/golden", "tools/train"):
    sys.path.insert(0, str(ROOT / folder))

import data  # noqa: E402
import export  # noqa: E402
import jpeg_pairs  # noqa: E402
import loop  # noqa: E402
import recipes  # noqa: E402
import together  # noqa: E402
import trained_networks  # noqa: E402
import training_pictures  # noqa: E402
import validate  # noqa: E402
from networks_restoring import CompactRestorer  # noqa: E402
from pool import PairPool  # noqa: E402

DATA = os.environ.get("FOVEA_TEST_DATA")
needs_data = unittest.skipUnless(DATA, "needs FOVEA_TEST_DATA")
SEED = 7
SMALL = recipes.restorer(32, 3, "trying", 1000, patch=48, batch=8, pairs="jpeg", peak_rate=2e-3)


def waves(height, width, seed):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    slope = random.uniform(0.05, 0.4, (3, 2))
    planes = [128 + 90 * np.sin(a * y + b * x) + 20 * ((x + y) % 13 < 4) for a, b in slope]
    return np.clip(np.stack(planes, 2), 0, 255).astype(np.uint8)


def small_pool():
    pictures = [waves(90, 70, 1), waves(61, 111, 2)]
    return jpeg_pairs.JpegPool(PairPool.of([(picture, picture) for picture in pictures], 1))


class Quality(unittest.TestCase):
    def test_a_file_tells_the_quality_it_was_saved_with(self):
        picture = waves(16, 16, 3)
        for quality in range(1, 101):
            for options in ({"subsampling": 2}, {"subsampling": 0, "progressive": True}):
                _, told = jpeg_pairs.through_file(picture, quality=quality, **options)
                self.assertEqual(told, quality)

    def test_other_tables_are_judged_as_fovea_judges_them(self):
        # The same tables and answers as in tests/test_jpeg_coefficients.cpp.
        for step, quality in ((20, 87), (1, 100), (65535, 1)):
            self.assertEqual(jpeg_pairs.nearest_quality(np.full(64, step)), quality)

    def test_foreign_tables_are_about_as_coarse(self):
        random = np.random.default_rng(SEED)
        for quality in (10, 30, 50, 70, 90):
            for _ in range(20):
                luma, chroma = jpeg_pairs.foreign_tables(random, quality)
                self.assertTrue(len(luma) == len(chroma) == 64 and min(luma) >= 1)
                told = jpeg_pairs.nearest_quality(np.array(luma))
                self.assertTrue(abs(told - quality) <= 25, (told, quality))


class Pool(unittest.TestCase):
    def test_batches_are_told_by_seed_and_step(self):
        pool = small_pool()
        first, again, other = (pool.batch(SEED, step, 6, 24) for step in (3, 3, 4))
        self.assertEqual((first[0].shape, first[1].shape), ((6, 4, 24, 24), (6, 3, 24, 24)))
        for a, b in zip(first, again):
            self.assertTrue(torch.equal(a, b))
        self.assertFalse(torch.equal(first[1], other[1]))
        parts = [pool.batch(SEED, 3, 6, 24, slice(i, i + 2)) for i in (0, 2, 4)]
        for index in (0, 1):
            self.assertTrue(torch.equal(first[index], torch.cat([part[index] for part in parts])))

    def test_patches_are_the_pictures_and_what_jpeg_leaves_of_them(self):
        pool = small_pool()
        errors = {}
        for step in range(60):
            seen, truth = pool.batch(SEED, step, 8, 24)
            self.assertTrue(bool((seen[:, 3:] == seen[:, 3:, :1, :1]).all()))
            for one, clean in zip(seen, truth):
                told = round(float(one[3, 0, 0]) * 100)
                errors.setdefault(told // 20, []).append(float((one[:3] - clean).square().mean()))
        means = [np.mean(errors[band]) for band in sorted(errors)]
        self.assertEqual(len(means), 5)
        # Coarser files are further off, but not another picture.
        self.assertTrue(all(a > b for a, b in zip(means, means[1:])), means)
        self.assertTrue(means[0] <= 0.02, means)

    def test_patches_lie_anywhere_on_the_blocks(self):
        # At quality 5 nearly all that is left of noise changes from block to block: columns where
        # a patch changes most tell where blocks begin.
        random = np.random.default_rng(SEED)
        noise = random.integers(0, 256, (64 + 16, 64 + 16, 3), dtype=np.uint8)
        found = set()
        for seed in range(60):
            seen, _, _ = jpeg_pairs.any_loss(noise, 64, np.random.default_rng(seed))
            steps = np.abs(np.diff(seen.astype(float), axis=1)).mean((0, 2))
            found.add(int(np.argmax([steps[i::8].mean() for i in range(8)])))
        self.assertEqual(found, set(range(8)))

    def test_one_array_is_kept_once(self):
        pool = small_pool().clean
        self.assertIs(pool.large, pool.small)
        self.assertEqual([tuple(a.shape) for a, _ in pool.pairs()], [(3, 90, 70), (3, 61, 111)])


class Restorer(unittest.TestCase):
    def test_a_picture_of_odd_sides_is_part_of_the_even_one(self):
        torch.manual_seed(SEED)
        network = trained_networks.Restorer(8, 2).double()
        even = jpeg_pairs.told(torch.rand(3, 12, 18, dtype=torch.float64), 40)[None]
        even[:, :, 11], even[..., 17] = even[:, :, 9], even[..., 15]
        whole, odd = network(even), network(even[:, :, :11, :17])
        self.assertEqual(odd.shape, (1, 3, 11, 17))
        self.assertTrue(float((whole[:, :, :11, :17] - odd).detach().abs().max()) <= 1e-12)

    def test_the_channel_matters(self):
        torch.manual_seed(SEED)
        network, picture = trained_networks.Restorer(8, 2), torch.rand(3, 12, 12)
        few, many = (network(jpeg_pairs.told(picture, quality)[None]) for quality in (10, 90))
        self.assertTrue(float((few - many).detach().abs().max()) > 1e-4)

    def test_others_run_the_file(self):
        recipe = recipes.restorer(16, 2, "trying", 60, pairs="jpeg", patch=24)
        torch.manual_seed(SEED)
        with tempfile.TemporaryDirectory() as folder:
            training = loop.Training(recipe, recipe.build(), small_pool(), None,
                                     pathlib.Path(folder), together.Alone(), torch.device("cpu"))
            path = pathlib.Path(folder, "made.safetensors")
            export.write("made", training, {"val50_gain_q10": "1.234"}, path)
            with safe_open(path, "pt") as file:
                metadata = file.metadata()
            self.assertEqual((metadata["condition"], metadata["quality"], metadata["scale"]),
                             ("quality", "50", "1"))
            self.assertEqual(metadata["val50_gain_q10"], "1.234")
            other = CompactRestorer(3, 16, 2, told=0.3)
            other.load_state_dict({name: value.float() for name, value in load_file(path).items()})
            picture = torch.rand(3, 12, 10)
            with torch.no_grad():
                expected = training.average.network(jpeg_pairs.told(picture, 30)[None])
                error = float((other(picture[None]) - expected).abs().max())
            # weights rounded to f16, 2^-11 of each, in four layers of values around 1
            self.assertTrue(error <= 4 * 2**-11, error)


class WholeRun(unittest.TestCase):
    @needs_data
    def test_a_short_training_makes_jpegs_better(self):
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)  # of so small a network more take longer
        folder = pathlib.Path(DATA, "data", "train")
        trained_on = training_pictures.training_paths(folder)[:40]
        kept_back = training_pictures.validation_paths(folder)[:4]
        pool = jpeg_pairs.JpegPool(PairPool.of(data.clean(trained_on, SMALL, False), 1))
        judged = jpeg_pairs.JudgedPool(PairPool.of(data.clean(kept_back, SMALL, False), 1))
        validation = validate.of(SMALL, judged)
        torch.manual_seed(SMALL.seed)
        with tempfile.TemporaryDirectory() as out:
            training = loop.Training(SMALL, SMALL.build(), pool, validation, pathlib.Path(out),
                                     together.Alone(), torch.device("cpu"))
            training.run(validate_every=10**9)
        each = validation.each(training.average.network, torch.device("cpu"))
        figures = validation.figures(each)
        self.assertEqual(len(each), 12)
        for quality in jpeg_pairs.JUDGED_QUALITIES:
            self.assertTrue(float(figures[f"val50_gain_q{quality}"]) >= 0.2, figures)


if __name__ == "__main__":
    unittest.main(verbosity=2)

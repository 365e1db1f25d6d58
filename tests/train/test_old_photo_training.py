"""The part of tools/train/ that teaches a network to take damage off old photographs. As
test_training.py."""

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

import damage_validation  # noqa: E402
import data  # noqa: E402
import export  # noqa: E402
import fonts  # noqa: E402
import held_back_marks  # noqa: E402
import loop  # noqa: E402
import losses  # noqa: E402
import networks_restoring  # noqa: E402
import old_photo_pairs  # noqa: E402
import old_photos  # noqa: E402
import recipes  # noqa: E402
import together  # noqa: E402
import trained_networks  # noqa: E402
import training_pictures  # noqa: E402
import validate  # noqa: E402
from pool import PairPool  # noqa: E402

DATA = os.environ.get("FOVEA_TEST_DATA")
needs_data = unittest.skipUnless(DATA, "needs FOVEA_TEST_DATA")
SEED = 7
SMALL = recipes.damage_unet((16, 24), 1, "trying", 1000, patch=48, batch=8, pairs="old photos",
                            peak_rate=2e-3)
MARKS = old_photos.TRAINED_MARKS + held_back_marks.HELD_BACK_MARKS


def has_fonts():
    try:
        return bool(fonts.paths(False))
    except fonts.FontError:
        return False


needs_fonts = unittest.skipUnless(has_fonts(), "needs the fonts of fonts.py")


def picture(height, width, seed):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


def small_pool():
    random = np.random.default_rng(SEED)
    pictures = [random.integers(0, 256, size, dtype=np.uint8)
                for size in ((90, 70, 3), (61, 111, 3))]
    return old_photo_pairs.OldPhotoPool(PairPool.of([(each, each) for each in pictures], 1))


class Marks(unittest.TestCase):
    def test_every_shape_is_told_by_its_seed_and_covers_some_of_the_picture(self):
        for draw, _ in MARKS:
            areas = []
            for seed in range(12):
                first, again = (draw(np.random.default_rng(seed), 120, 160) for _ in range(2))
                self.assertEqual(first.shape, (1, 120, 160))
                self.assertTrue(torch.equal(first, again), draw)
                self.assertTrue(bool(((first >= 0) & (first <= 1)).all()), draw)
                areas.append(float((first > 0.1).float().mean()))
            # Some marks lie beyond the border; the whole picture is never one.
            self.assertTrue(0 < np.mean(areas) < 0.35, (draw, areas))

    def test_none_of_those_kept_back_is_trained_on(self):
        shapes = [{draw for draw, _ in marks}
                  for marks in (old_photos.TRAINED_MARKS, held_back_marks.HELD_BACK_MARKS)]
        self.assertFalse(shapes[0] & shapes[1])

    def test_what_is_outside_stays(self):
        clean = picture(100, 120, 1)
        for seed in range(20):
            seen, mask = old_photos.marked(clean, np.random.default_rng(seed), MARKS)
            outside = (mask == 0).expand(3, -1, -1)
            self.assertTrue(torch.equal(seen[outside], clean[outside]))
            wide = (mask > 0.5).expand(3, -1, -1)
            if bool(wide.any()):
                self.assertTrue(float((seen - clean)[wide].abs().mean()) > 0.1)

    def test_grain_has_the_strength_it_is_asked_for(self):
        flat = torch.full((3, 200, 200), 0.5)
        for seed in range(6):
            noise = old_photos.grain(flat, np.random.default_rng(seed), 10) - flat
            self.assertTrue(torch.equal(noise[0], noise[1]))
            # of 40 000 samples, of coarse grain a fourth of them independent
            self.assertTrue(abs(float(noise.std()) * 255 - 10) <= 5 * 10 / 20000**0.5)


@needs_fonts
class Pool(unittest.TestCase):
    def test_batches_are_told_by_seed_and_step(self):
        pool = small_pool()
        first, again, other = (pool.batch(SEED, step, 6, 24) for step in (3, 3, 4))
        self.assertEqual((first[0].shape, first[1].shape), ((6, 3, 24, 24), (6, 4, 24, 24)))
        for a, b in zip(first, again):
            self.assertTrue(torch.equal(a, b))
        self.assertFalse(torch.equal(first[1], other[1]))
        parts = [pool.batch(SEED, 3, 6, 24, slice(i, i + 2)) for i in (0, 2, 4)]
        for index in (0, 1):
            self.assertTrue(torch.equal(first[index], torch.cat([part[index] for part in parts])))

    def test_some_pictures_are_to_be_left_alone(self):
        pool, same = small_pool(), 0
        for step in range(25):
            seen, wanted = pool.batch(SEED, step, 8, 24)
            for one, truth in zip(seen, wanted):
                if torch.equal(one, truth[:3]):
                    self.assertEqual(float(truth[3].max()), 0)
                    same += 1
        # UNTOUCHED, and those damaged ones on which no mark fell: of 200.
        self.assertTrue(0.15 <= same / 200 <= 0.45, same)


class Network(unittest.TestCase):
    def test_any_size_gives_picture_and_mask(self):
        torch.manual_seed(SEED)
        network = trained_networks.DamageUNet((8, 12, 16), 1)
        for size in ((1, 1), (5, 30), (16, 24), (23, 9)):
            with torch.no_grad():
                self.assertEqual(network(torch.rand(1, 3, *size)).shape, (1, 4, *size))

    def test_the_loss_is_none_where_all_is_found(self):
        truth = torch.cat([torch.rand(2, 3, 8, 8), (torch.rand(2, 1, 8, 8) > 0.5).float()], 1)
        logits = torch.where(truth[:, 3:] > 0.5, 30.0, -30.0)
        for progress in (0.1, 0.95):
            found = losses.of(SMALL)(torch.cat([truth[:, :3], logits], 1), truth, progress)
            missed = losses.of(SMALL)(torch.cat([truth[:, :3], -logits], 1), truth, progress)
            self.assertTrue(float(found) <= 1e-6)
            self.assertTrue(float(missed) >= 1)

    def test_others_run_the_file(self):
        recipe = recipes.damage_unet((8, 12, 16), 1, "trying", 60, pairs="old photos", patch=24)
        torch.manual_seed(SEED)
        with tempfile.TemporaryDirectory() as folder:
            training = loop.Training(recipe, recipe.build(), small_pool(), None,
                                     pathlib.Path(folder), together.Alone(), torch.device("cpu"))
            path = pathlib.Path(folder, "made.safetensors")
            export.write("made", training, {"val50_inside_gain": "6.789"}, path)
            with safe_open(path, "pt") as file:
                metadata = file.metadata()
            self.assertEqual((metadata["architecture"], metadata["val50_inside_gain"]),
                             ("DamageUNet", "6.789"))
            weights = {name: value.float() for name, value in load_file(path).items()}
            seen = torch.rand(1, 3, 21, 30)
            with torch.no_grad():
                expected = training.average.network(seen)
                for is_mask in (False, True):
                    other = networks_restoring.DamageUNet(3, (8, 12, 16), 1, mask=is_mask)
                    other.load_state_dict(weights)
                    wanted = expected[:, 3:].sigmoid() if is_mask else expected[:, :3]
                    error = float((other(seen) - wanted).abs().max())
                    # weights rounded to f16, 2^-11 of each, in some ten layers of values around 1
                    self.assertTrue(error <= 10 * 2**-11, error)


class Validation(unittest.TestCase):
    def test_figures_of_known_results(self):
        clean = torch.full((3, 40, 40), 0.5)
        mask = torch.zeros(1, 40, 40)
        mask[:, :10] = 1
        seen = torch.where(mask > 0, 1.0, clean)
        half = torch.where(mask > 0, 0.75, clean)
        told = damage_validation.judge(seen, clean, mask, half, mask > 0)
        # Half the distance is 6.02 dB; 0.75 and 0.5 are rounded to samples of 8 bits.
        self.assertTrue(abs(told.inside - told.inside_before - 6.02) <= 0.05, told)
        self.assertTrue(told.outside >= 50, told)
        self.assertEqual(told.counts, (400, 400, 400))
        same = damage_validation.judge(clean, clean, torch.zeros(1, 40, 40), clean, mask > 0)
        self.assertIsNone(same.inside)


@needs_fonts
class WholeRun(unittest.TestCase):
    @needs_data
    def test_a_short_training_takes_damage_off(self):
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)  # of so small a network more take longer
        folder = pathlib.Path(DATA, "data", "train")
        trained_on = training_pictures.training_paths(folder)[:40]
        kept_back = training_pictures.validation_paths(folder)[:4]
        pool = old_photo_pairs.OldPhotoPool(PairPool.of(data.scans(trained_on, SMALL, True), 1))
        judged = old_photo_pairs.JudgedPool(PairPool.of(data.scans(kept_back, SMALL, False), 1))
        validation = validate.of(SMALL, judged)
        torch.manual_seed(SMALL.seed)
        with tempfile.TemporaryDirectory() as out:
            training = loop.Training(SMALL, SMALL.build(), pool, validation, pathlib.Path(out),
                                     together.Alone(), torch.device("cpu"))
            training.run(validate_every=10**9)
        figures = validation.figures(validation.each(training.average.network,
                                                     torch.device("cpu")))
        # A network that does nothing gains 0 dB; of so short a training 0.37 dB were measured, with
        # clean pictures changed by 44.0 dB. What a whole training reaches its card tells.
        self.assertTrue(float(figures["val50_inside_gain"]) >= 0.2, figures)
        self.assertTrue(float(figures["val50_clean_psnr"]) >= 40, figures)


if __name__ == "__main__":
    unittest.main(verbosity=2)

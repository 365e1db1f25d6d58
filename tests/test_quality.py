"""The pages about the models say what was measured, and what was measured is what the binary gives:
the default model's figures on Set5 within 0.01 dB. Without the test sets that part skips."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "weights"
PAGES = ROOT / "tools" / "quality" / "pages.py"
BINARY = os.environ["FOVEA_BIN"]
DATA = os.environ.get("FOVEA_TEST_DATA")
# Instruction sets round differently; a card's figures are of one machine.
TOLERANCE_DB = 0.01
TOLERANCE_SSIM = 0.0002


class Figures(unittest.TestCase):
    def setUp(self):
        self.models = json.loads((WEIGHTS / "models.json").read_text(encoding="utf-8"))
        self.figures = json.loads((WEIGHTS / "figures.json").read_text(encoding="utf-8"))
        self.rows = self.figures["enlarging"]["rows"]

    def test_pages_are_written_from_the_figures(self):
        done = subprocess.run([sys.executable, PAGES, "--check"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_model_has_figures(self):
        measured = {row["model"] for part in self.figures.values() for row in part["rows"]}
        for row in self.models["models"]:
            self.assertIn(row["name"], measured)

    @unittest.skipUnless(DATA, "needs FOVEA_TEST_DATA")
    def test_the_default_model_gives_its_figures(self):
        compared = 0
        for row in self.rows:
            family, _, _ = row["model"].rpartition("-x")
            if family != self.models["default"] or row["dataset"] != "set5":
                continue
            done = subprocess.run([BINARY, "eval", f"{DATA}/data/set5", "-n", row["model"], "-s",
                                   str(row["scale"]), "--json"], capture_output=True, text=True,
                                  check=True)
            fresh = json.loads(done.stdout.splitlines()[-1])
            for key in ("psnr_a", "psnr_c", "psnr_rgb"):
                error = abs(fresh[key] - row[key])
                self.assertTrue(error <= TOLERANCE_DB, (row["model"], key, fresh[key], row[key]))
            for key in ("ssim_a", "ssim_c"):
                error = abs(fresh[key] - row[key])
                self.assertTrue(error <= TOLERANCE_SSIM, (row["model"], key, fresh[key], row[key]))
            compared += 1
        self.assertGreater(compared, 0)


if __name__ == "__main__":
    unittest.main()

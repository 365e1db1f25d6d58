"""bench/report.py: what its tables say of a file of bench/results/."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import report as reports  # noqa: E402
import workloads  # noqa: E402

MACHINE = {"name": "Abacus", "cores": 2, "flags": ["avx2"], "clock_ghz": 1.5,
           "caches": {"L1d": "48K", "L1i": "32K", "L2": "2048K"}, "peak_gflops": {"avx2": 96.4}}


def report(engines, **more):
    return {"date": "2026-01-02", "machine": MACHINE, "isa": "native", "commit": "abc",
            "command": "python3 bench/peers.py", "versions": {"fovea": [], "torch": "1"},
            "threads": 2, "workloads": [{"name": "net 8x8", "input": "8x8", "engines": engines}],
            **more}


def engine(*times, **more):
    return {"times_ms": list(times), "peak_bytes": 25_400_000, "difference": 0, **more}


def cells(text):
    """The one row under the head, by the head's names."""
    lines = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("|")]
    head, row = ([cell.strip() for cell in line] for line in (lines[0], lines[2]))
    return dict(zip(head, row))


class Report(unittest.TestCase):
    def test_ratio_is_best_over_best(self):
        text = reports.table(report({
            "fovea": engine(40, 50, 90, foreseen_bytes=12_000_000),
            "slow": engine(200, 180), "quick": engine(120, 100, 300)}))
        row = cells(text)
        self.assertEqual(row["fovea"], "40.0 ms, 25 MB")
        self.assertEqual(row["its median"], "50.0 ms")
        self.assertEqual(row["its memory, foreseen"], "12 MB")
        self.assertEqual(row["fastest peer"], "quick")
        self.assertEqual(row["its time / fovea's"], "2.50×")
        self.assertEqual(row["slow"], "180 ms, 25 MB")
        self.assertIn("Abacus, 2 cores (avx2), 1.50 GHz, L1d 48K, L2 2048K", text)
        self.assertIn("avx2 96", text)
        self.assertNotIn("hidden", text)

    def test_absent_peers_have_their_reason(self):
        text = reports.table(report({"fovea": engine(40), "gone": {"reason": "no such package"}}))
        self.assertEqual(cells(text)["gone"], "none (1)")
        self.assertIn("(1) no such package.", text)
        self.assertEqual(cells(text)["its time / fovea's"], "")

    def test_hidden_instruction_sets_are_told(self):
        honest = report({"fovea": engine(1), "peer": engine(2, avx512=False)}, isa="avx2")
        self.assertIn("hidden from every engine.", reports.table(honest))
        leaky = report({"fovea": engine(1), "peer": engine(2, avx512=True)}, isa="avx2")
        self.assertIn("hidden from every engine, yet used by peer.", reports.table(leaky))

    def test_alone(self):
        row = cells(reports.table(report({"fovea": engine(
            40, 50, best_ms=40, median_ms=45, ms_per_output_megapixel=123.4, gflops=150,
            peak_gflops=100, foreseen_bytes=12_000_000)})))
        self.assertEqual(row, {"workload": "net 8x8", "best": "40.0 ms", "median": "45.0 ms",
                               "per megapixel": "123 ms", "GFLOP/s": "150", "of peak": "1.50",
                               "foreseen": "12 MB", "peak": "25 MB"})

    def test_into_a_document(self):
        with tempfile.TemporaryDirectory() as folder:
            results, document = pathlib.Path(folder, "r.json"), pathlib.Path(folder, "d.md")
            results.write_text(json.dumps(report({"fovea": engine(40), "peer": engine(80)})))
            document.write_text(f"before\n{reports.BEGIN}\nold\n{reports.END}\nafter\n")
            command = [sys.executable, ROOT / "bench" / "report.py", results, results, "--into"]
            subprocess.run([*command, document], check=True)
            text = document.read_text(encoding="utf-8")
            self.assertTrue(text.startswith(f"before\n{reports.BEGIN}\n| workload"))
            self.assertTrue(text.endswith(f"\n{reports.END}\nafter\n"))
            self.assertEqual(text.count("| net 8x8"), 2, "a table each")
            self.assertNotIn("old", text)
            document.write_text("no markers\n")
            run = subprocess.run([*command, document], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("put them where the table belongs", run.stderr)

    def test_kept_results_are_readable(self):
        """Those of old commits too."""
        paths = sorted((ROOT / "bench" / "results").glob("*.json"))
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(path.name):
                kept = json.loads(path.read_text(encoding="utf-8"))
                name = kept["machine"]["gpu" if reports.gpu_report.is_gpu_check(kept) else "name"]
                self.assertIn(name, reports.between_marks([kept]))

    def test_workloads_are_named_once(self):
        for every in (workloads.chosen("", True), workloads.series("", True)):
            self.assertEqual(len({each.name for each in every}), len(every))


if __name__ == "__main__":
    unittest.main()

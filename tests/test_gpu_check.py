"""bench/gpu_check.sh without a GPU, its runner over made-up steps, and its tables of made-up
numbers."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "gpu")]

import compare  # noqa: E402
import counters  # noqa: E402
import gpu_results  # noqa: E402
import monitor  # noqa: E402
import report as reports  # noqa: E402
import run_steps  # noqa: E402
import sanitizer  # noqa: E402


def python_step(name, code, seconds=20, needs_gpu=True):
    return run_steps.Step(name, seconds, (sys.executable, "-c", code), needs_gpu)


class Steps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "check.json")
        self.results = gpu_results.Results(self.path, "abc", False, "2026-01-02T03:04:05")

    def run_all(self, *steps, has_gpu=True, **more):
        with self.path.with_suffix(".log").open("w") as log:
            run_steps.run_all(steps, self.results, log, has_gpu, **more)
        return json.loads(self.path.read_text())

    def test_rows_are_kept_and_words_are_logged(self):
        found = self.run_all(python_step(
            "a", """print('{"section": "kernels", "name": "conv1"}'); print("words")
print('{"section": "machine", "gpu": "Abacus"}'); print('{"section": "machine", "sm": 3}')"""))
        self.assertEqual(found["kernels"], [{"name": "conv1"}])
        self.assertEqual(found["machine"], {"gpu": "Abacus", "sm": 3})
        self.assertEqual(found["errors"], [])
        self.assertEqual([row["ok"] for row in found["steps"]], [True])
        self.assertIn("words", self.path.with_suffix(".log").read_text())

    def test_a_failing_step_keeps_its_rows_and_the_rest_goes_on(self):
        row = """print('{"section": "micro", "op": "x", "ok": true}', flush=True)\n"""
        found = self.run_all(
            python_step("ends", row + "print('why it ended'); raise SystemExit(3)"),
            python_step("dies", row + "import os; os.kill(os.getpid(), 11)"),
            python_step("hangs", row + "import time; time.sleep(60)", seconds=1),
            run_steps.Step("absent", 5, ("/no/such/program",)),
            python_step("odd", "print('{\"section\": \"nonsense\"}'); print('{no JSON')"),
            python_step("last", row))
        self.assertEqual(len(found["micro"]), 4)
        wrong = {row["step"]: row["error"] for row in found["errors"]}
        self.assertEqual(wrong, {
            "ends": "exit code 3: why it ended", "dies": "ended by signal 11",
            "hangs": "stopped after 1 s", "absent": "/no/such/program: No such file or directory",
            "odd": "a row of section 'nonsense'"})
        self.assertEqual([row["step"] for row in found["steps"] if row["ok"]], ["odd", "last"])

    def test_what_a_stopped_step_started_is_ended_too(self):
        mark = self.path.with_name("mark")
        late = f"import time; time.sleep(3); open({str(mark)!r}, 'w')"
        code = (f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {late!r}])\n"
                "time.sleep(60)")
        self.run_all(python_step("hangs", code, seconds=1), python_step(
            "waits", "import time; time.sleep(3.5)"))
        self.assertEqual(self.results.values["errors"][0]["error"], "stopped after 1 s")
        self.assertFalse(mark.exists())

    def test_rows_of_programs_that_know_no_sections(self):
        code = "print('{\"ok\": true}'); print('{\"error\": \"no driver\"}')"
        step = run_steps.Step("w", 5, (sys.executable, "-c", code), section="correctness")
        found = self.run_all(step)
        self.assertEqual(found["correctness"], [{"ok": True}])
        self.assertEqual(found["errors"], [{"step": "w", "error": "no driver"}])

    def test_predictions_beside_times(self):
        """conv1 at 720p is 34.0 GFLOP and, at 1000 TFLOP/s, 34 us and what a launch begins with."""
        values = self.results.values
        values["ceilings"] = {"fp16_TF": 1000.0, "copy_GBs": 1e6}
        values["machine"] = {"multiprocessors": 1320}
        values["kernels"] = [{"name": "conv1", "shape": "720p", "TF": 500.0, "GBs": 1e5},
                             {"name": "unknown", "shape": "720p", "TF": 250.0, "GBs": 1e5}]
        values["nets"] = [{"model": "x4plus", "size": "720p"}, {"model": "other", "size": "720p"}]
        compare.complete(values, pathlib.Path("/no/such/file"))
        first, second = values["kernels"]
        self.assertAlmostEqual(first["pct_ceiling"], 50.0)
        self.assertAlmostEqual(first["pct_copy"], 10.0)
        self.assertGreater(first["predicted_us"], 33.9)
        self.assertLess(first["predicted_us"], 40)
        self.assertEqual(first["predicted_bound"], "power")
        self.assertNotIn("predicted_us", second)
        self.assertGreater(values["nets"][0]["predicted_ms"], 30)
        self.assertNotIn("predicted_ms", values["nets"][1])

    def test_time_runs_out(self):
        found = self.run_all(python_step("a", ""), python_step("b", ""), total_seconds=4)
        self.assertEqual([row["error"] for row in found["errors"]], ["no time left"] * 2)

    def test_without_a_gpu(self):
        found = self.run_all(python_step("a", "print(1)"), python_step("b", "", needs_gpu=False),
                               has_gpu=False)
        self.assertEqual(found["errors"], [{"step": "a", "error": "no GPU"}])

    @unittest.skipIf(run_steps.gpu_count(), "this machine has a GPU; the check itself is the test")
    def test_the_whole_check_on_a_machine_without_a_gpu(self):
        """Building takes minutes and is left to those who build: the rest runs to the end."""
        every = [step for step in run_steps.steps(pathlib.Path("none")) if step.name != "build"]
        run = subprocess.run(
            [ROOT / "bench" / "gpu_check.sh", "--out", self.path, "--build", self.path.parent,
             "--only", ",".join(step.name for step in every)],
            env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable},
            capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        found = json.loads(self.path.read_text())
        self.assertEqual(found["schema"], 1)
        self.assertEqual([row["step"] for row in found["steps"]], [step.name for step in every])
        without = {row["step"] for row in found["errors"] if row["error"] == "no GPU"}
        self.assertEqual(without, {step.name for step in every if step.needs_gpu})
        self.assertIn("python", found["machine"])

    def test_ten_minutes(self):
        self.assertLess(run_steps.TOTAL_SECONDS, 600)


class Kit(unittest.TestCase):
    def test_brings_its_libraries(self):
        with tempfile.TemporaryDirectory() as folder:
            kit = pathlib.Path(folder, "kit")
            subprocess.run([sys.executable, ROOT / "bench" / "gpu" / "make_kit.py", kit],
                           check=True, capture_output=True)
            for name in ("bench/gpu_check.sh", "kernels/cuda/runtime.h", "COMMIT"):
                self.assertTrue((kit / name).is_file(), name)
            total = sum(path.stat().st_size for path in kit.rglob("*") if path.is_file())
            self.assertLess(total, 60e6)
            run = subprocess.run(
                ["cmake", "-S", kit, "-B", kit / "build", "-DFOVEA_CUDA=OFF", "-DFOVEA_TESTS=OFF",
                 "-DFOVEA_CODECS=stb", f"-DCMAKE_PREFIX_PATH={kit / 'third_party'}"],
                capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            cache = (kit / "build" / "CMakeCache.txt").read_text()
            for name in ("fmt_DIR", "tl-expected_DIR", "nlohmann_json_DIR", "CLI11_DIR",
                         "FOVEA_STB_INCLUDE"):
                self.assertRegex(cache, f"{name}:PATH={kit}/third_party/")

    def test_leaves_other_folders_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            kept = pathlib.Path(folder, "kept.txt")
            kept.write_text("kept")
            run = subprocess.run([sys.executable, ROOT / "bench" / "gpu" / "make_kit.py", folder],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("is no kit", run.stderr)
            self.assertTrue(kept.exists())


class Readers(unittest.TestCase):
    def test_power_and_clock(self):
        text = ("#Time        gpu    pwr  gtemp  mtemp     sm    mem   mclk   pclk     fb\n"
                "#HH:MM:SS    Idx      W      C      C      %      %    MHz    MHz     MB\n"
                " 10:00:01      0     80     30     40      0      0   3201    345     10\n"
                " 10:00:02      0    690     61     70     99     40   3201   1500     10\n"
                " 10:00:03      0    700      -     70     99     40   3201   1700     10\n")
        self.assertEqual(monitor.summary_of(text), {
            "samples": 3, "max_W": 700, "max_C": 61, "mean_busy_MHz": 1600, "min_busy_MHz": 1500})
        self.assertEqual(monitor.summary_of(""), {"samples": 0})

    def test_sanitizer(self):
        self.assertEqual(sanitizer.errors_of("========= ERROR SUMMARY: 0 errors"), 0)
        self.assertEqual(sanitizer.errors_of("========= ERROR SUMMARY: 12 errors"), 12)
        self.assertEqual(sanitizer.errors_of(
            "========= RACECHECK SUMMARY: 3 hazards displayed (2 errors, 1 warning)"), 3)
        self.assertIsNone(sanitizer.errors_of("Device not supported"))

    def test_counters(self):
        text = ('==PROF== Connected\n"ID","Kernel Name","Metric Name","Metric Unit","Metric Value"\n'
                '"0","conv","DRAM Throughput","%","41.5"\n"0","conv","Duration","us","1,234.5"\n'
                '"0","conv","Policy","","none"\n')
        rows = counters.table_of(text)
        self.assertEqual(rows[0]["Kernel Name"], "conv")
        self.assertEqual(counters.values_of(rows),
                         {"DRAM Throughput": 41.5, "Duration": 1234.5, "Policy": "none"})
        self.assertEqual(counters.table_of("==ERROR== refused"), [])


class Tables(unittest.TestCase):
    """Numbers made up so that each ratio is easy to see."""

    REPORT = {
        "schema": 1, "sha": "0123456789abcdef", "dirty": False, "date": "2026-01-02T03:04:05",
        "machine": {"gpu": "Abacus", "driver": "1.2"},
        "ceilings": {"fp16_TF": 800.0, "copy_GBs": 4300.0}, "dmon": {"max_W": 700},
        "micro": [{"op": "wgmma", "N": 96, "ok": True}],
        "correctness": [{"kernel": "conv", "ok": True}, {"kernel": "conv", "ok": True}],
        "kernels": [{"name": "conv1", "kernel": "conv3x3", "shape": "720p", "us_med": 50.0,
                     "TF": 600.0, "GBs": 3000.0, "predicted_us": 45.0}],
        "nets": [{"model": "net", "size": "720p", "ms": 10.0, "fps": 100.0,
                  "random_weights": True}],
        "pictures": [{"model": "net", "ok": True}],
        "baselines": [
            {"stack": "cuDNN", "kind": "layer", "model": "conv1", "size": "720p", "ms": 0.1},
            {"stack": "PyTorch, eager", "kind": "network", "model": "net", "size": "720p",
             "ms": 30.0},
            {"stack": "PyTorch, compiled", "kind": "network", "model": "net", "size": "720p",
             "ms": 20.0}],
        "sanitizer": [{"tool": "memcheck", "errors": 0}], "ncu": [], "steps": [], "errors": []}

    def rows(self, text):
        return [[cell.strip() for cell in line.strip("| ").split("|")]
                for line in text.splitlines() if line.startswith("|")]

    def test_ratios(self):
        text = reports.between_marks([self.REPORT])
        self.assertTrue(text.startswith("<!-- bench:gpu:begin -->"))
        head, _, row, head2, _, row2 = self.rows(text)
        network, layer = dict(zip(head, row)), dict(zip(head2, row2))
        self.assertEqual(network["network"], "net (random weights)")
        self.assertEqual(network["fastest / fovea"], "2.00×")
        self.assertEqual(network["PyTorch, eager"], "30.00 ms")
        self.assertEqual(layer["of matrix ceiling"], "75%")
        self.assertEqual(layer["cuDNN / fovea"], "2.00×")
        self.assertEqual(layer["predicted"], "45.0 us")
        self.assertIn("Right: 2 kernel cases and 1 pictures.", text)
        self.assertIn("Abacus, driver 1.2", text)
        self.assertNotIn("wrong", text)

    def test_what_failed_is_told(self):
        bad = json.loads(json.dumps(self.REPORT))
        bad["correctness"][1]["ok"] = False
        bad["sanitizer"].append({"tool": "racecheck", "errors": 2, "reason": "a race"})
        bad["errors"].append({"step": "counters", "error": "refused"})
        text = reports.between_marks([bad])
        self.assertIn("1 of 2 checks failed in correctness", text)
        self.assertIn("racecheck: 2 errors: a race", text)
        self.assertIn("counters: refused", text)
        self.assertNotIn("2 kernel cases", text)

    def test_into_a_document(self):
        with tempfile.TemporaryDirectory() as folder:
            document, made = pathlib.Path(folder, "doc.md"), pathlib.Path(folder, "made.json")
            made.write_text(json.dumps(self.REPORT))
            document.write_text(f"a\n{reports.BEGIN}\nkept\n{reports.END}\n"
                                f"{reports.GPU_BEGIN}\nold\n{reports.GPU_END}\nz\n")
            subprocess.run([sys.executable, ROOT / "bench" / "report.py", made, "--into", document],
                           check=True)
            text = document.read_text()
            self.assertIn("kept", text)
            self.assertIn("Abacus", text)
            self.assertNotIn("old", text)


if __name__ == "__main__":
    unittest.main()

"""Each call that can fail does fail, one after the other: memory, files, threads. fovea (FOVEA_BIN)
then ends with the exit code of that failure, and at the output's place lies the old file or the
whole new one; nothing else lies beside it. FOVEA_FAULTS is the library of failing_calls.c.

Of memory every FOVEA_FAULTS_EVERY-th call fails (default 29), in `make check-long` each."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "cli"))

import model_files  # noqa: E402
import picture_files  # noqa: E402
from harness import BINARY, FoveaTest, Run  # noqa: E402

LIBRARY = os.environ["FOVEA_FAULTS"]
EVERY = int(os.environ.get("FOVEA_FAULTS_EVERY", "29"))
OLD = b"the old file"
TIMEOUT_S = 60
PICTURE, MODEL, MEMORY, OUTPUT = 3, 4, 6, 7
# What may come of one failure, and of that failure from then on. Some calls are tries, whose failing
# changes nothing: what the machine has free, a thread more.
ONE = {"malloc": {0, MEMORY}, "open": {0, PICTURE, MODEL, OUTPUT}, "read": {0, PICTURE, MODEL},
       "write": {0, OUTPUT}, "fsync": {OUTPUT}, "close": {0, OUTPUT}, "rename": {OUTPUT},
       "thread": {0}}
ALL = {**ONE, "malloc": {MEMORY}, "open": {PICTURE, MODEL, OUTPUT}, "read": {PICTURE, MODEL},
       "write": {OUTPUT}}


class Faults(FoveaTest):
    of_folder = False  # -o is then a folder too

    def setUp(self):
        super().setUp()
        self.write("photo.png", picture_files.png(9, 7, extra=picture_files.chunk(
            b"tEXt", b"Comment\0kept")))
        self.write("model.safetensors", model_files.compact(2, seed=5))

    def run_in(self, folder, arguments, **variables):
        done = subprocess.run(
            [BINARY, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
            env={**self.environment, "LD_PRELOAD": LIBRARY, **variables}, timeout=TIMEOUT_S,
            check=False)
        return Run(done.returncode, done.stdout, done.stderr)

    def one(self, name, arguments, whole, request, allowed):
        """One run with this failure; what is wrong with how it ended, or nothing."""
        with tempfile.TemporaryDirectory() as holder:
            out = pathlib.Path(holder) / name
            out.write_bytes(OLD)
            target = out.parent if self.of_folder else out
            run = self.run_in(self.folder, [*arguments, "-o", str(target)], FOVEA_FAIL=request)
            found = out.read_bytes() if out.exists() else None
            others = [path.name for path in out.parent.iterdir() if path != out]
        where = f"{request}: exit {run.code}: {run.err.strip()}"
        if run.code not in allowed:
            return f"{where}: not one of {sorted(allowed)}"
        if others:
            return f"{where}: left behind: {others}"
        if found != whole and (run.code == 0 or found != OLD):
            return f"{where}: neither the old nor the new file"
        told = [line for line in run.lines if ": warning: " not in line]
        # Where writing fails nobody can be told.
        if run.code != 0 and len(told) != 1 and not request.startswith("write"):
            return f"{where}: not one line of an error"
        return None

    def every_failure(self, name, *arguments, given="photo.png"):
        arguments = ["-i", given, "--overwrite", "-j", "2", *arguments]
        counted, out = self.path("counts"), self.path(name)
        self.of_folder = self.path(given).is_dir()
        target = out.parent if self.of_folder else out
        run = self.run_in(self.folder, [*arguments, "-o", str(target)],
                          FOVEA_FAIL_COUNT=str(counted))
        self.assertEqual(run.code, 0, run.err)
        whole = out.read_bytes()
        counts = dict(line.split() for line in counted.read_text(encoding="utf-8").splitlines())
        self.assertEqual(set(counts), set(ONE))
        tasks = []
        for function, count in counts.items():
            self.assertGreater(int(count), 0, function)
            step = EVERY if function == "malloc" else 1
            for call in range(1, int(count) + 1, step):
                tasks.append((f"{function}:{call}", ONE[function]))
            tasks.append((f"{function}:1+", ALL[function]))
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
            wrong = [told for told in workers.map(
                lambda task: self.one(name, arguments, whole, *task), tasks) if told]
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(tasks)}")

    def test_a_resized_png(self):
        self.every_failure("large.png", "-n", "bicubic", "-s", "3")

    def test_a_folder(self):
        self.write("in/one.png", picture_files.png(5, 4))
        self.every_failure("one.png", "-n", "bicubic", "-s", "2", given="in")

    def test_a_network_and_a_jpeg(self):
        self.every_failure("large.jpg", "-n", "model.safetensors")

    def test_a_webp(self):
        self.every_failure("large.webp", "-n", "lanczos", "-s", "2")


if __name__ == "__main__":
    unittest.main()

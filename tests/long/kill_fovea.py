"""kill_fovea.py TIMES SEED: stops fovea (FOVEA_BIN) at random moments, half with SIGKILL, half with
SIGTERM. At the output's place there is then nothing, the old file, or the whole new one."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

import model_files  # noqa: E402
import picture_files  # noqa: E402

BINARY = os.environ["FOVEA_BIN"]
OLD = b"the old file"


class Job:
    """One call of fovea in a folder of its own, how long it takes, and what it writes."""

    def __init__(self, folder, name, *arguments):
        self.folder = folder / name
        self.folder.mkdir()
        self.output = self.folder / "out" / f"photo.{name.split('-')[0]}"
        self.output.parent.mkdir()
        self.arguments = [BINARY, "-i", "../photo.png", "-o", f"out/{self.output.name}",
                          "--overwrite", *arguments]
        # The second run finds everything in the page cache, as those that follow do.
        for _ in range(2):
            start = time.monotonic()
            subprocess.run(self.arguments, cwd=self.folder, check=True, stderr=subprocess.PIPE)
            self.seconds = time.monotonic() - start
        self.result = self.output.read_bytes()

    def kill(self, generator, number):
        """One run; tells what was found: "none", "old", "new", and whether a temporary file lies
        there. Raises for anything else."""
        for path in self.output.parent.iterdir():
            path.unlink()
        has_old = generator.random() < 0.5
        if has_old:
            self.output.write_bytes(OLD)
        process = subprocess.Popen(self.arguments, cwd=self.folder, stderr=subprocess.DEVNULL)
        delay = generator.uniform(0, 1.1 * self.seconds)
        time.sleep(delay)
        process.send_signal(number)
        process.wait(timeout=60)
        names = sorted(path.name for path in self.output.parent.iterdir())
        others = [name for name in names if name != self.output.name]
        where = f"{self.folder.name}, {signal.Signals(number).name} after {delay:.4f} s: "
        if process.returncode not in (0, -number):
            raise AssertionError(f"{where}ended with {process.returncode}")
        if self.output.name not in names:
            if has_old:
                raise AssertionError(f"{where}the old file is gone")
            found = "none"
        else:
            data = self.output.read_bytes()
            if data == self.result:
                found = "new"
            elif has_old and data == OLD:
                found = "old"
            else:
                raise AssertionError(f"{where}the output is neither the old nor the new file")
        if process.returncode == 0 and found != "new":
            raise AssertionError(f"{where}success, and no new file")
        # Nobody can clean up behind SIGKILL; everyone else must.
        if others and number != signal.SIGKILL:
            raise AssertionError(f"{where}left behind: {others}")
        return found, bool(others)


def main():
    times, seed = int(sys.argv[1]), int(sys.argv[2])
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as holder:
        folder = pathlib.Path(holder)
        # Noise: encoders then take their time.
        width, height = 300, 240
        rows = [[generator.randrange(256) for _ in range(3 * width)] for _ in range(height)]
        (folder / "photo.png").write_bytes(picture_files.png(width, height, rows=rows))
        (folder / "small.safetensors").write_bytes(model_files.compact(2, 16, 4, seed=1))
        model = ("-n", "../small.safetensors")
        jobs = [Job(folder, "png-network", *model), Job(folder, "jpg-network", *model),
                Job(folder, "webp-network", *model),
                Job(folder, "png-nearest", "-n", "nearest", "-s", "6"),
                Job(folder, "jpg-nearest", "-n", "nearest", "-s", "12")]
        counts = {"none": 0, "old": 0, "new": 0}
        remains = 0
        for i in range(times):
            number = signal.SIGKILL if i % 2 else signal.SIGTERM
            found, remained = jobs[i % len(jobs)].kill(generator, number)
            counts[found] += 1
            remains += remained
        taken = ", ".join(f"{job.folder.name} {job.seconds:.2f} s" for job in jobs)
        print(f"runs to the end: {taken}")
        print(f"{times} stopped: {counts['none']} without an output, {counts['old']} with the old "
              f"one, {counts['new']} with the whole new one; {remains} temporary files left by "
              "SIGKILL, none by SIGTERM")


if __name__ == "__main__":
    main()

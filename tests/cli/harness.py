"""Runs the fovea binary (environment variable FOVEA_BIN) in a folder of its own."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import picture_files

BINARY = os.environ["FOVEA_BIN"]
SANITIZED = bool(os.environ.get("FOVEA_SANITIZE"))
STB = os.environ.get("FOVEA_CODECS") == "stb"
# Long enough for a sanitizer on a busy machine; a hang is what it is there to catch.
TIMEOUT = 60


class Run:
    """What one call gave."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err.decode(errors="replace")
        self.lines = self.err.splitlines()


class FoveaTest(unittest.TestCase):
    """A test in an empty folder, with an environment in which no models are found."""

    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("FOVEA_MODELS", "XDG_DATA_HOME")}
        self.environment["HOME"] = str(self.folder / "home")

    def path(self, name):
        return self.folder / name

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def picture(self, name="photo.png", width=5, height=4, channels=3, depth=8):
        return self.write(name, picture_files.png(width, height, channels, depth))

    def start(self, *arguments, binary=BINARY, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("env", self.environment)
        return subprocess.Popen([binary, *map(str, arguments)], cwd=self.folder, **options)

    def fovea(self, *arguments, given=None, **options):
        """Runs to the end; `given` is standard input."""
        if given is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(given, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"fovea {arguments} did not end")
        return Run(process.returncode, out or b"", err or b"")

    def succeed(self, *arguments, **options):
        run = self.fovea(*arguments, **options)
        self.assertEqual(run.code, 0, run.err)
        return run

    def refuse(self, code, pattern, *arguments, **options):
        """The call ends with `code` and one line that fits `pattern`."""
        run = self.fovea(*arguments, **options)
        self.assertEqual(run.code, code, run.err)
        self.assertEqual(len(run.lines), 1, run.err)
        self.assertTrue(run.lines[0].startswith("fovea: "), run.err)
        self.assertRegex(run.lines[0], pattern)
        return run

    def has_cuda(self):
        """Whether this build has a CUDA backend; the machine may have no GPU all the same."""
        [backends] = [line for line in self.succeed("--version").out.decode().splitlines()
                      if line.startswith("backends: ")]
        return "cuda" in backends

    def names(self, folder="."):
        """Everything in a folder, hidden files too."""
        return sorted(os.listdir(self.folder / folder))

    def read(self, name):
        return picture_files.read_png(self.path(name).read_bytes())

    def leftovers(self):
        """Temporary files anywhere in the folder."""
        return sorted(str(path) for path in self.folder.rglob(".*"))

    def size(self, name):
        return self.read(name)[:2]


def enlarged(rows, channels, scale):
    """The nearest-neighbour enlargement of rows of samples."""
    result = []
    for row in rows:
        pixels = [row[i:i + channels] for i in range(0, len(row), channels)]
        wide = [sample for pixel in pixels for _ in range(scale) for sample in pixel]
        result.extend([wide] * scale)
    return result

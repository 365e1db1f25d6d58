"""Hostile models run nothing: strace sees the binary refuse every case of cases_torch.py and
cases_tfjs.py, and no program started, no socket, no file opened to be written, removed or renamed,
and none that a model names outside of its folder opened at all."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

import cases_tfjs  # noqa: E402
import cases_torch  # noqa: E402
import harness  # noqa: E402

STRACE = ("strace", "-f", "-e", "trace=%file,%network,%process")
CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(.*)$")
# Those that look at files, start threads and end: all else is refused, and among them these only.
HARMLESS = {"access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat", "statx",
            "statfs", "readlink", "readlinkat", "getcwd", "arch_prctl", "exit", "exit_group"}
OPENING = {"open", "openat", "openat2"}
WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE")


def trespasses(log):
    """The lines of strace's log that are more than looking at files; the first starts the
    program."""
    found = []
    for line in log.splitlines()[1:]:
        call = CALL.match(line)
        if call is None or call[1] in HARMLESS:
            continue
        if call[1] in OPENING and not any(flag in call[2] for flag in WRITING):
            continue
        if call[1] in ("clone", "clone3") and ("CLONE_THREAD" in call[2] or "resumed" in call[2]):
            continue
        found.append(line)
    return found


def why_not():
    """Why nothing can be traced here; empty where it can."""
    if harness.SANITIZED:
        return "a sanitizer's leak check does not work under strace"
    if shutil.which("strace") is None:
        return "needs strace, which is not here; apt-get install strace"
    run = subprocess.run([*STRACE, "-o", "/dev/null", "true"], check=False, capture_output=True)
    return "" if run.returncode == 0 else f"strace traces nothing here: {run.stderr.decode()}"


@unittest.skipIf(why_not(), why_not())
class Hostile(harness.FoveaTest):
    def trace(self, *command):
        """strace's log of a command in the test's folder."""
        log = self.folder.parent / (self.folder.name + ".strace")
        subprocess.run([*STRACE, "-o", str(log), *command], cwd=self.folder, check=False,
                       env=self.environment, capture_output=True, timeout=harness.TIMEOUT)
        self.addCleanup(log.unlink, missing_ok=True)
        return log.read_text(errors="replace")

    def test_nothing_is_run_or_written(self):
        self.picture()
        for case in cases_torch.CASES + cases_tfjs.CASES:
            if case.data is None:
                continue
            with self.subTest(case.name):
                self.write(case.file, case.data)
                for name, data in case.beside.items():
                    self.write(name, data)
                before = self.names()
                log = self.trace(harness.BINARY, "-i", "photo.png", "-o", "out.png", "-n",
                                 case.file, "-j", "1")
                self.assertIn(f'"{case.file}"', log, "the model was not even opened")
                self.assertIn("exited with 4", log.splitlines()[-1])
                self.assertEqual(trespasses(log), [])
                self.assertNotIn("/etc/passwd", log)
                self.assertNotIn('"..', log)
                self.assertEqual(self.names(), before)
                for name in case.beside:
                    self.path(name).unlink()

    def test_what_would_be_seen(self):
        for command in ("touch new", "true && /bin/true", "rm -f none", "mkdir new2", ": > new3",
                        "mv new3 new4", "ln -s a b"):
            with self.subTest(command):
                self.assertNotEqual(trespasses(self.trace("sh", "-c", command)), [])
        connect = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
        self.assertNotEqual(trespasses(self.trace(sys.executable, "-c", connect)), [])


if __name__ == "__main__":
    unittest.main()

"""SIGINT and SIGTERM: the end comes soon, what is finished stays, nothing half-made does."""

import json
import os
import signal
import subprocess
import time
import unittest

import model_files
import picture_files
from harness import SANITIZED, TIMEOUT, FoveaTest

# Seconds from the signal to the end.
SOON = 10 if SANITIZED else 2
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals(FoveaTest):

    def setUp(self):
        super().setUp()
        # Minutes of work for the reference: whatever ends soon was stopped.
        self.write("slow.safetensors", model_files.compact(2, 16, 8, seed=1))
        self.write("large.png", picture_files.flat_png(1500, 1500))
        self.slow = ["-n", "./slow.safetensors", "-g", "reference", "--progress"]

    def stop(self, process, number, lines=3):
        """Sends the signal once there were that many lines of progress; gives output and errors."""
        seen = []
        while len([line for line in seen if b"%" in line]) < lines:
            seen.append(process.stderr.readline())
            self.assertNotEqual(seen[-1], b"", b"".join(seen))
        sent = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=TIMEOUT)
        self.assertLessEqual(time.monotonic() - sent, SOON)
        # Who dies by a signal has its negative number here, and 128 more than it in a shell.
        self.assertEqual(process.returncode, -number, err)
        told = [line for line in err.decode().splitlines() if "%" not in line]
        return out, told

    def test_mid_work(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                process = self.start("large.png", *self.slow)
                out, told = self.stop(process, number)
                self.assertEqual(out, b"")
                self.assertEqual(len(told), 1, told)
                self.assertRegex(told[0], r"^fovea: large.png: .*")
                self.assertEqual(self.names(), ["large.png", "slow.safetensors"])

    def test_shell_sees_130_and_143(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                shell = ["sh", "-c", '"$@"; echo $? >code', "sh", os.environ["FOVEA_BIN"],
                         "large.png", *self.slow]
                process = subprocess.Popen(shell, cwd=self.folder, env=self.environment,
                                           stderr=subprocess.PIPE,
                                           start_new_session=True)
                process.stderr.readline()
                child = self.child_of(process.pid)
                os.kill(child, number)
                process.communicate(timeout=TIMEOUT)
                self.assertEqual(self.path("code").read_text().strip(), str(128 + number))

    def child_of(self, parent):
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def test_finished_pictures_stay(self):
        self.picture("in/a.png")
        os.rename(self.path("large.png"), self.path("in/b.png"))
        self.picture("in/c.png")
        for number in SIGNALS:
            with self.subTest(number.name):
                process = self.start("in", "-o", "out", "--overwrite", *self.slow)
                # a.png has two lines of its own at least: 0 and 100 %.
                self.stop(process, number, lines=6)
                self.assertEqual(self.names("out"), ["a.png"])
                self.assertEqual(self.size("out/a.png"), (10, 8))

    def test_old_output_stays(self):
        self.write("out.png", b"precious")
        self.stop(self.start("large.png", "-o", "out.png", "--overwrite", *self.slow),
                  signal.SIGINT)
        self.assertEqual(self.path("out.png").read_bytes(), b"precious")
        self.assertEqual(self.leftovers(), [])

    def test_nothing_on_standard_output(self):
        out, _ = self.stop(self.start("large.png", "-o", "-", *self.slow), signal.SIGTERM)
        self.assertEqual(out, b"")

    def test_json_tells_of_it(self):
        out, told = self.stop(self.start("large.png", "--json", *self.slow), signal.SIGINT)
        self.assertEqual(len(told), 1, told)
        report = json.loads(out)
        self.assertEqual(report["error"]["code"], 130)
        self.assertEqual(report["error"]["class"], "interrupted")
        self.assertIsNone(report["width"])

    def test_waiting_for_standard_input(self):
        for number in SIGNALS:
            process = self.start("-", "-o", "out.png", "-n", "nearest", "-v",
                                 stdin=subprocess.PIPE)
            self.wait_until_watched(process, number)
            process.send_signal(number)
            # Not communicate(): it would close standard input, which ends the wait too.
            self.assertEqual(process.wait(timeout=TIMEOUT), -number)
            err = process.stderr.read().decode()
            self.assertRegex(err, r"\Afovea: standard input: stopped by a signal\n\Z")
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()
        self.assertEqual(self.names(), ["large.png", "slow.safetensors"])

    def wait_until_watched(self, process, number):
        """Until the process has a handler for the signal and waits for its input."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                status = dict(line.split(":", 1) for line in file)
            caught = int(status["SigCgt"], 16) >> (number - 1) & 1
            if caught and status["State"].strip().startswith("S"):
                return
            time.sleep(0.01)
        self.fail("never waited")

    def test_ignored_signals_stay_ignored(self):
        """Under nohup and in a script's background a signal that is ignored does nothing."""
        process = self.start("large.png", *self.slow,
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        self.stop(process, signal.SIGTERM)
        self.assertEqual(self.leftovers(), [])


if __name__ == "__main__":
    unittest.main()

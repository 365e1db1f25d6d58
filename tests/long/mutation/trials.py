"""Runs the tests of a program one by one against a mutant until one fails."""

import json
import os
import re
import subprocess
import threading
import time

TOLD = re.compile(r"deadlock|race|fence|never|outside|beside|aligned|registers|arrival|bytes|"
                  r"values fail|error|Which is|returned|written")


class Tests:
    """The tests of one program, with how long each takes and what it has caught."""

    def __init__(self, program):
        self.program = program
        listing = program.with_suffix(".json")
        done = subprocess.run([program, f"--gtest_output=json:{listing}"], text=True, check=False,
                              capture_output=True, env={**os.environ, "FOVEA_MUTANT": "0"})
        if done.returncode != 0:
            raise RuntimeError(f"{program.name} fails without a mutant:\n{done.stdout[-2000:]}")
        self.seconds = {}
        for suite in json.loads(listing.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                if test["result"] == "COMPLETED":
                    self.seconds[f"{suite['name']}.{test['name']}"] = float(test["time"][:-1])
        self.tried = {name: 0 for name in self.seconds}
        self.caught = {}  # by test and file

    def order(self, file):
        """Tests by what they caught of a file a second."""
        def rate(name):
            return ((self.caught.get((name, file), 0) + 0.5) / (self.tried[name] + 1)
                    / (self.seconds[name] + 0.05))
        return sorted(self.seconds, key=rate, reverse=True)


class Trial:
    """What came of a mutant: the test that caught it, or None."""

    def __init__(self, mutant, programs, lock, budget):
        self.mutant, self.lock = mutant, lock
        self.test, self.told, self.untried = None, "", 0
        start = time.monotonic()
        for tests in programs:
            for name in tests.order(mutant.file):
                if self.test is not None:
                    break
                if budget and time.monotonic() - start > budget:
                    self.untried += 1
                elif self._catches(tests, name):
                    self.test = name
        self.seconds = time.monotonic() - start

    def _catches(self, tests, name):
        limit = 20 + 6 * tests.seconds[name]
        try:
            done = subprocess.run(
                [tests.program, f"--gtest_filter={name}", "--gtest_fail_fast", "--gtest_brief=1"],
                text=True, capture_output=True, timeout=limit, check=False, errors="replace",
                env={**os.environ, "FOVEA_MUTANT": str(self.mutant.id)})
            caught = done.returncode != 0
            lines = (done.stdout + done.stderr).splitlines() if caught else []
            told = next((line.strip() for line in lines if TOLD.search(line)),
                        f"exit {done.returncode}")
        except subprocess.TimeoutExpired:
            caught, told = True, f"no end in {limit:.0f} s"
        with self.lock:
            tests.tried[name] += 1
            if caught:
                key = name, self.mutant.file
                tests.caught[key] = tests.caught.get(key, 0) + 1
        if caught:
            self.told = told[:160]
        return caught


def new_lock():
    return threading.Lock()

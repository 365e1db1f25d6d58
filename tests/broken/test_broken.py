"""Every case of the list, through the command line: the exit code, one line on standard error that
says what is wrong and what to do, nothing written, and no long wait."""

import os
import pathlib
import resource
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

import cases_files  # noqa: E402
import cases_jpeg  # noqa: E402
import cases_ncnn  # noqa: E402
import cases_onnx  # noqa: E402
import cases_png  # noqa: E402
import cases_safetensors  # noqa: E402
import cases_tfjs  # noqa: E402
import cases_torch  # noqa: E402
import harness  # noqa: E402
from cases import Seeds  # noqa: E402

# The slowest, 10,000 progressive scans, takes a fifth of a second; a sanitizer is 10 times slower.
SECONDS = 10
SCAN_BOMB_SECONDS = 2
# Of address space; far above what a refusal needs, far below what the bombs among the cases ask for.
# A sanitizer reserves terabytes.
MEMORY = 1 << 30
NEAREST = ("-o", "out.png", "-n", "nearest", "-s", "2")


def limit_memory():
    if not harness.SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def list_of_every_case():
    return (cases_png.CASES + cases_jpeg.CASES + cases_files.PICTURES + cases_png.ACCEPTED +
            cases_jpeg.ACCEPTED + cases_files.MODELS + cases_safetensors.CASES + cases_ncnn.CASES +
            cases_tfjs.CASES + cases_torch.CASES + cases_onnx.CASES)


class Broken(harness.FoveaTest):
    seeds = None

    def find_seeds(self):
        if Broken.seeds is None:
            self.picture("seed.png", 16, 12)
            for name in ("seed.jpg", "seed.webp"):
                self.succeed("-i", "seed.png", "-o", name, "-n", "nearest", "-s", "1")
            Broken.seeds = Seeds(*(self.path(name).read_bytes()
                                   for name in ("seed.jpg", "seed.webp")))
            for name in ("seed.png", "seed.jpg", "seed.webp"):
                self.path(name).unlink()
        return Broken.seeds

    def lay_out(self, case):
        """Puts the case into an empty folder of its own."""
        self.folder = self.top / case.name.replace(" ", "-").replace("/", "-")
        self.folder.mkdir()
        if case.place is not None:
            case.place(self.path(case.file))
        elif case.data is not None:
            data = case.data(self.find_seeds()) if callable(case.data) else case.data
            self.write(case.file, data)
        for name, data in case.beside.items():
            self.write(name, data)

    def check_refusal(self, case, *arguments):
        before = self.names()
        start = time.monotonic()
        # One thread: the address space of the others' stacks grows with the machine.
        run = self.refuse(case.code, case.message, *arguments, "-j", "1", preexec_fn=limit_memory)
        seconds = time.monotonic() - start
        self.assertRegex(run.lines[0], r"; [a-z]", "does not say what to do")
        self.assertEqual(self.names(), before)
        limit = SCAN_BOMB_SECONDS if "scans" in case.name and not harness.SANITIZED else SECONDS
        self.assertLess(seconds, limit)

    def each(self, cases, check):
        self.top = self.folder
        for case in cases:
            if "unreadable" in case.name and os.geteuid() == 0:
                continue  # root reads everything
            with self.subTest(case.name):
                self.lay_out(case)
                check(case)

    def check_picture(self, case):
        self.check_refusal(case, "-i", case.file, *NEAREST)

    def check_model(self, case):
        self.picture()
        self.check_refusal(case, "-i", "photo.png", "-o", "out.png", "-n", case.file)

    def check_accepted(self, case):
        start = time.monotonic()
        run = self.succeed("-i", case.file, *NEAREST)
        self.assertLess(time.monotonic() - start, SECONDS)
        self.assertRegex("\n".join(run.lines), case.message)
        self.assertEqual(self.names(), sorted(["out.png", case.file]))


@unittest.skipIf(harness.STB, "stb reads fewer formats, and says other things of them")
class Pictures(Broken):
    def test_png(self):
        self.each(cases_png.CASES, self.check_picture)

    def test_jpeg_and_webp(self):
        self.each(cases_jpeg.CASES, self.check_picture)

    def test_what_is_no_picture(self):
        self.each(cases_files.PICTURES, self.check_picture)

    def test_accepted_with_a_word(self):
        self.each(cases_png.ACCEPTED + cases_jpeg.ACCEPTED, self.check_accepted)


class Models(Broken):
    def test_safetensors(self):
        self.each(cases_safetensors.CASES, self.check_model)

    def test_torch(self):
        self.each(cases_torch.CASES, self.check_model)

    def test_ncnn(self):
        self.each(cases_ncnn.CASES, self.check_model)

    def test_tfjs(self):
        self.each(cases_tfjs.CASES, self.check_model)

    def test_onnx(self):
        self.each(cases_onnx.CASES, self.check_model)

    def test_other_formats_and_what_is_no_file(self):
        self.each(cases_files.MODELS, self.check_model)


class List(unittest.TestCase):
    def test_names_are_unique_and_there_are_enough(self):
        names = [case.name for case in list_of_every_case()]
        self.assertEqual(len(names), len(set(names)))
        self.assertGreaterEqual(len(names), 40)


if __name__ == "__main__":
    unittest.main()

"""--json: one object a picture on standard output."""

import json
import os
import unittest

import model_files
from harness import FoveaTest

KEYS = ["input", "output", "model", "scale", "width", "height", "device", "precision", "network_ms",
        "total_ms", "peak_bytes", "bands", "redone", "error"]


class Json(FoveaTest):

    def reports(self, run):
        lines = run.out.decode().splitlines()
        self.assertEqual(run.out.count(b"\n"), len(lines))
        reports = [json.loads(line) for line in lines]
        for report in reports:
            self.assertEqual(list(report), KEYS)
        return reports

    def test_success(self):
        self.picture(width=5, height=4)
        self.write("net.safetensors", model_files.compact(2))
        run = self.succeed("photo.png", "-n", "./net.safetensors", "-s", "1.5", "--json",
                           "--quiet")
        [report] = self.reports(run)
        for key, value in {"input": "photo.png", "output": "photo-1.5x.png", "model": "net",
                           "scale": 1.5, "width": 8, "height": 6, "device": "cpu",
                           "precision": "f32", "redone": 0, "error": None}.items():
            self.assertEqual(report[key], value, key)
        self.assertGreater(report["network_ms"], 0)
        self.assertGreaterEqual(report["total_ms"], report["network_ms"])
        self.assertGreater(report["peak_bytes"], 1 << 20)

    def test_precisions(self):
        self.picture(width=5, height=4)
        self.write("net.safetensors", model_files.compact(2))
        self.environment["FOVEA_FORCE_ISA"] = "amx-emulated"
        for flags, precision in (([], "f32"), (["--precision", "auto"], "f32"),
                                 (["--precision", "f32"], "f32"), (["--precision", "bf16"], "bf16")):
            run = self.succeed("photo.png", "-n", "./net.safetensors", "--overwrite", "--json",
                               *flags)
            self.assertEqual(self.reports(run)[0]["precision"], precision)

    def test_devices(self):
        self.picture()
        for flags, device in (([], "cpu"), (["-g", "auto"], "cpu"), (["-g", "cpu"], "cpu"),
                              (["-g", "-1"], "cpu"), (["-g", "reference"], "reference")):
            run = self.succeed("photo.png", "-n", "nearest", "--overwrite", "--json", *flags)
            self.assertEqual(self.reports(run)[0]["device"], device)

    def test_bands(self):
        self.picture(width=5, height=10)
        self.write("net.safetensors", model_files.compact(2))
        for rows, bands in (1, 10), (3, 4), (5, 2), (10, 1), (1000, 1):
            run = self.succeed("photo.png", "-n", "./net.safetensors", "--overwrite", "--json",
                               "-t", rows)
            self.assertEqual(self.reports(run)[0]["bands"], bands, rows)

    def test_errors(self):
        self.picture("in/a.png")
        self.write("in/b.png", self.path("in/a.png").read_bytes()[:-20])
        self.picture("in/c.png")
        self.write("out/c.png", b"precious")
        run = self.fovea("in", "missing.png", "-n", "nearest", "-o", "out", "--json")
        self.assertEqual(run.code, 1)
        good, damaged, existing, missing = self.reports(run)
        self.assertIsNone(good["error"])
        for report, code, kind, place in ((damaged, 3, "picture", "in/b.png"),
                                          (existing, 7, "output", "out/c.png"),
                                          (missing, 3, "picture", "missing.png")):
            error = report["error"]
            self.assertEqual(list(error), ["code", "class", "message"])
            self.assertEqual((error["code"], error["class"]), (code, kind))
            self.assertTrue(error["message"].startswith(place + ": "), error)
            self.assertIn("fovea: " + error["message"], run.lines)
            self.assertEqual((report["width"], report["height"]), (None, None))
        self.assertIsNone(missing["output"])
        self.assertEqual(existing["output"], "out/c.png")

    def test_nothing_before_work(self):
        """What stops the whole run is told on standard error alone."""
        self.picture()
        for code, arguments in ((2, ["-s", "0"]), (4, ["-n", "nonesuch"]), (7, ["-o", "no/o.png"]),
                                (8, ["--precision", "fp8"])):
            arguments = ["-n", "nearest", *arguments] if "-n" not in arguments else arguments
            run = self.refuse(code, "fovea: ", "photo.png", "--json", *arguments)
            self.assertEqual(run.out, b"")

    def test_standard_input(self):
        data = self.picture().read_bytes()
        run = self.succeed("-", "-o", "out.png", "-n", "nearest", "--json", given=data)
        [report] = self.reports(run)
        self.assertEqual((report["input"], report["output"]), ("-", "out.png"))

    def test_names_that_are_no_utf_8(self):
        name = os.fsdecode(b"\xff\"\\\n.png")
        self.write(name, self.picture("in.png").read_bytes())
        run = self.succeed("./" + name, "-n", "nearest", "-o", "out.png", "--json")
        self.assertEqual(self.reports(run)[0]["input"], "./\ufffd\"\\\n.png")


if __name__ == "__main__":
    unittest.main()

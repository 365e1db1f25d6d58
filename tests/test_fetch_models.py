"""tools/fetch_models.py, run as users run it, on a wheel and a manifest made here. No network."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "tools" / "fetch_models.py"
MEMBERS = {
    "package/models/small.param": b"7767517\n",
    "package/models/small.bin": bytes(range(256)) * 16,
    "package/models/unlisted.bin": b"must not be unpacked",
    "package-1.0.dist-info/licenses/LICENSE": b"do as you like\n",
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class FetchModels(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.models = self.folder / "models"
        self.wheel = self.folder / "package-1.0-py3-none-any.whl"
        self.write_wheel(MEMBERS)

    def write_wheel(self, members):
        with zipfile.ZipFile(self.wheel, "w") as wheel:
            for name, data in members.items():
                wheel.writestr(name, data)
        self.manifest = {"packages": [{
            "name": "package", "version": "1.0", "platform": "any", "python_version": "311",
            "wheel": self.wheel.name, "bytes": self.wheel.stat().st_size,
            "sha256": sha256(self.wheel.read_bytes()),
            "files": [self.entry("package/models/small.param"),
                      self.entry("package/models/small.bin")],
            "licenses": [dict(self.entry("package-1.0.dist-info/licenses/LICENSE"),
                              file="package.txt")],
        }]}

    @staticmethod
    def entry(member):
        return {"member": member, "sha256": sha256(MEMBERS[member])}

    def run_script(self, wheel=None):
        manifest = self.folder / "manifest.json"
        manifest.write_text(json.dumps(self.manifest), encoding="utf-8")
        return subprocess.run(
            [sys.executable, str(SCRIPT), "--manifest", str(manifest),
             "--models", str(self.models), "--wheel", str(wheel or self.wheel)],
            capture_output=True, text=True, check=False)

    def files(self):
        return sorted(str(path.relative_to(self.models))
                      for path in self.models.rglob("*") if path.is_file())

    def assert_refused(self, result, *words):
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_unpacks_what_is_listed_and_nothing_else(self):
        result = self.run_script()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.files(), ["licenses/package.txt", "small.bin", "small.param"])
        self.assertEqual((self.models / "small.bin").read_bytes(),
                         MEMBERS["package/models/small.bin"])

    def test_a_second_run_does_nothing_and_needs_no_wheel(self):
        self.run_script()
        before = {name: (self.models / name).stat().st_mtime_ns for name in self.files()}
        self.wheel.unlink()
        result = self.run_script()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("all models are here", result.stdout)
        after = {name: (self.models / name).stat().st_mtime_ns for name in self.files()}
        self.assertEqual(before, after)

    def test_a_wheel_with_a_wrong_hash_is_refused(self):
        self.wheel.write_bytes(self.wheel.read_bytes() + b"\0")
        result = self.run_script()
        self.assert_refused(result, "wrong sha256", self.manifest["packages"][0]["sha256"],
                            sha256(self.wheel.read_bytes()))
        self.assertEqual(self.files(), [])

    def test_one_file_with_a_wrong_hash_keeps_all_from_being_unpacked(self):
        self.write_wheel({**MEMBERS, "package/models/small.bin": b"something else"})
        result = self.run_script()
        self.assert_refused(result, "package/models/small.bin",
                            sha256(MEMBERS["package/models/small.bin"]), sha256(b"something else"))
        self.assertEqual(self.files(), [])

    def test_a_file_that_the_wheel_lacks_is_named(self):
        self.write_wheel({name: data for name, data in MEMBERS.items() if "param" not in name})
        self.assert_refused(self.run_script(), "package/models/small.param", "not in the wheel")
        self.assertEqual(self.files(), [])

    def test_a_damaged_model_is_replaced(self):
        self.run_script()
        (self.models / "small.bin").write_bytes(b"damaged")
        result = self.run_script()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(sha256(b"damaged"), result.stdout)
        self.assertEqual((self.models / "small.bin").read_bytes(),
                         MEMBERS["package/models/small.bin"])

    def test_a_damaged_model_does_not_stay_when_there_is_nothing_to_replace_it(self):
        self.run_script()
        (self.models / "small.bin").write_bytes(b"damaged")
        self.assert_refused(self.run_script(wheel=self.folder / "absent.whl"), "absent.whl")
        self.assertEqual(self.files(), ["licenses/package.txt", "small.param"])

    def test_what_is_no_wheel_is_refused(self):
        self.wheel.write_bytes(b"not a zip file")
        self.manifest["packages"][0]["sha256"] = sha256(b"not a zip file")
        self.assert_refused(self.run_script(), "zip")


if __name__ == "__main__":
    unittest.main()

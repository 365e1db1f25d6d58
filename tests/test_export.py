"""tools/export: what it writes is what was there, and fovea reads it. Ends with 77, which ctest
tells as skipped, where Python has no PyTorch. FOVEA_BIN is the binary."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tools/export/export_safetensors.py"
CHECKPOINTS = ROOT / "tests/golden/checkpoints"

try:
    import torch
except ImportError:
    print("skipped: this Python has no PyTorch")
    sys.exit(77)

sys.path.insert(0, str(SCRIPT.parent))
sys.path.insert(0, str(ROOT / "tests/golden"))
import export_safetensors
from networks import SRVGGNetCompact


def parts(path):
    """(metadata, {name: (dtype, shape, bytes)}) of a safetensors file."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    body = data[8 + size:]
    return metadata, {name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])])
                      for name, entry in header.items()}


class Export(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.out = self.folder / "out.safetensors"

    def export(self, *arguments):
        """Runs the script in this process; the message that it ends with, or nothing."""
        try:
            export_safetensors.main([str(argument) for argument in arguments])
        except SystemExit as end:
            return end.code
        return ""

    def info(self, path):
        run = subprocess.run([os.environ["FOVEA_BIN"], "info", path, "--json"],
                             capture_output=True, check=True)
        return json.loads(run.stdout)

    def test_checkpoints_of_every_kind(self):
        """The weights of each, bit for bit, and what fovea makes of the export."""
        for checkpoint in sorted(CHECKPOINTS.glob("*.pth")):
            with self.subTest(checkpoint.name):
                self.assertEqual(self.export(checkpoint, self.out, "--set", "license=MIT"), "")
                metadata, tensors = parts(self.out)
                self.assertEqual(metadata, {"license": "MIT"})
                expected = CHECKPOINTS / f"{checkpoint.name.split('.')[0]}.safetensors"
                self.assertEqual(tensors, parts(expected)[1])
                self.assertEqual(self.info(self.out)["architecture"], "SRVGGNetCompact")

    def test_live_module(self):
        module = torch.nn.DataParallel(SRVGGNetCompact(3, 3, 8, 2, 2)).train()
        torch.manual_seed(1)
        for half, dtype in ((False, "F32"), (True, "F16")):
            export_safetensors.export_module(module, self.out, {"license": "CC0-1.0"}, half)
            self.assertTrue(module.training)
            metadata, tensors = parts(self.out)
            self.assertEqual(metadata, {"scale": "2", "license": "CC0-1.0"})
            self.assertEqual({name for name in tensors},
                             {name.removeprefix("module.") for name in module.state_dict()})
            self.assertEqual({entry[0] for entry in tensors.values()}, {dtype})
            info = self.info(self.out)
            self.assertEqual((info["architecture"], info["scale"]), ("SRVGGNetCompact", 2))

    def test_whole_modules_only_where_trusted(self):
        module = SRVGGNetCompact(3, 3, 8, 2, 2)
        torch.save(module, self.folder / "whole.pth")
        self.assertIn("--trust lets it run the code",
                      self.export(self.folder / "whole.pth", self.out))
        self.assertFalse(self.out.exists())
        environment = os.environ | {"PYTHONPATH": str(ROOT / "tests/golden")}
        subprocess.run([sys.executable, SCRIPT, self.folder / "whole.pth", self.out, "--trust"],
                       env=environment, check=True)
        self.assertEqual(parts(self.out)[0], {"scale": "2"})

    def test_every_type(self):
        tensors = {"f32": torch.tensor([[1.5, -0.0]]), "bf16": torch.tensor([3.0]).bfloat16(),
                   "view": torch.arange(6.0).reshape(2, 3).t(), "i64": torch.tensor(7),
                   "none": torch.zeros(0, 3), "bool": torch.tensor([True, False])}
        export_safetensors.export_tensors(tensors, self.out)
        metadata, written = parts(self.out)
        self.assertEqual(metadata, {})
        self.assertEqual(written["view"], ("F32", [3, 2], struct.pack("<6f", 0, 3, 1, 4, 2, 5)))
        self.assertEqual(written["f32"], ("F32", [1, 2], struct.pack("<2f", 1.5, -0.0)))
        self.assertEqual(written["bf16"], ("BF16", [1], b"\x40\x40"))
        self.assertEqual(written["i64"], ("I64", [], struct.pack("<q", 7)))
        self.assertEqual(written["none"], ("F32", [0, 3], b""))
        self.assertEqual(written["bool"], ("BOOL", [2], b"\1\0"))

    def test_refuses(self):
        saved = self.folder / "net.pth"
        state = {"a.weight": torch.ones(1)}
        for content, arguments, words in (
                (3, [], "holds a int and no state dict"),
                ({"a": state, "b": state}, [], "has the keys a, b; choose one with --key"),
                ({"a": state}, ["--key", "c"], "has no key c; there are a"),
                ({"a": torch.tensor([1j])}, [], "tensor a is of torch.complex64"),
                ({"a": torch.tensor([float("nan")])}, [], "tensor a holds a NaN"),
                (state, ["--set", "scale"], "--set scale: give KEY=VALUE")):
            with self.subTest(words):
                torch.save(content, saved)
                self.assertIn(words, self.export(saved, self.out, *arguments))
                self.assertFalse(self.out.exists())
        self.assertIn("No such file", self.export("gone.pth", self.out))
        torch.save({"a": state, "b": {"x": torch.zeros(2)}}, saved)
        self.export(saved, self.out, "--key", "b")
        self.assertEqual(list(parts(self.out)[1]), ["x"])


if __name__ == "__main__":
    unittest.main()

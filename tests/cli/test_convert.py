"""fovea convert: what it writes, byte for byte, and what it refuses."""

import json
import pathlib
import struct
import unittest

import model_files
from harness import FoveaTest

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"


def parts(data):
    """(header, the tensors' bytes by name) of a safetensors file."""
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    body = data[8 + size:]
    return header, {name: body[slice(*entry["data_offsets"])]
                    for name, entry in header.items() if name != "__metadata__"}


def tensors_of(data):
    """The tensors of a safetensors file as model_files.safetensors takes them."""
    header, tensors = parts(data)
    return {name: (header[name]["shape"], struct.unpack(f"<{len(data) // 4}f", data))
            for name, data in tensors.items()}


class ConvertTest(FoveaTest):
    def test_keeps_every_byte_and_says_what_it_is(self):
        self.write("a.safetensors", model_files.compact(3, seed=1))
        self.succeed("convert", "a.safetensors", "b.safetensors")
        header, tensors = parts(self.path("b.safetensors").read_bytes())
        old_header, old_tensors = parts(self.path("a.safetensors").read_bytes())
        self.assertEqual(tensors, old_tensors)
        self.assertEqual([name for name in header if name != "__metadata__"],
                         [name for name in old_header if name != "__metadata__"])
        self.assertEqual(header["__metadata__"]["architecture"], "SRVGGNetCompact")
        self.assertEqual(header["__metadata__"]["scale"], "3")
        # What it wrote it writes again.
        self.succeed("convert", "b.safetensors", "c.safetensors")
        self.assertEqual(self.path("b.safetensors").read_bytes(),
                         self.path("c.safetensors").read_bytes())

    def test_half_precision(self):
        self.write("a.safetensors", model_files.compact(2, seed=2))
        self.succeed("convert", "a.safetensors", "b.safetensors", "--f16")
        _, halves = parts(self.path("b.safetensors").read_bytes())
        _, floats = parts(self.path("a.safetensors").read_bytes())
        for name, data in floats.items():
            values = struct.unpack(f"<{len(data) // 4}f", data)
            # Python's own rounding to binary16.
            self.assertEqual(halves[name], struct.pack(f"<{len(values)}e", *values))

    def test_values_beyond_half_precision(self):
        self.write("a.safetensors", model_files.compact(2, fill=1e5))
        self.refuse(4, "a.safetensors: tensor .* has the value 100000, beyond f16's 65504; keep",
                    "convert", "a.safetensors", "b.safetensors", "--f16")
        self.assertFalse(self.path("b.safetensors").exists())

    def test_scale_that_the_weights_do_not_tell(self):
        self.write("a.safetensors", model_files.srcnn())
        self.succeed("convert", "a.safetensors", "b.safetensors", "-s", "3")
        header, _ = parts(self.path("b.safetensors").read_bytes())
        self.assertEqual(header["__metadata__"]["scale"], "3")
        self.write("c.safetensors", model_files.compact(2))
        self.refuse(2, "-s 3: the weights say 2", "convert", "c.safetensors", "d.safetensors",
                    "-s", "3")

    def test_metadata(self):
        """ReLU without weights of its own: nothing but metadata tells of it."""
        tensors = {name: entry for name, entry in tensors_of(model_files.compact(2)).items()
                   if name not in ("body.1.weight", "body.3.weight")}
        self.write("a.safetensors", model_files.safetensors(tensors))
        self.refuse(4, "act_type", "convert", "a.safetensors", "b.safetensors")
        self.succeed("convert", "a.safetensors", "b.safetensors", "--set", "act_type=relu",
                     "--set", "license=a=b, c")
        metadata = parts(self.path("b.safetensors").read_bytes())[0]["__metadata__"]
        self.assertEqual(metadata, {"act_type": "relu", "architecture": "SRVGGNetCompact",
                                    "license": "a=b, c", "scale": "2"})
        for pair in ("license", "=MIT"):
            self.refuse(2, f"--set {pair}: give KEY=VALUE", "convert", "a.safetensors",
                        "c.safetensors", "--set", pair)

    def test_onnx(self):
        """An export of a golden network has its weights; with another name for one, it does not."""
        model = (GOLDEN / "onnx" / "srvgg_gray_x2.torchscript11.open.onnx").read_bytes()
        self.write("a.onnx", model)
        self.succeed("convert", "a.onnx", "b.safetensors")
        header, tensors = parts(self.path("b.safetensors").read_bytes())
        golden = (GOLDEN / "models" / "srvgg_gray_x2.safetensors").read_bytes()
        self.assertEqual(tensors, parts(golden)[1])
        self.assertEqual(header["__metadata__"]["architecture"], "SRVGGNetCompact")
        self.assertEqual(header["__metadata__"]["scale"], "2")
        self.write("c.onnx", model.replace(b"body.2.weight", b"body_2_weight"))
        self.refuse(4, "c.onnx: its tensors by their names: SRVGGNetCompact: 1 convolutions",
                    "convert", "c.onnx", "c.safetensors")
        self.assertFalse(self.path("c.safetensors").exists())

    def test_refuses(self):
        self.write("a.safetensors", model_files.compact(2))
        self.write("n.param", b"7767517\n2 2\nInput in 0 1 data\nReLU r 1 1 data out\n")
        self.refuse(2, "b.pth: only safetensors are written", "convert", "a.safetensors", "b.pth")
        self.refuse(2, "OUT.safetensors is required|required", "convert", "a.safetensors")
        self.refuse(4, "n.param: holds no named tensors", "convert", "n.param", "b.safetensors")
        self.refuse(4, "gone.pth: no such model", "convert", "gone.pth", "b.safetensors")
        self.write("b.safetensors", b"mine")
        self.refuse(7, "b.safetensors: exists already; use --overwrite", "convert",
                    "a.safetensors", "b.safetensors")
        self.assertEqual(self.path("b.safetensors").read_bytes(), b"mine")
        self.succeed("convert", "a.safetensors", "b.safetensors", "--overwrite")
        self.assertNotEqual(self.path("b.safetensors").read_bytes(), b"mine")


if __name__ == "__main__":
    unittest.main()

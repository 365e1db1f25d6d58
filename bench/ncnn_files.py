"""ncnn's .param and .bin: reading the weights in the order of the layers, writing chains of
convolutions. https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure"""

import struct

import numpy as np

MAGIC = "7767517"
F16_TAG = 0x01306B47


def tagged(data, offset, count):
    """`count` weights behind their tag: f32, or f16 padded to four bytes."""
    (tag,) = struct.unpack_from("<I", data, offset)
    if tag not in (0, F16_TAG):
        raise ValueError(f"weights tagged {tag:#x} at byte {offset}; only f32 and f16 are read")
    stored = np.dtype("<f2" if tag else "<f4")
    values = np.frombuffer(data, stored, count, offset + 4).astype(np.float32)
    return values, offset + 4 + -(-count * stored.itemsize // 4) * 4


def plain(data, offset, count):
    return np.frombuffer(data, "<f4", count, offset), offset + 4 * count


def read_arrays(stem):
    """All weights of STEM.param and STEM.bin, flat f32, in the order of the layers: weight and bias
    of a convolution, slopes of a PReLU."""
    lines = stem.with_name(stem.name + ".param").read_text(encoding="utf-8").splitlines()
    data = stem.with_name(stem.name + ".bin").read_bytes()
    arrays, offset = [], 0
    for line in lines[2:]:
        kind, _, inputs, outputs, *rest = line.split()
        settings = dict(text.split("=") for text in rest[int(inputs) + int(outputs) :])
        if kind == "Convolution":
            weight, offset = tagged(data, offset, int(settings["6"]))
            arrays.append(weight)
        if kind == "PReLU" or (kind == "Convolution" and settings.get("5") == "1"):
            values, offset = plain(data, offset, int(settings["0"]))
            arrays.append(values)
    if offset != len(data):
        raise ValueError(f"{stem}.bin: {len(data)} bytes, the layers hold {offset}")
    return arrays


def write_chain(stem, convolutions):
    """[(weight (out, in, k, k), bias, whether ReLU follows)], one after another, as f32."""
    lines = [MAGIC, f"{len(convolutions) + 1} {len(convolutions) + 1}", "Input input 0 1 data"]
    data, bottom = b"", "data"
    for index, (weight, bias, relu) in enumerate(convolutions):
        top = "output" if index + 1 == len(convolutions) else f"map{index}"
        kernel = weight.shape[2]
        lines.append(
            f"Convolution conv{index} 1 1 {bottom} {top} 0={weight.shape[0]} 1={kernel} "
            f"4={kernel // 2} 5=1 6={weight.size}" + (" 9=1" if relu else "")
        )
        data += struct.pack("<I", 0) + weight.astype("<f4").tobytes() + bias.astype("<f4").tobytes()
        bottom = top
    stem.with_name(stem.name + ".param").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stem.with_name(stem.name + ".bin").write_bytes(data)

"""Writes safetensors and PNG files, byte for byte the same on every run.

The safetensors package orders metadata anew each time, and Pillow writes no 16-bit colour."""

import json
import struct
import zlib

import numpy as np

PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by number of channels


def round_to_bfloat16(values):
    """The nearest bfloat16, ties to even, of finite f32 values: as f32."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    bits = bits + 0x7FFF + ((bits >> 16) & 1)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def as_stored(values, storage):
    """`values` as f32 after a trip through `storage`: F32, F16 or BF16."""
    values = np.asarray(values, np.float32)
    if storage == "F16":
        return values.astype(np.float16).astype(np.float32)
    return round_to_bfloat16(values) if storage == "BF16" else values


def to_bytes(values, storage):
    values = np.asarray(values, np.float32)
    if storage == "BF16":
        return (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    return values.astype({"F32": "<f4", "F16": "<f2"}[storage]).tobytes()


def write_safetensors(path, tensors, storage="F32", metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, values in tensors.items():
        stored = to_bytes(values, storage)
        header[name] = {
            "dtype": storage,
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(stored)],
        }
        data += stored
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_png(path, samples):
    """samples (H, W, C), uint8 or uint16."""
    height, width, channels = samples.shape
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(
        ">IIBBBBB", width, height, 8 * samples.dtype.itemsize, PNG_COLOUR_TYPES[channels], 0, 0, 0
    )
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )


def read_safetensors(path):
    """{name: values} of a file of F32 tensors."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + length :], "<f4", (end - begin) // 4, begin)
            tensors[name] = values.reshape(entry["shape"])
    return tensors

"""compare_safetensors.py READER MINUTES SEED: safetensors files, changed at random, read by fovea
(READER is read_checkpoints) and by the format's own library. See compare_readers.py.

Half of the changes are to bytes of the file, half to the header's text, its length made anew."""

import json
import pathlib
import re
import struct
import sys
import zlib

import safetensors

import compare_readers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
          "I32": "int32", "U8": "uint8", "BOOL": "bool"}
# To stand where another value of the header stood, or between two.
VALUES = ["0", "-0", "-1", "1.0", "1e2", "01", "18446744073709551615", "9007199254740993", "null",
          "true", '""', '"F32"', '"BOOL"', "[]", "[0]", "[0,0]", "{}", '"\\u0000"', '"\\ud800"',
          " ", "\n", ",", ":", "}", "{", "[", "]", '"__metadata__":{"a":"b"},',
          '"__metadata__":{},', '"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},', "\x7f"]


def file_of(header, data):
    return struct.pack("<Q", len(header)) + header + data


def made_here():
    """Every type, empty and scalar tensors, metadata, padding."""
    tensors, data = {}, b""
    for index, dtype in enumerate(DTYPES):
        size = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2}.get(dtype, 1)
        for name, shape in ((dtype, [2, 3]), (f"{dtype}.scalar", []), (f"{dtype}.none", [0, 4])):
            count = {0: 1, 2: shape[0] * shape[1] if shape else 1}[len(shape)]
            tensors[name] = {"dtype": dtype, "shape": shape,
                             "data_offsets": [len(data), len(data) + size * count]}
            data += bytes([index % 2]) * (size * count)
    for metadata in ({}, {"__metadata__": {"scale": "4", "name": "\u00e9"}}):
        header = json.dumps({**metadata, **tensors}).encode()
        yield file_of(header, data)
        yield file_of(header + b" " * (-len(header) % 8), data)


def goldens():
    for name in ("srvgg_gray_x2", "srvgg_x4_f16", "srcnn_935"):
        yield (ROOT / "tests/golden/models" / f"{name}.safetensors").read_bytes()


def changed_header(data, rng):
    length = struct.unpack("<Q", data[:8])[0]
    text, rest = data[8:8 + length].decode(), data[8 + length:]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        words = [match.span() for match in re.finditer(r'"[^"]*"|-?\d+|\[[^\]]*\]|[{}:,]', text)]
        if not words:
            break
        begin, end = rng.choice(words)
        other = text[slice(*rng.choice(words))]
        way = rng.randrange(6)
        if way == 0:
            text = text[:begin] + text[end:]
        elif way == 1:
            text = text[:begin] + other + text[end:]
        elif way == 2:
            text = text[:begin] + rng.choice(VALUES) + text[end:]
        elif way == 3:
            text = text[:begin] + rng.choice(VALUES) + text[begin:]
        elif way == 4 and re.fullmatch(r"\d+", text[begin:end]):
            number = int(text[begin:end]) + rng.choice((-8, -4, -1, 1, 4, 8))
            text = text[:begin] + str(number) + text[end:]
        else:
            rest = rest + b"\0" if rng.random() < 0.5 else rest[:-1]
    return file_of(text.encode("utf-8", "surrogatepass"), rest)


def changed(data, rng):
    return (changed_header if rng.random() < 0.5 else compare_readers.changed_bytes)(data, rng)


def judge(path, found):
    """What is wrong with fovea's taking this file; None where the library takes it too."""
    try:
        tensors = safetensors.deserialize(pathlib.Path(path).read_bytes())
    except Exception as error:  # of any type: the library's own comes from another language
        return f"safetensors refuses it: {str(error).splitlines()[0][:100]}"
    told = {name: (DTYPES.get(value["dtype"]), str(list(value["shape"])),
                   str(zlib.crc32(bytes(value["data"])))) for name, value in tensors}
    found = {name: tuple(parts) for name, parts in found.items()}
    if told != found:
        return f"other tensors: {sorted(map(str, set(told.items()) ^ set(found.items())))[:4]}"
    return None


if __name__ == "__main__":
    sys.exit(compare_readers.compare(f"safetensors {safetensors.__version__}",
                                     [*goldens(), *made_here()], changed, judge))

"""Broken safetensors files."""

import json
import struct

import model_files
from cases import Case

MODEL = 4
FOUR = bytes(4)


def of(header, data=b""):
    """A file with this header, text or bytes, and these data."""
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text)) + text + data


def length(value, rest=b"{}"):
    return struct.pack("<Q", value) + rest


def entry(dtype='"F32"', shape="[1]", offsets="[0,4]", more=""):
    return f'{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}}}'


def one(data=FOUR, **fields):
    """One tensor of 4 bytes, t, with these fields."""
    return of(f'{{"t":{entry(**fields)}}}', data)


def pair(first, second, data=FOUR):
    """Two tensors of bytes at these ranges."""
    def at(begin, end):
        return entry('"U8"', f"[{end - begin}]", f"[{begin},{end}]")
    return of(f'{{"a":{at(*first)},"b":{at(*second)}}}', data)


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


def whole():
    """{name: (shape, floats)} of a small SRVGGNetCompact for x2."""
    data = model_files.compact(2)
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    return {name: (e["shape"], [0.0] * ((e["data_offsets"][1] - e["data_offsets"][0]) // 4))
            for name, e in header.items()}


def altered(name, shape=None, fill=0.0):
    """The whole model with this tensor replaced, added, or, without a shape, taken away."""
    tensors = whole()
    if shape is None:
        del tensors[name]
    else:
        count = 1
        for side in shape:
            count *= side
        tensors[name] = (shape, [fill] * count)
    return model_files.safetensors(tensors)


def named(*names):
    """A file of tensors of one 0 each."""
    return model_files.safetensors({name: ([1], [0.0]) for name in names})


def case(name, data, message):
    return Case("safetensors " + name, "m.safetensors", data, MODEL,
                r"m\.safetensors: .*" + message)


CASES = [
    case("empty", b"", r"header's length at byte 0 needs 8 bytes, 0 are left"),
    case("seven bytes", bytes(7), r"needs 8 bytes, 7 are left"),
    case("length alone", length(2, b""), r"needs 2 bytes, 0 are left"),
    case("header of 0", length(0), r"header is 0 bytes, expected 2\.\.\.16777216"),
    case("header of 2^63", length(1 << 63), r"header is 9223372036854775808 bytes, expected 2"),
    case("header of 2^64 - 1", length((1 << 64) - 1), r"header is 18446744073709551615 bytes"),
    case("header longer than the file", length(100), r"needs 100 bytes, 2 are left"),
    case("header over 16 MiB", length((16 << 20) + 1), r"header is 16777217 bytes, expected"),
    case("header is an array", of("[]"), r"begins with '\['"),
    case("space first", of(" {}"), r"begins with ' '"),
    case("byte order mark", of("\ufeff{}"), r"begins with '\?'"),
    case("bad UTF-8", of(b'{"\xff":1}'), r"not JSON at byte \d+"),
    case("zeros behind the header", of("{}\0\0"), r"ends with .* at byte 11, expected '}'"),
    case("text behind the header", of("{} {}"), r"not JSON at byte 4"),
    case("brace missing", of('{"t":1'), r"header ends with '1'"),
    case("name with NUL", of(r'{"a\u0000b":{}}'), r"control characters"),
    case("name of 513 bytes", of('{"' + "x" * 513 + '":{}}'), r"513 bytes, limit 512"),
    case("tensor twice", of(f'{{"t":{entry()},"t":{entry()}}}', FOUR), r"'t' is there twice"),
    case("metadata twice", of('{"__metadata__":{},"__metadata__":{}}'), r"is there twice"),
    case("metadata key twice", of('{"__metadata__":{"a":"1","a":"2"}}'), r"'a' is there twice"),
    case("metadata is no text", of('{"__metadata__":{"a":1}}'),
         r"'a' holds a number, expected a s"),
    case("metadata is nested", of('{"__metadata__":{"a":{}}}'), r"'a' holds an object"),
    case("unknown field", one(more=',"offset":1'), r"unknown field 'offset'"),
    case("field missing", of('{"t":{"dtype":"F32","shape":[1]}}', FOUR), r'no "data_offsets"'),
    case("field twice", one(more=',"dtype":"F32"'), r'"dtype" twice'),
    case("unknown dtype", one(dtype='"F7"'), r"unsupported dtype 'F7'; convert it to F32"),
    case("float8", one(data=b"\0", dtype='"F8_E4M3"', offsets="[0,1]"),
         r"dtype 'F8_E4M3'; convert"),
    case("dtype is a number", one(dtype="32"), r"holds a number as its dtype"),
    case("negative side", one(shape="[-1]"), r"number -1 is negative in tensor t"),
    case("side with a fraction", one(shape="[1.0]"), r"'1\.0' is not a whole number"),
    case("side with an exponent", one(shape="[1e0]"), r"'1e0' is not a whole number"),
    case("side with a leading zero", one(shape="[01]"), r"not JSON"),
    case("side is NaN", one(shape="[NaN]"), r"not JSON"),
    case("side of 2^53 + 1", one(shape="[9007199254740993]"), r"9007199254740993 .*limit 2\^53"),
    case("side of 2^64", one(shape="[18446744073709551616]"), r"not a whole number up to 2\^53"),
    case("rank 9", one(shape="[1,1,1,1,1,1,1,1,1]"), r"more than 8 dimensions"),
    case("product wraps to 4", one(shape="[4194305,4194305,211106198978564]"),
         r"\[4194305, 4194305, 211106198978564\], more elements than 64 bits count"),
    case("product wraps, then 0", one(b"", shape="[4503599627370496,4503599627370496,0]",
                                      offsets="[0,0]"), r"more elements than 64 bits count"),
    case("size of another shape", one(shape="[2]"), r"needs 8 bytes, its data_offsets hold 4"),
    case("offsets reversed", one(offsets="[4,0]"), r"ends at byte 0 before it begins at 4"),
    case("one offset", one(offsets="[0]"), r"has 1 data_offsets"),
    case("three offsets", one(offsets="[0,4,8]"), r"more than 2 data_offsets"),
    case("overlap", pair((0, 3), (2, 4)), r"tensor b begins at byte 2 .*expected 3 \(it overlaps"),
    case("hole", pair((0, 1), (2, 4)), r"tensor b begins at byte 2 .*expected 1 \(there is a hole"),
    case("hole at the start", pair((1, 2), (2, 4)), r"begins at byte 1 .*there is a hole"),
    case("bytes behind", pair((0, 2), (2, 4), bytes(5)), r"end at byte 4 .*file at 5 \(.*too many\); get"),
    case("cut short", pair((0, 2), (2, 4), bytes(3)), r"end at byte 4 .*file at 3 \(.*cut short\); get"),
    case("another file behind", model_files.compact(2) + b"PK\x03\x04", r"bytes too many"),
    case("model cut at half", model_files.compact(2)[:1000], r"cut short|bytes, \d+ are left"),
    case("nested 200,000 deep", of('{"t":' + "[" * 200_000 + "}"), r"'t' holds an array"),
    case("100,001 tensors", of("{" + ",".join(
        f'"{i}":{entry(shape="[0]", offsets="[0,0]")}' for i in range(100_001)) + "}"),
         r"more than 100000 tensors"),
    case("NaN weight", one(floats(float("nan"))), r"tensor t holds a NaN .* at element 0"),
    case("infinite weight", altered("body.0.bias", [4], float("-inf")),
         r"tensor body\.0\.bias holds a NaN or an infinity at element 0"),
    case("infinite half", one(b"\0\x7c", dtype='"F16"', offsets="[0,2]"), r"tensor t holds a NaN"),
    case("no tensors", of("{}"), r"holds no tensors"),
    case("metadata alone", of('{"__metadata__":{"scale":"2"}}'), r"holds no tensors"),
    case("unknown architecture", named("encoder.weight", "decoder.weight"),
         r"unknown architecture .*encoder\.weight.*; use a model of RRDBNet"),
    case("SwinIR", named("conv_first.weight",
                         "layers.0.residual_group.blocks.0.attn.relative_position_index"),
         r"SwinIR is an attention network; .*; use a model of RRDBNet"),
    case("HAT", named("relative_position_index_SA",
                      "layers.0.residual_group.overlap_attn.qkv.weight"),
         r"HAT is an attention network; .*; use a model of RRDBNet"),
    case("DAT", named("before_RG.1.weight", "layers.0.blocks.0.ffn.sg.norm.weight"),
         r"DAT is an attention network; .*; use a model of RRDBNet"),
    case("names of no network", named("head.0.weight", "body.0.body.0.weight", "tail.1.weight"),
         r"unknown architecture with the tensors head\.0\.weight, .*; use a model of RRDBNet"),
    case("tensor missing", altered("body.2.bias"), r"body\.2\.bias"),
    case("tensor too many", altered("body.9.weight", [4]), r"body\.9\.weight"),
    case("stray tensor", altered("junk", [1]), r"junk"),
    case("wrong shape", altered("body.2.weight", [4, 5, 3, 3]), r"body\.2\.weight.*\[4, 5, 3, 3\]"),
    case("wrong rank", altered("body.0.weight", [4, 27]),
         r"unknown architecture .*body\.0\.weight"),
    case("weight without elements", altered("body.0.weight", [0, 3, 3, 3]),
         r"body\.0\.weight.*\[0, 3, 3, 3\]|0 "),
    case("kernel of 2 x 2", altered("body.0.weight", [4, 3, 2, 2]), r"body\.0\.weight.*2"),
    case("scale without a square", altered("body.4.weight", [13, 4, 3, 3]), r"13"),
]

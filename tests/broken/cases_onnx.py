"""Broken ONNX files."""

import struct

from cases import Case
from onnx_files import (FLOAT, INT8, attribute, data, file, graph, integers, model, node, number,
                        tensor, value, varint)

MODEL = 4
RELU = node("Relu", ["x"], ["y"])
GOOD = file(RELU)
NAN = struct.pack("<f", float("nan"))


def case(name, content, message, beside=None):
    return Case("onnx " + name, "m.onnx", content, MODEL, r"m\.onnx: .*" + message, beside or {})


def one(kind, *others, tensors=(), **attributes):
    """A file of one node from x to y."""
    return file(node(kind, ["x", *others], ["y"], **attributes), tensors=tensors)


def convolution(dims, raw=None, kind=FLOAT, **attributes):
    return one("Conv", "w", tensors=[tensor("w", dims, raw, kind)], **attributes)


def external(location, more=b"", **entries):
    """A tensor of three numbers that are said to be in another file."""
    entries = {"location": location, **entries}
    extra = b"".join(data(13, data(1, key) + data(2, text)) for key, text in entries.items())
    whole = number(1, 3) + number(1, 1) + number(1, 1) + number(2, FLOAT) + data(8, "w")
    if more:
        extra += data(9, more)
    return one("Add", "w", tensors=[whole + extra + number(14, 1)])


def often_used():
    """One tensor of 150,000 numbers, by 500 nodes."""
    names = ["c", *(f"v{i}" for i in range(499)), "y"]
    nodes = [node("Conv", ["x", "a"], ["c"])]
    nodes += [node("Conv", [names[i], "w"], [names[i + 1]]) for i in range(499)]
    nodes.append(node("Conv", [names[-2], "b"], ["y"]))
    return file(*nodes, tensors=[tensor("a", [388, 3, 1, 1]), tensor("w", [388, 388, 1, 1]),
                                 tensor("b", [3, 388, 1, 1])])


def reshape(*shape):
    return file(node("Reshape", ["x", "s"], ["y"]), tensors=[integers("s", shape)],
                inputs=[value("x", (1, 3, 4, 6))])


CASES = [
    # The wire format.
    case("cut in the graph", GOOD[:20], r"ModelProto at byte 2: field 7 needs \d+ bytes, 16 are"),
    case("length of 2^63", number(1, 8) + varint(7 << 3 | 2) + varint(1 << 63),
         r"needs 9223372036854775808 bytes, 0 are left"),
    case("length of 2^64 - 1", number(1, 8) + varint(7 << 3 | 2) + varint((1 << 64) - 1) + b"x",
         r"needs 18446744073709551615 bytes, 1 are left"),
    case("varint without an end", number(1, 8) + b"\x3a" + b"\x80" * 20, r"more than 64 bits"),
    case("varint cut", number(1, 8) + b"\x3a\x80", r"cut short"),
    case("field 0", number(1, 8) + b"\x3a\x02\x00\x00", r"field number 0 is not within"),
    case("group", number(1, 8) + b"\x3a\x01\x0b", r"field 1 has the wire type 3, which is none"),
    case("number where a graph is due", number(1, 8) + number(7, 1),
         r"field 7 has the wire type 0, expected 2"),
    case("two graphs", model(graph([RELU]), extra=data(7, graph([RELU]))),
         r"field 7 at byte \d+ is there twice"),
    case("two versions", number(1, 8) + GOOD, r"field 1 at byte \d+ is there twice"),
    case("name with a bell", file(node("Relu", ["x"], ["y"], extra=data(3, "a\a"))),
         r"is there twice|control characters"),
    case("operator with an escape", file(node("Re\x1b[2J", ["x"], ["y"])), r"control characters"),
    case("name that is not UTF-8", file(node("Relu", ["x"], ["y"]), extra=data(
        5, number(2, 1) + data(8, b"\xc0\x80"))), r"is not UTF-8"),
    case("name of 2 KiB", file(node("n" * 2048, ["x"], ["y"])), r"text of 2048 bytes, limit 1024"),
    case("100001 nodes", file(*[b""] * 100001), r"has more than 100000 nodes"),
    case("9 dimensions", one("Add", "w", tensors=[tensor("w", [1] * 9)]), r"too many numbers"),
    # Versions, inputs, outputs.
    case("no graph", number(1, 8) + data(8, number(2, 17)), r"has no input"),
    case("IR version 99", model(graph([RELU]), ir=99), r"has the IR version 99, expected 3"),
    case("opset 0", model(graph([RELU]), opset=0), r"imports opset 0"),
    case("opset 5", model(graph([RELU]), opset=5), r"has opset 5, expected 7\.\.\.28; export"),
    case("opset 2^62", model(graph([RELU]), opset=1 << 62), r"has opset 4611686018427387904"),
    case("two opsets", model(graph([RELU]), extra=data(8, number(2, 17))), r"operators twice"),
    case("no input", file(RELU, inputs=[]), r"has no input"),
    case("two inputs", file(RELU, inputs=[value("x"), value("z")]),
         r"has the inputs 'x' and 'z', expected one"),
    case("no output", file(RELU, outputs=[]), r"has 0 outputs"),
    case("two outputs", file(RELU, outputs=[value("y"), value("x")]),
         r"has 2 outputs \('y', 'x' \.\.\.\), expected one"),
    case("output that nothing makes", file(RELU, outputs=[value("z")]), r"no node makes it"),
    case("bytes as the picture", file(RELU, inputs=[value("x", kind=2)]), r"is of uint8"),
    case("text as the picture", file(RELU, inputs=[value("x", kind=8)]), r"is of text"),
    case("picture of 2 dimensions", file(RELU, inputs=[value("x", (3, 4))]), r"2 dimensions"),
    case("picture of 2^62 rows", file(RELU, inputs=[value("x", (1, 3, 1 << 62, 4))]),
         r"has a side of 4611686018427387904"),
    case("seven channels", file(RELU, inputs=[value("x", (1, 7, None, None))],
                                outputs=[value("y", (1, 7, None, None))]), r"no picture's"),
    # Names.
    case("cycle", file(node("Relu", ["z"], ["y"]), node("Relu", ["y"], ["z"])),
         r"reads 'z', which no node before it makes"),
    case("node of itself", file(node("Relu", ["y"], ["y"])), r"reads 'y', which no node before"),
    case("name made twice", file(RELU, RELU), r"'y', which is there already"),
    case("node that makes the input", file(node("Relu", ["x"], ["x"])), r"'x', which is there"),
    case("two tensors of a name", file(RELU, tensors=[tensor("w", [1]), tensor("w", [1])]),
         r"two initializers with the name 'w'"),
    case("missing tensor", one("Conv", "w"), r"reads 'w', which no node before it makes"),
    case("missing input", file(node("Conv", ["x"], ["y"])), r"has 1 inputs, expected 2\.\.\.3"),
    # Operators and attributes.
    case("unknown operator", one("Warp"), r"operators of the type 'Warp' are not supported"),
    case("control flow", one("If"), r"operators of the type 'If' are not supported"),
    case("foreign domain", file(node("Relu", ["x"], ["y"], extra=data(7, "com.example"))),
         r"operators of the domain 'com\.example'"),
    case("unknown attribute", one("Relu", speed=1), r"attribute 'speed' is not known"),
    case("attribute of another type", one("LeakyRelu", alpha=1), r"alpha has a type that is not"),
    case("attribute twice", file(node("LeakyRelu", ["x"], ["y"], extra=data(
        5, attribute("alpha", 0.5)), alpha=0.5)), r"attribute alpha is there twice"),
    case("slope is NaN", one("LeakyRelu", alpha=float("nan")), r"alpha is nan, expected a number"),
    case("axis of -5", one("Concat", "x", axis=-5), r"attribute axis is -5"),
    case("axis of 2^62", one("Concat", "x", axis=1 << 62), r"attribute axis is 46116860184"),
    # Tensors.
    case("tensor too short", convolution([3, 3, 1, 1], bytes(35)), r"has 35 bytes, .* asks for 36"),
    case("tensor too long", convolution([3, 3, 1, 1], bytes(37)), r"has 37 bytes, .* asks for 36"),
    case("length below 0", one("Add", "w", tensors=[tensor("w", [-1], b"1234")]), r"shape \[-1\]"),
    case("lengths that overflow", one("Add", "w", tensors=[tensor("w", [1 << 62, 8], b"")]),
         r"too large for any memory"),
    case("lengths that overflow to 0", one("Add", "w", tensors=[
        tensor("w", [1 << 32, 1 << 32, 0], b"")]), r"too large for any memory"),
    case("int8 weights", convolution([3, 3, 1, 1], bytes(9), INT8), r"holds int8, which is not"),
    case("unknown type", convolution([3, 3, 1, 1], bytes(9), 99), r"holds type 99, which is not"),
    case("NaN weight", convolution([3, 3, 1, 1], NAN * 9), r"tensor w holds a NaN .* element 0"),
    case("elements in two fields", one("Add", "w", tensors=[
        tensor("w", [1], b"1234", extra=data(4, b"1234"))]), r"in two fields"),
    case("external data in ..", external("../m.data"), r"'\.\./m\.data' is no plain name of a file"),
    case("external data in a folder", external("a/m.data"), r"'a/m\.data' is no plain name"),
    case("external data by an absolute path", external("/etc/passwd"), r"'/etc/passwd' is no plain"),
    case("external data in the folder itself", external("."), r"'\.' is no plain name"),
    case("external data without a name", external(""), r"'' is no plain name"),
    case("external data missing", external("m.data"), r"needs 'm\.data' beside it: no such file"),
    case("external data too short", external("m.data"), r"at bytes 0 \+ 12 of 'm\.data', which has 8",
         {"m.data": bytes(8)}),
    case("external data behind the end", external("m.data", offset="16"),
         r"at bytes 16 \+ 12 of 'm\.data', which has 16", {"m.data": bytes(16)}),
    case("external data at 2^64 - 4", external("m.data", offset=str(2**64 - 4)),
         r"at bytes 18446744073709551612 \+ 12", {"m.data": bytes(16)}),
    case("external data at 2^64", external("m.data", offset=str(2**64)), r"offset .* '1844674407",
         {"m.data": bytes(16)}),
    case("external data at -1", external("m.data", offset="-1"), r"offset in the other file is '-1'",
         {"m.data": bytes(16)}),
    case("external data of another length", external("m.data", length="13"),
         r"has 13 bytes in 'm\.data', its shape asks for 12", {"m.data": bytes(16)}),
    case("external data in itself too", external("m.data", more=b"1234"), r"in two fields",
         {"m.data": bytes(16)}),
    Case("onnx external data through a link", "m.onnx", None, MODEL,
         r"needs 'm\.data' beside it: a symbolic link; put the file itself there", {},
         lambda path: (path.write_bytes(external("m.data")),
                       (path.parent / "real").write_bytes(bytes(12)),
                       (path.parent / "m.data").symlink_to("real"))),
    case("a tensor used too often", often_used(), r"uses its tensors so often that they pass"),
    # Windows and shapes.
    case("kernel of 0", convolution([3, 3, 0, 3], b""), r"weights of the shape \[3, 3, 0, 3\]"),
    case("weights of 5 dimensions", convolution([3, 3, 1, 1, 1]), r"expected 4 dimensions"),
    case("padding below 0", convolution([3, 3, 3, 3], pads=[-1, 1, 1, 1]), r"pads holds -1"),
    case("padding of 2^62", convolution([3, 3, 3, 3], pads=[1 << 62] * 4), r"pads holds 46116860"),
    case("stride of 0", convolution([3, 3, 1, 1], strides=[0, 0]), r"strides holds 0"),
    case("dilation of 2^31", convolution([3, 3, 3, 3], dilations=[1 << 31] * 2), r"holds 21474836"),
    case("groups of 0", convolution([3, 3, 1, 1], group=0), r"attribute group is 0"),
    case("groups that do not divide", convolution([3, 3, 1, 1], group=2), r"groups|channels"),
    case("kernel that is another", convolution([3, 3, 1, 1], kernel_shape=[3, 3]),
         r"kernel_shape is \[3, 3\], the weights have"),
    case("reshape to other elements", reshape(1, 3, 4, 7), r"their elements differ"),
    case("reshape by 2^62", reshape(1 << 62, 1 << 62, 4, 6), r"differ|not understood"),
    case("reshape to two unknowns", reshape(1, 3, -1, -1), r"is not understood"),
    case("reshape that mixes axes", reshape(1, 4, 3, 6), r"mixes axes|no pixel shuffle"),
    case("shuffle by 0", one("DepthToSpace", blocksize=0), r"blocksize is 0"),
    case("split of more than there is", file(node("Split", ["x", "n"], ["y"], axis=1),
                                             tensors=[integers("n", [1 << 40])]), r"splits 3"),
    case("a terabyte of zeros", file(node("ConstantOfShape", ["n"], ["c"]),
                                     node("Add", ["x", "c"], ["y"]),
                                     tensors=[integers("n", [1 << 20, 1 << 20])]),
         r"constants pass 419\d+ elements"),
    case("division by zero", one("Div", "w", tensors=[tensor("w", [])]), r"multiplies by inf"),
    case("resize by 0", one("Resize", "", "s", tensors=[tensor("s", [4])]), r"resizes by|factor"),
    case("aligned corners", one("Resize", "", "s", mode="linear",
                                coordinate_transformation_mode="align_corners", tensors=[
                                    tensor("s", [4], struct.pack("<4f", 1, 1, 2, 2))]),
         r"linear resize with 'align_corners' coordinates"),
]

"""The pieces of ONNX files, whole or not: protocol buffers by hand."""

import struct

FLOAT, INT8, INT64, STRING = 1, 3, 7, 8


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def tensor(name, dims, raw=None, kind=FLOAT, extra=b""):
    count = 1
    for length in dims:
        count *= length
    raw = bytes(4 * count) if raw is None else raw
    return (b"".join(number(1, length) for length in dims) + number(2, kind) + data(8, name)
            + data(9, raw) + extra)


def integers(name, values):
    return tensor(name, [len(values)], struct.pack(f"<{len(values)}q", *values), INT64)


def attribute(name, value):
    if isinstance(value, int):
        return data(1, name) + number(3, value) + number(20, 2)
    if isinstance(value, str):
        return data(1, name) + data(4, value) + number(20, 3)
    if isinstance(value, float):
        return data(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    return data(1, name) + b"".join(number(8, one) for one in value) + number(20, 7)


def node(kind, inputs, outputs, extra=b"", **attributes):
    return (b"".join(data(1, name) for name in inputs) + b"".join(data(2, name) for name in outputs)
            + data(3, outputs[0] if outputs else "n") + data(4, kind)
            + b"".join(data(5, attribute(name, value)) for name, value in attributes.items())
            + extra)


def value(name, dims=(1, 3, None, None), kind=FLOAT):
    shape = b"".join(data(1, data(2, "n") if length is None else number(1, length))
                     for length in dims)
    return data(1, name) + data(2, data(1, number(1, kind) + data(2, shape)))


def graph(nodes, tensors=(), inputs=None, outputs=None, extra=b""):
    inputs = [value("x")] if inputs is None else inputs
    outputs = [value("y")] if outputs is None else outputs
    return (b"".join(data(1, one) for one in nodes) + b"".join(data(5, one) for one in tensors)
            + b"".join(data(11, one) for one in inputs)
            + b"".join(data(12, one) for one in outputs) + extra)


def model(whole_graph, opset=17, ir=8, extra=b""):
    return number(1, ir) + data(7, whole_graph) + data(8, number(2, opset)) + extra


def file(*nodes, tensors=(), **parts):
    return model(graph(nodes, tensors, **parts))

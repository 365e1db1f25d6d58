"""Broken TensorFlow.js models: a model.json, and its shards beside it."""

import copy
import json
import os
import struct

from cases import Case

MODEL = 4
SHARD = "weights.bin"
KERNEL = struct.pack("<108f", *[0.01] * 108)
BIAS = bytes(4 * 4)


def layer(kind, name, config, *inputs):
    return {"class_name": kind, "name": name, "config": {"name": name} | config,
            "inbound_nodes": [[[source, 0, 0, {}] for source in inputs]] if inputs else []}


INPUT = layer("InputLayer", "in", {"batch_input_shape": [None, None, None, 3]})
CONV = layer("Conv2D", "conv", {"filters": 4, "kernel_size": [3, 3], "strides": [1, 1],
                                "padding": "same", "activation": "linear"}, "in")
LAST = layer("Concatenate", "out", {"axis": 3}, "in")


def model(*layers, output="out"):
    """A whole model: a picture, a convolution that nothing needs, and the picture again."""
    config = {"name": "net", "layers": list(layers or (INPUT, CONV, LAST)),
              "input_layers": [["in", 0, 0]], "output_layers": [[output, 0, 0]]}
    return {"format": "layers-model", "userDefinedMetadata": {"range": 1},
            "modelTopology": {"model_config": {"class_name": "Functional", "config": config}},
            "weightsManifest": [{"paths": [SHARD], "weights": [
                {"name": "conv/kernel", "shape": [3, 3, 3, 4], "dtype": "float32"},
                {"name": "conv/bias", "shape": [4], "dtype": "float32"}]}]}


def changed(path, value, base=None):
    """The whole model with what lies at `path`, keys and indices, set to `value`; None deletes."""
    tree = copy.deepcopy(base or model())
    at = tree
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return tree


def case(name, data, message, shard=KERNEL + BIAS, **beside):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    files = {} if shard is None else {SHARD: shard}
    return Case("tfjs " + name, "m.json", data, MODEL, r"m\.json: .*" + message, files | beside)


LAYERS = ("modelTopology", "model_config", "config", "layers")
ENTRY = ("weightsManifest", 0, "weights", 0)
PATHS = ("weightsManifest", 0, "paths")


def layers(*made, output="out"):
    """A model of these layers behind the picture, without weights."""
    tree = model(INPUT, *made, output=output)
    tree["weightsManifest"] = []
    return tree


def attribute(key, value):
    return changed((*LAYERS, 1, "config", key), value)


def quantised(**quantization):
    return changed((*ENTRY, "quantization"), quantization)


def path_case(name, path):
    return case(f"shard path {name}", changed((*PATHS, 0), path),
                r"the shard path .* is not a plain file name; put")


def link_to_shard(path):
    """A model whose shard is a symbolic link to a file elsewhere."""
    (path.parent / "elsewhere").write_bytes(KERNEL + BIAS)
    os.symlink("elsewhere", path.parent / SHARD)
    path.write_text(json.dumps(model()))


def doubled(times):
    """The picture joined with itself, over and over."""
    made = [layer("Concatenate", f"c{i}", {"axis": 3}, *[f"c{i - 1}" if i else "in"] * 8)
            for i in range(times)]
    return layers(*made, output=f"c{times - 1}")


CASES = [
    case("brace", b"{", r"is not JSON"),
    case("not UTF-8", b'{"a": "\xff"}', r"is not JSON in UTF-8"),
    case("trailing bytes", json.dumps(model()).encode() + b"}", r"is not JSON"),
    case("nested 65 deep", b'{"a":[' + b"[" * 64 + b"]" * 65 + b"}", r"more than 64 deep"),
    case("nested a million deep", b'{"a":' + b"[" * 1_000_000, r"more than 64 deep"),
    case("key twice",
         json.dumps(model()).replace('"format"', '"format": "x", "format"', 1).encode(),
         r"the key 'format' is there twice"),
    case("other JSON", b'{"hello": 1}', r"is JSON without a modelTopology; give the model\.json"),
    case("graph model", changed(("format",), "graph-model"), r"is no layers model; convert"),
    case("Sequential", changed(LAYERS[:2] + ("class_name",), "Sequential"),
         r"is a 'Sequential' network; only Keras' functional ones"),
    case("no layers", changed(LAYERS, []), r"its first layer is not its input"),
    case("layers are text", changed(LAYERS, "x"), r"\"layers\" is missing or no array"),
    case("two outputs", changed((*LAYERS[:3], "output_layers"), [["out", 0, 0], ["in", 0, 0]]),
         r"output_layers has 2 entries, expected 1"),
    case("output of no layer", model(output="gone"), r"its output 'gone' is no layer"),
    case("layer that reads itself", changed((*LAYERS, 2, "inbound_nodes"), [[["out", 0, 0, {}]]]),
         r"Concatenate out reads 'out', which no layer before it makes"),
    case("layer twice", changed((*LAYERS, 2, "name"), "conv"), r"the layer conv is there twice"),
    case("layer that runs twice", changed((*LAYERS, 2, "inbound_nodes"), [[["in", 0, 0, {}]]] * 2),
         r"runs 2 times; layers that share weights"),
    case("second result of a layer", changed((*LAYERS, 2, "inbound_nodes"), [[["in", 0, 1, {}]]]),
         r"reads something else than the only result"),
    case("Keras 3", changed((*LAYERS, 2, "inbound_nodes"), [{"args": [], "kwargs": {}}]),
         r"are those of Keras 3; export it with Keras 2"),
    case("name with an escape", changed((*LAYERS, 2, "name"), "a\x1b[31m"),
         r"holds control characters"),
    case("Lambda", layers(layer("Lambda", "out", {"function": ["code"]}, "in")),
         r"Lambda out: holds Python code, which is never run; export"),
    case("attention", layers(layer("MultiHeadAttention", "out", {}, "in")),
         r"MultiHeadAttention out: layers of this class are not supported"),
    case("attribute unknown", attribute("output_padding", 1),
         r"Conv2D conv: the attribute 'output_padding' is not supported"),
    case("stride 2", attribute("strides", [2, 2]), r"its strides is '\[2,2\]', only 1 is"),
    case("dilation 2", attribute("dilation_rate", [2, 2]), r"its dilation_rate is "),
    case("valid padding", attribute("padding", "valid"), r"its padding is 'valid', only same"),
    case("channels first", attribute("data_format", "channels_first"), r"only \"channels_last\""),
    case("even kernel", attribute("kernel_size", [2, 2]), r"its kernel 2x2 is even"),
    case("oblong kernel", attribute("kernel_size", [3, 1]), r"differs in rows and columns"),
    case("-1 filters", attribute("filters", -1), r"\"filters\" is missing or no whole number 1"),
    case("10^30 filters", json.dumps(attribute("filters", 7)).replace(
        '"filters": 7', '"filters": 1' + "0" * 30).encode(), r"\"filters\" is missing or no whole"),
    case("other filters", attribute("filters", 5),
         r"the tensor conv/kernel is \[3, 3, 3, 4\], expected \[3, 3, 3, 5\]"),
    case("unknown activation", attribute("activation", "exponential"),
         r"the activation 'exponential' is not supported"),
    case("tensor of no layer", changed((*ENTRY, "name"), "other/kernel"),
         r"the tensor conv/kernel is missing"),
    case("tensor left over", changed((*LAYERS, 1), None), r"conv/bias belongs to no layer"),
    case("tensor twice", changed((*ENTRY[:3], 1, "name"), "conv/kernel"),
         r"tensor conv/kernel is there twice"),
    case("integer weights", changed((*ENTRY, "dtype"), "int32"),
         r"is of the type 'int32', expected float32; export"),
    case("int8 quantised", quantised(dtype="int8", scale=1, min=0),
         r"is quantised to 'int8', expected uint8, uint16 or float16; export"),
    case("quantised without scale", quantised(dtype="uint8", min=0),
         r"tensor conv/kernel: \"scale\" is missing or no finite number"),
    case("infinite scale", json.dumps(quantised(dtype="uint8", scale=9, min=0)).replace(
        '"scale": 9', '"scale": 1e999').encode(), r"is not JSON|no finite number"),
    case("quantised beyond float", quantised(dtype="uint8", scale=1e300, min=0),
         r"tensor conv/kernel holds .*infinity", bytes([1]) * 108 + BIAS),
    case("-1 elements", changed((*ENTRY, "shape"), [3, 3, 3, -1]),
         r"tensor conv/kernel: \"shape\" holds what is no whole number"),
    case("elements overflow", changed((*ENTRY, "shape"), [1 << 31, 1 << 31, 1 << 31]),
         r"conv/kernel has the shape .*, which overflows"),
    case("more elements than bytes", changed((*ENTRY, "shape"), [1 << 20, 1 << 20]),
         r"the shards have 448 bytes, their tensors 4398046511120"),
    case("9 dimensions", changed((*ENTRY, "shape"), [1] * 9), r"\"shape\" has 9 numbers, limit 8"),
    case("shard too short", model(), r"the shards have 447 bytes, their tensors 448",
         (KERNEL + BIAS)[:-1]),
    case("shard too long", model(), r"have more than the 448 bytes of their tensors",
         KERNEL + BIAS + b"x"),
    case("shard missing", model(), r"needs weights\.bin beside it: no such file", None),
    case("shard twice", changed(PATHS, [SHARD, SHARD]), r"the shard weights\.bin is there twice"),
    case("NaN weight", model(), r"tensor conv/kernel holds a NaN",
         struct.pack("<f", float("nan")) + (KERNEL + BIAS)[4:]),
    path_case("of the parent", "../weights.bin"),
    path_case("absolute", "/etc/passwd"),
    path_case("of the network", "https://example.org/w.bin"),
    path_case("with a backslash", "..\\weights.bin"),
    path_case("of the folder", ".."),
    path_case("empty", ""),
    path_case("with NUL", "weights\0.bin"),
    case("shard path is a number", changed((*PATHS, 0), 7), r"a shard's path is no text"),
    Case("tfjs shard is a link", "m.json", None, MODEL,
         r"m\.json: needs weights\.bin beside it: a symbolic link; put the file", {},
         link_to_shard),
    case("range of 2", changed(("userDefinedMetadata", "range"), 2),
         r"userDefinedMetadata\.range is 2, expected 1 or 255"),
    case("no range", changed(("userDefinedMetadata",), None),
         r"nothing tells whether its values are 0\.\.\.1 or 0\.\.\.255; add"),
    case("channels grow without end", doubled(6), r"has \d+ channels, limit 65536|more than 4096"),
    case("sizes grow without end", layers(
        layer("UpSampling2D", "a", {"size": [16, 16], "interpolation": "nearest"}, "in"),
        layer("UpSampling2D", "out", {"size": [16, 16], "interpolation": "nearest"}, "a")),
         r"enlarges to 256 times the picture, limit 64"),
    case("bilinear", layers(
        layer("UpSampling2D", "out", {"size": 2, "interpolation": "bilinear"}, "in")),
         r"its interpolation is '\"bilinear\"', only \"nearest\""),
    case("shuffle of 3 channels", layers(layer("PixelShuffle2x", "out", {"scale": 2}, "in")),
         r"its 3 channels are no multiple of 2\^2"),
    case("shuffle of two minds", layers(layer("PixelShuffle2x", "out", {"scale": 3}, "in")),
         r"its scale is 3, its class says 2"),
    case("shuffle of no scale", layers(layer("PixelShuffle", "out", {}, "in")),
         r"nothing tells its scale; set"),
    case("beta is text", layers(layer("MultiplyBeta", "out", {"beta": "0.2"}, "in")),
         r"\"beta\" is missing or no finite number"),
    case("other axis", layers(layer("Concatenate", "out", {"axis": 1}, "in")),
         r"joins another axis"),
    case("sum of one", layers(layer("Add", "out", {}, "in")), r"has 1 inputs, expected 2"),
    case("sum of different maps", layers(
        layer("Concatenate", "a", {"axis": 3}, "in", "in"), layer("Add", "out", {}, "a", "in")),
         r"Add out: "),
    case("picture of 5 channels", changed((*LAYERS, 0, "config", "batch_input_shape"),
                                          [None, None, None, 5]), r"picture of 1\.\.\.4 channels"),
    case("second input", layers(layer("InputLayer", "out", {"batch_input_shape": [1, 1, 1, 3]})),
         r"is a second input"),
]

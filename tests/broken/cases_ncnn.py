"""Broken ncnn models: a .param file, and its .bin beside it."""

import struct

from cases import Case

MODEL = 4
TAG = struct.pack("<I", 0)
INPUT = "Input in 0 1 data 2=3"
CONVOLUTION = "Convolution conv 1 1 data mid 0=12 1=3 4=1 6=324"
SHUFFLE = "PixelShuffle shuffle 1 1 mid out 0=2"
BIN = TAG + bytes(4 * 324)


def param(*lines, layers=None, blobs=None, magic="7767517"):
    """A file of these layers, with their true counts or those given."""
    made = sum(int(line.split()[3]) for line in lines)
    counts = f"{len(lines) if layers is None else layers} {made if blobs is None else blobs}"
    return "\n".join([magic, counts, *lines, ""]).encode()


def case(name, data, message, weights=BIN):
    return Case("ncnn " + name, "m.param", data, MODEL, r"m\.param: .*" + message,
                {} if weights is None else {"m.bin": weights})


def whole(convolution=CONVOLUTION, **counts):
    return param(INPUT, convolution, SHUFFLE, **counts)


def convolution(fields):
    return whole("Convolution conv 1 1 data mid " + fields)


def last(line):
    """The picture's layer, then this one."""
    return param(INPUT, line)


CASES = [
    case("empty", b"", r"does not begin with 7767517"),
    case("old magic", whole(magic="7767516"), r"does not begin with 7767517"),
    case("magic alone", b"7767517\n", r"ends before its layer and blob counts"),
    case("-1 layers", whole(layers=-1), r"line 2: the layer count is '-1', expected 1\.\.\.100000"),
    case("2^31 layers", whole(layers=1 << 31), r"the layer count is '2147483648', expected 1"),
    case("-1 blobs", whole(blobs=-1), r"the blob count is '-1', expected 1"),
    case("2^31 blobs", whole(blobs=1 << 31), r"the blob count is '2147483648', expected 1"),
    case("count beyond 64 bits", whole(layers=10 ** 30), r"the layer count is '10000"),
    case("too few layers", whole(layers=5), r"declares 5 layers and has 3"),
    case("too many layers", whole(layers=2), r"declares 2 layers and has more"),
    case("too few blobs", whole(blobs=9), r"declares 9 blobs and its layers make 3"),
    case("too many blobs", whole(blobs=2), r"declares 2 blobs and its layers make more"),
    case("line cut", b"7767517\n2 2\n" + INPUT.encode() + b"\nReLU r 1", r"line 4: the number of"),
    case("undefined blob", last("ReLU r 1 1 nothing out"), r"reads the blob nothing, which no"),
    case("blob of itself", last("ReLU r 1 1 out out"), r"reads the blob out, which no"),
    case("blob made twice", param(INPUT, "ReLU a 1 1 data mid", "ReLU b 1 1 mid data"),
         r"makes the blob data, which another layer makes"),
    case("no outputs", last("ReLU r 1 0 data"), r"the number of outputs is '0'"),
    case("2^31 outputs", last("ReLU r 1 1 data out").replace(b"1 1 data", b"1 2147483648 data"),
         r"the number of outputs is '2147483648'"),
    case("two ends", param(INPUT, "ReLU a 1 1 data b", "ReLU c 1 1 data d"),
         r"2 blobs are read by no layer", b""),
    case("no Input", param("ReLU r 1 1 data out"), r"nothing tells how many channels .*; add 2=3"),
    case("Input of 2 channels", param("Input in 0 1 data 2=2", "ReLU r 1 1 data out"),
         r"2 -> 2 channels are no picture's", b""),
    case("unknown layer", last("Warp w 1 1 data out"), r"type Warp are not supported"),
    case("Deconvolution", last("Deconvolution d 1 1 data out"), r"Deconvolution are not supported"),
    case("name of 256 bytes", last("ReLU " + "n" * 256 + " 1 1 data out"),
         r"name of 256 bytes, limit 255"),
    case("name with a bell", last("ReLU r\a 1 1 data out"), r"'r\?' is not printable ASCII"),
    case("parameter 32", last("ReLU r 1 1 data out 32=1"), r"parameter 32 is not within 0\.\.\.31"),
    case("parameter -1", last("ReLU r 1 1 data out -1=1"), r"parameter -1 is not within"),
    case("parameter twice", last("ReLU r 1 1 data out 0=0.5 0=0.5"), r"parameter 0 is there twice"),
    case("unknown parameter", last("ReLU r 1 1 data out 5=1"), r"ReLU r: parameter 5 is not"),
    case("whole number over 32 bits", convolution("0=2147483648 1=3 4=1 6=324"),
         r"'2147483648' is not a number within range"),
    case("number over float", last("ReLU r 1 1 data out 0=1.0e39"), r"'1\.0e39' is not a number"),
    case("number is NaN", last("ReLU r 1 1 data out 0=nan"), r"'nan' is not a number"),
    case("array of 2^31 - 1", last("ReLU r 1 1 data out -23310=2147483647,1.0"),
         r"length of an array is '2147483647', expected 0\.\.\.1024"),
    case("array too short", last("ReLU r 1 1 data out -23310=2,1.0"),
         r"declares 2 values and has 1"),
    case("too many weights declared", convolution("0=12 1=3 4=1 6=325"),
         r"is 325, the shape \[12, 3, 3, 3\] asks for 324"),
    case("weights wrap", convolution("0=65536 1=63 11=63 4=31 6=2147483647"),
         r"is 2147483647, the shape \[65536, 3, 63, 63\]"),
    case("even kernel", convolution("0=12 1=2 6=144"), r"kernel 2x2 is even"),
    case("stride 2", convolution("0=12 1=3 3=2 4=1 6=324"), r"parameter 3 \(stride\) is 2, only 1"),
    case("dilation 2", convolution("0=12 1=3 2=2 4=2 6=324"),
         r"parameter 2 \(dilation\) is 2, only 1"),
    case("int8 scales", convolution("0=12 1=3 4=1 6=324 8=2"), r"\(int8 scales\) is 2, only 0"),
    case("groups of 0", whole("ConvolutionDepthWise conv 1 1 data mid 0=12 1=3 4=1 6=324 7=0"),
         r"parameter 7 \(groups\) is 0"),
    case("aligned corners", last("Interp i 1 1 data out 0=2 1=2.0 2=2.0 6=1"),
         r"\(aligned corners\)"),
    case("scale of 0", last("Interp i 1 1 data out 0=2 1=0.0 2=0.0"), r"scale 0 "),
    case("shuffle of 3 channels", last("PixelShuffle p 1 1 data out 0=2"), r"multiple of 2\^2"),
    case("division by zero", last("BinaryOp b 1 1 data out 0=3 1=1 2=0.0"), r"overflows"),
    case("no .bin", whole(), r"needs m\.bin beside it: no such file", weights=None),
    case(".bin empty", whole(), r"conv\.weight in the \.bin file at byte 0 needs 4", b""),
    case(".bin too short", whole(), r"at byte 4 needs 1296 bytes, 1292 are left", BIN[:-4]),
    case(".bin too long", whole(), r"3 bytes of the \.bin file are left over at byte 1300",
         BIN + bytes(3)),
    case("int8 weights", whole(), r"is int8, which is not supported",
         struct.pack("<I", 0x000D4B38) + bytes(324)),
    *[case(f"layer {kind}", last(f"{kind} q 1 1 data out 0=1"),
           rf"{kind} q: the network is quantised to int8, .*; use the one that ncnn2int8 made")
      for kind in ("Quantize", "Dequantize", "Requantize")],
    case("int8 in a depthwise convolution", whole(
        "ConvolutionDepthWise conv 1 1 data mid 0=12 1=3 4=1 6=108 7=3"),
         r"conv\.weight at byte 0 .* is int8, .*; convert the model without quantisation",
         struct.pack("<I", 0x000D4B38) + bytes(108)),
    case("weights by a table of 256", whole(), r"has the type 0x00000001: quantised by a table",
         struct.pack("<I", 1) + bytes(1024 + 324)),
    case("weights by a table", whole(), r"has the type 0x01020304: quantised by a table",
         struct.pack("<I", 0x01020304) + bytes(2000)),
    case("NaN weight", whole(), r"tensor conv\.weight holds a NaN .* at element 0",
         TAG + struct.pack("<f", float("nan")) + bytes(4 * 323)),
    Case("ncnn no .param", "m.bin", BIN, MODEL, r"m\.bin: needs m\.param beside it: no such file"),
]

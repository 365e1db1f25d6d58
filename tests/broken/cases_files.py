"""What is no picture or no model at all, under any name: other formats, and paths that are no
file."""

import os
import struct

from cases import Case

PICTURE, MODEL = 3, 4


def foreign(name, data, pattern):
    return Case(name, "x.png", data, PICTURE, pattern)


def box(brand):
    """The first box of an ISO media file."""
    return struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, brand) + bytes(40)


def loop(path):
    os.symlink(path.name, path)


def folder_loop(path):
    path.mkdir()
    os.symlink("..", path / "up")
    os.symlink(".", path / "same")


def unreadable(path):
    path.write_bytes(b"secret")
    path.chmod(0)


def dangling(path):
    os.symlink("nothing-here", path)


PICTURES = [
    foreign("empty file", b"", r"x\.png: the file is empty \(0 bytes\); give a PNG"),
    foreign("one byte", b"\x89", r"x\.png: not a picture \(its first bytes are 89\); give a PNG"),
    foreign("text", b"This is no picture.\n", r"not a picture \(.* 54 68 69 73\); give a PNG"),
    foreign("zeros", bytes(4096), r"not a picture \(its first bytes are 00 00 00 00\); give"),
    foreign("web page", b"<!DOCTYPE html><html>404</html>", r"x\.png: .*; (give|convert)"),
    foreign("gif", b"GIF89a\x10\0\x10\0\0\0\0;", r"GIF file.*; convert it to PNG"),
    foreign("bmp", b"BM" + struct.pack("<IIIIiiHHIIIIII", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0,
                                       0, 0) + bytes(4), r"BMP file.*; convert it to PNG"),
    foreign("tiff, little-endian", b"II*\0\x08\0\0\0" + bytes(40), r"TIFF.* file.*; convert it"),
    foreign("tiff, big-endian", b"MM\0*\0\0\0\x08" + bytes(40), r"TIFF.* file.*; convert it"),
    foreign("avif", box(b"avif"), r"AVIF file.*; convert it to PNG"),
    foreign("heic", box(b"heic"), r"HEI[CF].* file.*; convert it to PNG"),
    foreign("jxl codestream", b"\xff\x0a" + bytes(40), r"JPEG XL file.*; convert it"),
    foreign("jxl container", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), r"JPEG XL file.*; convert"),
    foreign("psd", b"8BPS\0\x01" + bytes(40), r"(PSD|Photoshop).* file.*; convert it"),
    foreign("pdf", b"%PDF-1.7\n" + bytes(40), r"x\.png: .*; (give|convert)"),
    Case("missing picture", "gone.png", None, PICTURE, r"gone\.png: no such file"),
    Case("picture in a missing folder", "gone/x.png", None, PICTURE, r"gone/x\.png: no such file"),
    Case("endless device", "/dev/zero", None, PICTURE, r"/dev/zero: is a device; give"),
    Case("null device", "/dev/null", None, PICTURE, r"/dev/null: is a device; give"),
    Case("named pipe", "pipe.png", None, PICTURE, r"pipe\.png: is a named pipe; give",
         place=os.mkfifo),
    Case("link to itself", "loop.png", None, PICTURE, r"loop\.png: .*loop of symbolic links",
         place=loop),
    Case("link to nothing", "link.png", None, PICTURE, r"link\.png: no such file", place=dangling),
    Case("folder of links to itself", "folder", None, PICTURE,
         r"folder: no picture in this folder \(2 other entries; .*\); name another",
         place=folder_loop),
    Case("empty folder", "folder", None, PICTURE, r"folder: no picture in this folder \(0 other",
         place=lambda path: path.mkdir()),
    Case("unreadable picture", "secret.png", None, PICTURE, r"secret\.png: no permission to read",
         place=unreadable),
]


def other(name, file, data, message):
    return Case(name, file, data, MODEL, message)


MODELS = [
    other("PyTorch zip", "m.pth", b"PK\x03\x04" + bytes(100),
          r"m\.pth: the zip archive has no end of directory.*; get the file again"),
    other("PyTorch zip under another name", "m.safetensors", b"PK\x03\x04" + bytes(100),
          r"the zip archive has no end"),
    other("legacy pickle", "m.pth", bytes.fromhex("80028a0a6cfc9c46f9206aa850192e"),
          r"m\.pth: the protocol 1001 of torch\.save .* cut short; get the file again"),
    other("pickle that calls a function", "m.pth", b"\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.",
          r"m\.pth: the magic number of torch\.save is not there; it is a Python pickle"),
    other("gguf", "m.gguf", b"GGUF\x03\0\0\0" + bytes(40), r"m\.gguf: is GGUF, .*; save the"),
    other("hdf5", "m.h5", b"\x89HDF\r\n\x1a\n" + bytes(40), r"m\.h5: is HDF5, .*; convert"),
    other("tflite", "m.tflite", b"\x1c\0\0\0TFL3" + bytes(40), r"TensorFlow Lite, .*; convert"),
    other("binary ncnn", "m.param.bin", b"\xdd\x85\x76\0\x02\0\0\0", r"binary ncnn.*; give the"),
    other("empty model", "m.pth", b"", r"m\.pth: is no model file that is known; give"),
    other("text as a model", "m.txt", b"a model\n",
          r"m\.txt: is no model file that is known; give"),
    other("picture as a model", "m.png", b"\x89PNG\r\n\x1a\n", r"is no model file.*; give"),
    other("missing model", "./gone.safetensors", None, r"gone\.safetensors: .*no such file"),
    Case("folder as a model", "./folder", None, MODEL, r"folder: is a folder; give",
         place=lambda path: path.mkdir()),
    Case("named pipe as a model", "pipe.safetensors", None, MODEL, r"is a named pipe; give",
         place=os.mkfifo),
    Case("model that links to itself", "loop.safetensors", None, MODEL,
         r"loop of symbolic links", place=loop),
    Case("device as a model", "/dev/zero", None, MODEL, r"/dev/zero: is a device; give"),
    Case("unreadable model", "secret.safetensors", None, MODEL, r"no permission to read",
         place=unreadable),
]

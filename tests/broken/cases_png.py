"""Broken PNG files."""

import random
import struct
import zlib

from cases import Case
from picture_files import SIGNATURE, chunk, filtered, header, pattern, png

PICTURE = 3

IDAT = chunk(b"IDAT", zlib.compress(filtered(pattern(5, 4))))
IEND = chunk(b"IEND", b"")
WHOLE = png(5, 4)
# Pixels that do not compress, so that a cut falls well within them.
LARGE = png(64, 64, rows=[list(random.Random(y).randbytes(192)) for y in range(64)])


def of(*chunks):
    return SIGNATURE + b"".join(chunks)


def packed(data):
    return chunk(b"IDAT", zlib.compress(data))


def raw_header(width, height, depth=8, colour=2, compression=0, filtering=0, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, compression,
                                      filtering, interlace))


def wrong_adler():
    data = bytearray(zlib.compress(filtered(pattern(5, 4))))
    data[-1] ^= 1
    return of(header(5, 4), chunk(b"IDAT", bytes(data)), IEND)


def damaged(offset):
    """The large picture with one byte of its pixels turned over and its checksum left alone."""
    data = bytearray(LARGE)
    data[offset] ^= 0xFF
    return bytes(data)


def case(name, data, message):
    return Case("png " + name, "x.png", data, PICTURE, message)


CASES = [
    case("signature alone", SIGNATURE, r"cut off PNG: the file ends at byte 8,"),
    case("half a signature", SIGNATURE[:4] + b"\n\n", r"x\.png: (broken PNG|not a picture)"),
    case("sent as text", WHOLE.replace(b"\r\n", b"\n"), r"signature is damaged.*; get the file"),
    case("cut in the header", WHOLE[:20], r"cut off PNG: the file ends at byte 20, .* at byte 8;"),
    case("cut in the pixels", LARGE[:len(LARGE) // 2], r"cut off PNG: .* at byte 33;"),
    case("cut before its end", WHOLE[:-12], r"cut off PNG: the file ends at byte \d+"),
    case("cut in the last checksum", WHOLE[:-1], r"cut off PNG: .*; get the file again"),
    case("wrong checksum of IHDR", of(chunk(b"IHDR", header(5, 4)[8:21], crc=1), IDAT, IEND),
         r"broken PNG: .*(crc|checksum).*; get the file"),
    case("wrong checksum of IDAT", of(header(5, 4), chunk(b"IDAT", IDAT[8:-4], crc=1), IEND),
         r"broken PNG: .*(crc|checksum).*; get the file"),
    case("one byte changed", damaged(3000), r"broken PNG: .*; get the file again"),
    case("wrong Adler sum", wrong_adler(), r"broken PNG: incorrect data check in its .*; get"),
    case("dimension bomb", of(header(65535, 65535), packed(bytes(10_000_000)), IEND),
         r"65535 x 65535.*(limit|at most).*"),
    case("2^31 wide", of(header(1 << 31, 1), IDAT, IEND), r"2147483648 x 1"),
    case("no width", of(header(0, 4), IDAT, IEND), r"0 x 4"),
    case("no height", of(header(5, 0), IDAT, IEND), r"5 x 0"),
    case("colour type 5", of(raw_header(5, 4, colour=5), IDAT, IEND),
         r"colour type 5 with 8 bits.*; get the file"),
    case("colour type 255", of(raw_header(5, 4, colour=255), IDAT, IEND),
         r"colour type 255 with 8 bits.*; get the file"),
    case("3 bits", of(raw_header(5, 4, depth=3, colour=0), IDAT, IEND),
         r"colour type 0 with 3 bits.*; get the file"),
    case("4 bits of RGB", of(raw_header(5, 4, depth=4), IDAT, IEND), r"colour type 2 with 4 bits"),
    case("16 bits of palette", of(raw_header(5, 4, depth=16, colour=3), IDAT, IEND),
         r"colour type 3 with 16 bits"),
    case("compression 1", of(raw_header(5, 4, compression=1), IDAT, IEND),
         r"compression 1, filter 0, interlace 0 .*; get the file"),
    case("interlace 2", of(raw_header(5, 4, interlace=2), IDAT, IEND), r"interlace 2 .*; get"),
    case("no palette", of(header(5, 4, colour_type=3), packed(bytes(6 * 4)), IEND),
         r"broken PNG: .*; get the file"),
    case("palette of 4 bytes",
         of(header(5, 4, colour_type=3), chunk(b"PLTE", bytes(4)), packed(bytes(6 * 4)), IEND),
         r"broken PNG: .*; get the file"),
    case("no pixels", of(header(5, 4), IEND), r"pixels end after 0 bytes \(64 for 5 x 4"),
    case("no header", of(IDAT, IEND), r"begins with a chunk 'IDAT' of \d+ bytes \(IHDR of 13\)"),
    case("header of 12 bytes", of(chunk(b"IHDR", bytes(12)), IDAT, IEND),
         r"chunk 'IHDR' of 12 bytes \(IHDR of 13\)"),
    case("header twice", of(header(5, 4), header(5, 4), IDAT, IEND), r"broken PNG: .*; get"),
    case("rows missing", of(header(5, 4), packed(filtered(pattern(5, 3))), IEND),
         r"its pixels are 48 bytes \(64 for 5 x 4\); get the file"),
    case("pixels not compressed", of(header(5, 4), chunk(b"IDAT", bytes(64)), IEND),
         r"broken PNG: .* in its compressed pixels; get the file"),
    case("filter 5", of(header(5, 4), packed(b"\x05" + bytes(15) + bytes(48)), IEND),
         r"broken PNG: .*; get the file"),
    case("unknown critical chunk", of(header(5, 4), chunk(b"XXXX", b"?"), IDAT, IEND),
         r"broken PNG: .*; get the file"),
    case("chunk of 2^32 - 1 bytes",
         of(header(5, 4), struct.pack(">I4s", 0xFFFFFFFF, b"IDAT"), bytes(20)),
         r"cut off PNG: .* at byte 33;"),
]

# 60 MB of zeros in 60 kB: a reader that inflates what it does not need is the target.
BOMB = zlib.compress(bytes(60_000_000), 9)


def accepted(name, message, **extra):
    return Case("png " + name, "x.png", png(5, 4, **extra), 0, message)


# The pixels are whole: they are used, and a line says what was not.
ACCEPTED = [
    accepted("profile bomb", r"warning: .*profile", extra=chunk(b"iCCP", b"p\0\0" + BOMB)),
    accepted("text bomb", r"^$", extra=chunk(b"zTXt", b"Comment\0\0" + BOMB)),
    accepted("broken EXIF", r"warning: .*EXIF", extra=chunk(b"eXIf", b"no TIFF header")),
    accepted("broken transparency", r"warning: .*tRNS", extra=chunk(b"tRNS", b"\0")),
    Case("png animated", "x.png", png(5, 4, extra=chunk(b"acTL", struct.pack(">II", 2, 0))), 0,
         r"warning: .*animated PNG"),
    Case("png too many pixels", "x.png",
         of(header(5, 4), packed(filtered(pattern(5, 4)) + bytes(1000)), IEND), 0,
         r"warning: .*more compressed data than its pixels need"),
    # Every decoder shows such a pixel black.
    Case("png palette index too high", "x.png",
         of(header(5, 4, colour_type=3), chunk(b"PLTE", b"\xff" * 3), packed(b"\0" + b"\x09" * 5 +
                                                                           bytes(18)), IEND),
         0, r"^$"),
    Case("png behind a foreign name", "x.jpg", WHOLE, 0, r"taken as png, which it is"),
]

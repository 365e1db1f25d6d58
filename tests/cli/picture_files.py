"""PNG files, written and read with the standard library alone."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, payload, crc=None):
    """A chunk with its checksum, or with `crc` in its place."""
    body = kind + payload
    return struct.pack(">I", len(payload)) + body + struct.pack(
        ">I", zlib.crc32(body) if crc is None else crc)


def header(width, height, depth=8, colour_type=2, interlace=0):
    return chunk(b"IHDR",
                 struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace))


def pattern(width, height, channels=3, depth=8):
    """Rows of samples without any symmetry; alpha, where there is one, is never 0."""
    top = (1 << depth) - 1
    return [[1 + (7919 * (y * width + x) + 104729 * c + 31 * x * y) % top
             for x in range(width) for c in range(channels)] for y in range(height)]


def filtered(rows, depth=8):
    """The rows as PNG's filter 0 has them."""
    sample = ">H" if depth == 16 else "B"
    return b"".join(b"\0" + b"".join(struct.pack(sample, v) for v in row) for row in rows)


def png(width, height, channels=3, depth=8, rows=None, extra=b""):
    """A PNG of `rows` (default: the pattern); `extra` chunks go before the image data."""
    rows = pattern(width, height, channels, depth) if rows is None else rows
    return (SIGNATURE + header(width, height, depth, COLOUR_TYPES[channels]) + extra +
            chunk(b"IDAT", zlib.compress(filtered(rows, depth))) + chunk(b"IEND", b""))


def flat_png(width, height):
    """A PNG of one colour: large pictures in no time."""
    row = b"\0" + bytes([200, 100, 50]) * width
    return (SIGNATURE + header(width, height) + chunk(b"IDAT", zlib.compress(row * height)) +
            chunk(b"IEND", b""))


def _paeth(a, b, c):
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def _unfilter(kind, line, above, step):
    for i, value in enumerate(line):
        a = line[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        line[i] = (value + [0, a, b, (a + b) // 2, _paeth(a, b, c)][kind]) & 255


def read_png(data):
    """(width, height, channels, depth, rows) of a PNG that is not interlaced and has no palette."""
    assert data[:8] == SIGNATURE, data[:8]
    position, packed = 8, b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        payload = data[position + 8:position + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", payload)
            assert interlace == 0 and depth in (8, 16), (interlace, depth)
        elif kind == b"IDAT":
            packed += payload
        position += 12 + length
    channels = CHANNELS[colour_type]
    step = channels * depth // 8
    raw, rows, above = zlib.decompress(packed), [], bytearray(width * step)
    for y in range(height):
        start = y * (1 + width * step)
        line = bytearray(raw[start + 1:start + 1 + width * step])
        _unfilter(raw[start], line, above, step)
        above = line
        rows.append(list(struct.unpack(">%dH" % (width * channels), line)) if depth == 16
                    else list(line))
    return width, height, channels, depth, rows

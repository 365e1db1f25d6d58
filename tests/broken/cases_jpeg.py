"""Broken JPEG and WebP files: a whole one, and then an accident."""

import struct

from cases import Case

PICTURE = 3

SOI, SOS = b"\xff\xd8", b"\xff\xda"


def segment(marker, payload):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def segments(jpeg):
    """[(marker, payload), ...] up to the first scan, and the offset of that scan's marker."""
    found, offset = [], 2
    while jpeg[offset:offset + 2] != SOS:
        length = struct.unpack(">H", jpeg[offset + 2:offset + 4])[0]
        found.append((jpeg[offset + 1], jpeg[offset + 4:offset + 2 + length]))
        offset += 2 + length
    return found, offset


def rebuilt(jpeg, change):
    """The file with each segment before the scan replaced by what `change` gives for it."""
    found, offset = segments(jpeg)
    return SOI + b"".join(change(marker, payload) for marker, payload in found) + jpeg[offset:]


def without(marker):
    return lambda seeds: rebuilt(seeds.jpeg,
                                 lambda m, p: b"" if m == marker else segment(m, p))


def is_frame(marker):
    return 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)


def frame(kind=None, precision=8, size=None, components=None):
    """A file whose frame header says something else."""
    def change(marker, payload):
        if not is_frame(marker):
            return segment(marker, payload)
        height, width = size or struct.unpack(">HH", payload[1:5])
        count = payload[5] if components is None else components
        return segment(marker if kind is None else kind, struct.pack(
            ">BHHB", precision, height, width, count) + payload[6:])
    return lambda seeds: rebuilt(seeds.jpeg, change)


def scan_bomb():
    """2000 x 2000, 10,000 progressive scans of 8 bytes each.

    The only Huffman code, one bit, means in the first scan that the mean does not change, and in
    the others, with 14 more bits, that 16384 blocks have nothing: four cover the 250 x 250.
    """
    one_code = bytes([1] + [0] * 15)
    first = segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes(250 * 250 // 8 + 1)
    more = segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + bytes(8)
    return (SOI + segment(0xDB, b"\0" + b"\x01" * 64) +
            segment(0xC2, struct.pack(">BHHB", 8, 2000, 2000, 1) + b"\x01\x11\x00") +
            segment(0xC4, b"\x00" + one_code + b"\x00") +
            segment(0xC4, b"\x10" + one_code + b"\xe0") + first + more * 9999 + b"\xff\xd9")


def overfull_huffman(seeds):
    return rebuilt(seeds.jpeg, lambda marker, payload: segment(
        marker, b"\x00\x03" + bytes(15) + b"\0\1\2" if marker == 0xC4 else payload))


def cut(part):
    return lambda seeds: seeds.jpeg[:int(len(seeds.jpeg) * part)]


def cut_in_header(seeds):
    return seeds.jpeg[:segments(seeds.jpeg)[1] - 5]


def scan_damaged(seeds):
    # FF 01 is a marker that has no place within a scan.
    middle = (segments(seeds.jpeg)[1] + len(seeds.jpeg)) // 2
    return seeds.jpeg[:middle] + b"\xff\x01" * 8 + seeds.jpeg[middle + 16:]


def exif(payload):
    return lambda seeds: SOI + segment(0xE1, b"Exif\0\0" + payload) + seeds.jpeg[2:]


def jpeg(name, data, message):
    return Case("jpeg " + name, "x.jpg", data, PICTURE, message)


JPEG = [
    jpeg("three bytes", b"\xff\xd8\xff", r"x\.jpg: (cut off|broken) JPEG: .*; get the file"),
    jpeg("start and end alone", SOI + b"\xff\xd9", r"x\.jpg: .*; "),
    jpeg("cut in the header", cut_in_header, r"cut off JPEG: .*; get the file"),
    jpeg("cut at a tenth", cut(0.1), r"cut off JPEG: .*; get the file"),
    jpeg("cut at half", cut(0.5), r"cut off JPEG: .*; get the file"),
    jpeg("cut in the scan", lambda seeds: seeds.jpeg[:-12], r"cut off JPEG: .*; get the file"),
    jpeg("end missing", lambda seeds: seeds.jpeg[:-2], r"cut off JPEG: .*; get the file"),
    jpeg("no frame", frame(kind=0xEF), r"broken JPEG: .*; get the file"),
    jpeg("12 bits", frame(precision=12), r"JPEG of 12 bits a channel \(8 are read\); convert"),
    jpeg("arithmetic coding", frame(kind=0xC9), r"JPEG with arithmetic coding.*; convert"),
    jpeg("lossless", frame(kind=0xC3), r"JPEG of a kind that is not read .*; convert"),
    jpeg("hierarchical", frame(kind=0xC5), r"JPEG of a kind that is not read .*; convert"),
    jpeg("no width", frame(size=(12, 0)), r"x\.jpg: .*; "),
    jpeg("no height", frame(size=(0, 16)), r"x\.jpg: .*; "),
    jpeg("65000 x 65000", frame(size=(65000, 65000)), r"65000 x 65000"),
    jpeg("more pixels than bytes", frame(size=(8000, 8000)),
         r"cut off JPEG: \d+ bytes cannot hold 8000 x 8000 pixels \(at least \d+\); get"),
    jpeg("no components", frame(components=0), r"broken JPEG: .*; get the file"),
    jpeg("three codes of one bit", overfull_huffman, r"broken JPEG: .*Huffman.*; get the file"),
    jpeg("no quantization tables", without(0xDB), r"broken JPEG: .*; get the file"),
    jpeg("damage in the scan", scan_damaged, r"(broken|cut off) JPEG: .*; get the file"),
    jpeg("10,000 scans", scan_bomb(), r"too many progressive scans \(limit 500 at 2000 x 2000\);"),
]


def chunk(kind, payload):
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def u24(value):
    return struct.pack("<I", value)[:3]


def canvas(flags, width=16, height=12):
    return chunk(b"VP8X", struct.pack("<I", flags) + u24(width - 1) + u24(height - 1))


def animated(seeds):
    frame_chunk = chunk(b"ANMF", bytes(6) + u24(15) + u24(11) + u24(100) + b"\0" + seeds.webp[12:])
    return riff(canvas(0x02), chunk(b"ANIM", bytes(6)), frame_chunk, frame_chunk)


def animation_without_frames(seeds):
    return riff(canvas(0x02), chunk(b"ANIM", bytes(6)))


def riff_size(size):
    return lambda seeds: seeds.webp[:4] + struct.pack("<I", size) + seeds.webp[8:]


def zeroed_pixels(seeds):
    return seeds.webp[:20] + bytes(len(seeds.webp) - 20)


def webp(name, data, message):
    return Case("webp " + name, "x.webp", data, PICTURE, message)


WEBP = [
    webp("mark alone", lambda seeds: seeds.webp[:12], r"x\.webp: (cut off|broken) WebP: .*; get"),
    webp("cut in the header", lambda seeds: seeds.webp[:24], r"WebP: .*; get the file"),
    webp("cut at half", lambda seeds: seeds.webp[:len(seeds.webp) // 2], r"WebP: .*; get the file"),
    webp("cut before its end", lambda seeds: seeds.webp[:-4], r"WebP: .*; get the file"),
    webp("RIFF of 2^32 - 2 bytes", riff_size(0xFFFFFFFE), r"WebP: .*; get the file"),
    webp("RIFF of 4 bytes", riff_size(4), r"WebP: .*; get the file"),
    webp("pixels are zeros", zeroed_pixels, r"WebP: .*; get the file"),
    webp("no pixels", lambda seeds: riff(canvas(0)), r"WebP: .*; get the file"),
    webp("animation without frames", animation_without_frames, r"WebP: .*; get the file"),
    webp("canvas of 2^24", lambda seeds: riff(canvas(0, 1 << 24, 1 << 24), seeds.webp[12:]),
         r"x\.webp: .*; "),
]

CASES = JPEG + WEBP

# The pixels are whole: they are used, and a line says what was not.
ACCEPTED = [
    Case("jpeg EXIF is no TIFF", "x.jpg", exif(b"garbage"), 0, r"warning: .*EXIF"),
    Case("jpeg EXIF points outside", "x.jpg", exif(b"II*\0" + struct.pack("<I", 1 << 31)), 0,
         r"warning: .*EXIF.* 2147483648"),
    Case("jpeg EXIF of 65535 entries", "x.jpg", exif(b"MM\0*\0\0\0\x08\xff\xff" + bytes(24)), 0,
         r"warning: .*EXIF.* 65535 entries"),
    Case("jpeg EXIF orientation 9", "x.jpg",
         exif(b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, 9, 0, 0)), 0,
         r"warning: .*EXIF.* orientation 9"),
    Case("jpeg EXIF empty", "x.jpg", exif(b""), 0, r"warning: .*EXIF"),
    Case("webp animated", "x.webp", animated, 0, r"warning: .*animat"),
]

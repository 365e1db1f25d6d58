#!/usr/bin/env python3
"""Makes the pictures of this folder: crops of free photographs, and patterns that are computed.

Needs Pillow, and for the photographs the scikit-image 0.19.3 wheel, which brings the originals:
    pip download --no-deps --only-binary=:all: --python-version 39 \\
        --platform manylinux2014_x86_64 scikit-image==0.19.3
    python3 make_pictures.py scikit_image-0.19.3-*.whl
Without a wheel only the patterns are made.
"""

import hashlib
import io
import math
import pathlib
import struct
import sys
import zipfile
import zlib

from PIL import Image, ImageDraw

FOLDER = pathlib.Path(__file__).resolve().parent

# Output: the original's name and sha256 (scikit-image's own registry has the same), the crop
# (left, top, right, bottom) and the size to which it is shrunk.
PHOTOGRAPHS = {
    "cat.png": ("chelsea.png", "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
                (60, 20, 380, 260), (160, 120)),
    "cat-eye.png": ("chelsea.png",
                    "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
                    (92, 80, 292, 260), (100, 90)),
    "coffee.jpg": ("coffee.png", "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
                   (20, 10, 570, 395), (200, 140)),
    "face.png": ("astronaut.png",
                 "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
                 (132, 8, 324, 200), (64, 64)),
    "rocket.png": ("rocket.jpg", "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
                   (0, 67, 640, 427), (320, 180)),
}


def photograph(wheel, name, sha256, crop, size):
    data = wheel.read("skimage/data/" + name)
    if hashlib.sha256(data).hexdigest() != sha256:
        sys.exit(f"make_pictures: {name}: not the file of scikit-image 0.19.3")
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.info.clear()  # no colour profile: all of these are sRGB
    return picture.resize(size, Image.Resampling.LANCZOS, box=crop)


def computed(mode, size, pixel):
    """A picture whose pixel (x, y) is pixel(x, y)."""
    picture = Image.new(mode, size)
    picture.putdata([pixel(x, y) for y in range(size[1]) for x in range(size[0])])
    return picture


def zone_plate():
    """Gray: rings, from frequency 0 at the centre to half a cycle a pixel at the sides."""
    side = 128
    centre = (side - 1) / 2

    def pixel(x, y):
        radius2 = (x - centre) ** 2 + (y - centre) ** 2
        return round(127.5 + 127.5 * math.cos(math.pi * radius2 / side))

    return computed("L", (side, side), pixel)


def cutout():
    """RGBA: a disc with a soft rim, a half-transparent band, and colour where alpha is 0."""
    def pixel(x, y):
        distance = math.hypot(x - 47.5, y - 31.5)
        alpha = max(0.0, min(1.0, (26 - distance) / 4))
        if 56 <= y < 60:
            alpha = 0.5
        return (2 * x + 32, 4 * y, 255 - 2 * x, round(255 * alpha))

    return computed("RGBA", (96, 64), pixel)


def shapes():
    """Palette of four colours: thin strokes, steps and dots, as in text and diagrams."""
    picture = Image.new("P", (120, 80), 0)
    picture.putpalette([250, 248, 240, 20, 20, 30, 190, 30, 45, 30, 90, 180])
    draw = ImageDraw.Draw(picture)
    for index, x in enumerate(range(6, 66, 12)):  # comb-like letters
        draw.line((x, 8, x, 24), fill=1, width=1 + index % 2)
        for y in range(8, 25, 8)[: 1 + index % 3]:
            draw.line((x, y, x + 6, y), fill=1)
    for index in range(9):  # rays from a point
        angle = math.pi * index / 16
        draw.line((6, 72, 6 + 60 * math.cos(angle), 72 - 42 * math.sin(angle)), fill=2)
    for index in range(6):  # nested frames
        draw.rectangle((74 + 3 * index, 6 + 3 * index, 112 - 3 * index, 40 - 3 * index), outline=3)
    draw.ellipse((76, 46, 110, 76), outline=1, fill=2)
    for index in range(0, 16, 2):  # a checkerboard of single pixels
        for y in range(54, 68):
            picture.putpixel((86 + index + y % 2, y), 0)
    return picture


def gradient_16bit():
    """The bytes of a 16-bit RGB PNG, which Pillow cannot write: ramps finer than 8 bits hold."""
    width, height = 64, 48
    rows = b"".join(
        b"\0" + b"".join(struct.pack(">3H", 1000 + 37 * x + 5 * y, 1300 * y + 3 * x,
                                     65535 - 1021 * x) for x in range(width))
        for y in range(height))

    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def main():
    for name, make in {"zone-plate.png": zone_plate, "cutout.png": cutout,
                       "shapes.png": shapes}.items():
        make().save(FOLDER / name, optimize=True)
    (FOLDER / "gradient-16bit.png").write_bytes(gradient_16bit())
    if len(sys.argv) > 1:
        with zipfile.ZipFile(sys.argv[1]) as wheel:
            for name, recipe in PHOTOGRAPHS.items():
                options = {"quality": 90} if name.endswith(".jpg") else {"optimize": True}
                photograph(wheel, *recipe).save(FOLDER / name, **options)


if __name__ == "__main__":
    main()

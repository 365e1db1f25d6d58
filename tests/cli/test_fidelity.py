"""What a file says beside its pixels, and how its pixels are kept, is in the result's file."""

import struct
import unittest
import zlib

import picture_files
from harness import STB, FoveaTest

PROFILE = (bytes(16) + b"RGB " + bytes(16) + b"acsp" + bytes(range(256)) * 9)
DENSITY = struct.pack(">IIB", 11811, 11811, 1)
TEXT = b"parameters\0a cat on a mat, steps: 20"


def exif(orientation):
    """Its only entry."""
    return b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + bytes(4)


def spoken(orientation=1):
    """Chunks that say everything that is kept."""
    profile = b"any name\0\0" + zlib.compress(PROFILE)
    return b"".join(picture_files.chunk(kind, payload) for kind, payload in (
        (b"iCCP", profile), (b"pHYs", DENSITY), (b"tEXt", TEXT), (b"eXIf", exif(orientation))))


def chunks(data):
    """{type: payload} of a PNG, the first of each."""
    found, at = {}, 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        found.setdefault(kind, data[at + 8:at + 8 + length])
        at += 12 + length
    return found


def segments(data):
    """[(marker, payload)] of a JPEG before its first scan."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2:at + 4])[0]
        found.append((marker, data[at + 4:at + 2 + length]))
        at += 2 + length
    return found


def riff(data):
    """{name: payload} of a WebP."""
    found, at = {}, 12
    while at < len(data):
        name, length = struct.unpack("<4sI", data[at:at + 8])
        found[name] = data[at + 8:at + 8 + length]
        at += 8 + length + length % 2
    return found


@unittest.skipIf(STB, "the stb build keeps pixels alone")
class Metadata(FoveaTest):
    def enlarged(self, out, orientation=1, channels=3):
        self.write("photo.png", picture_files.png(6, 4, channels, extra=spoken(orientation)))
        run = self.fovea("photo.png", "-o", out, "-n", "bicubic", "-s", "2")
        self.assertEqual(run.code, 0, run.err)
        return run, self.path(out).read_bytes()

    def test_png_keeps_everything(self):
        run, data = self.enlarged("large.png")
        self.assertEqual(run.err, "")
        found = chunks(data)
        profile = found[b"iCCP"]
        self.assertEqual(zlib.decompress(profile[profile.index(b"\0") + 2:]), PROFILE)
        self.assertEqual(found[b"pHYs"], DENSITY)
        self.assertEqual(found[b"tEXt"], TEXT)
        self.assertEqual(found[b"eXIf"], exif(1))

    def test_jpeg_keeps_all_but_the_text_which_is_named(self):
        run, data = self.enlarged("large.jpg")
        self.assertIn("the text 'parameters' is not carried over: JPEG has no place for it",
                      run.err)
        found = dict(segments(data))
        self.assertEqual(found[0xE0][7:12], b"\1" + struct.pack(">HH", 300, 300))
        self.assertEqual(found[0xE1], b"Exif\0\0" + exif(1))
        self.assertEqual(found[0xE2], b"ICC_PROFILE\0\1\1" + PROFILE)

    def test_webp_keeps_all_but_the_text(self):
        _, data = self.enlarged("large.webp")
        found = riff(data)
        self.assertEqual(found[b"ICCP"], PROFILE)
        self.assertEqual(found[b"EXIF"], exif(1))

    def test_a_turned_picture_is_upright_and_says_so(self):
        for orientation in range(1, 9):
            name = f"upright-{orientation}.png"
            _, data = self.enlarged(name, orientation)
            size = struct.unpack(">II", chunks(data)[b"IHDR"][:8])
            self.assertEqual(size, (8, 12) if orientation >= 5 else (12, 8))
            self.assertEqual(chunks(data)[b"eXIf"], exif(1))

    def test_every_kind_of_png_keeps_its_channels_and_depth(self):
        for channels in (1, 2, 3, 4):
            for depth in (8, 16):
                self.write("kind.png", picture_files.png(6, 4, channels, depth))
                run = self.fovea("kind.png", "-o", "kind-large.png", "-n", "bicubic", "-s", "3",
                                 "--overwrite")
                self.assertEqual((run.code, run.err), (0, ""))
                told = picture_files.read_png(self.path("kind-large.png").read_bytes())
                self.assertEqual(told[:4], (18, 12, channels, depth))


if __name__ == "__main__":
    unittest.main()

"""What goes wrong on the way: the exit code of its class, one line, nothing half-made."""

import os
import resource
import shutil
import stat
import unittest

import model_files
import picture_files
from harness import BINARY, SANITIZED, STB, FoveaTest

NOBODY = 65534


def limit(kind, amount):
    """For preexec_fn: sets a limit of the process."""
    return lambda: resource.setrlimit(kind, (amount, amount))


class Pictures(FoveaTest):

    def test_no_picture(self):
        whole = picture_files.png(9, 7)
        cases = {"empty.png": b"", "text.png": b"not a picture\n", "cut.png": whole[:-20],
                 "head.png": whole[:20], "gif.gif": b"GIF89a" + bytes(40),
                 "binary": bytes(range(256))}
        for name, data in cases.items():
            with self.subTest(name):
                self.write(name, data)
                run = self.refuse(3, name, name, "-n", "nearest", "-o", "out.png")
                self.assertTrue(run.lines[0].startswith(f"fovea: {name}: "), run.err)
                self.refuse(3, name, name, "-n", "nearest")
        self.assertEqual(self.names(), sorted(cases))

    def test_the_first_picture_waits_its_turn(self):
        """It is decoded while the model loads, and no error of its own may come before the model's."""
        self.write("cut.png", picture_files.png(9, 7)[:-20])
        run = self.refuse(4, "nothing", "cut.png", "-n", "nothing")
        self.assertNotIn("cut.png", run.err)
        self.picture()
        run = self.fovea("cut.png", "photo.png", "-n", "nearest", "-j", 2)
        self.assertEqual(run.code, 1, run.err)
        self.assertTrue(run.lines[0].startswith("fovea: cut.png: "), run.err)
        self.assertEqual(self.names(), ["cut.png", "photo-4x.png", "photo.png"])

    def test_missing(self):
        self.refuse(3, "gone.png: no such file", "gone.png", "-n", "nearest")
        self.picture()
        self.refuse(3, "photo.png/x.png: ", "photo.png/x.png", "-n", "nearest", "-o", "out.png")
        self.assertEqual(self.names(), ["photo.png"])

    def test_pipe_that_nobody_writes_to(self):
        os.mkfifo(self.path("pipe.png"))
        self.refuse(3, "pipe.png: ", "pipe.png", "-n", "nearest", "-o", "out.png")

    def test_damage(self):
        whole = picture_files.png(16, 16)
        data = bytearray(whole)
        data[60] ^= 0x55
        self.write("bad.png", bytes(data))
        # stb_image looks at no checksum; what it lets through is still a whole picture.
        if not STB:
            self.refuse(3, "bad.png: ", "bad.png", "-n", "nearest")
            self.assertEqual(self.names(), ["bad.png"])

    def test_too_large_a_picture(self):
        data = (picture_files.SIGNATURE + picture_files.header(2000000000, 2000000000) +
                picture_files.chunk(b"IDAT", b"") + picture_files.chunk(b"IEND", b""))
        self.write("bomb.png", data)
        self.refuse(3, "bomb.png: ", "bomb.png", "-n", "nearest")


class Models(FoveaTest):

    def test_no_model(self):
        self.picture()
        whole = model_files.compact(2)
        for name, data in {"empty.safetensors": b"", "text.safetensors": b"hello " * 10,
                           "cut.safetensors": whole[:-1], "head.safetensors": whole[:9],
                           "text.param": b"7767516\n", "weights.bin": bytes(16)}.items():
            with self.subTest(name):
                self.write("m/" + name, data)
                self.refuse(4, name, "photo.png", "-n", "m/" + name)
                self.refuse(4, name, "info", "m/" + name)
        self.refuse(4, "m/gone.safetensors", "photo.png", "-n", "m/gone.safetensors")
        self.refuse(4, "m", "photo.png", "-n", "./m")
        self.assertEqual(self.names(), ["m", "photo.png"])

    def test_numbers_that_overflow(self):
        """Weights of 1e30 are numbers, what comes out of three layers of them is none."""
        self.picture()
        self.write("wild.safetensors", model_files.compact(2, fill=1e30))
        for device in ("cpu", "reference"):
            run = self.refuse(5, "photo.png: .*NaN or an infinity", "photo.png", "-g", device,
                              "-n", "./wild.safetensors")
            self.assertEqual(run.out, b"")
        self.assertEqual(self.names(), ["photo.png", "wild.safetensors"])

    def test_scale_that_is_not_told(self):
        self.picture()
        self.write("srcnn.safetensors", model_files.srcnn())
        self.refuse(2, "do not tell its scale.*-s", "photo.png", "-n", "./srcnn.safetensors")
        self.succeed("photo.png", "-n", "./srcnn.safetensors", "-s", "3")
        self.assertEqual(self.size("photo-3x.png"), (15, 12))


class Outputs(FoveaTest):

    def test_devices_are_not_replaced(self):
        self.picture()
        for device in ("/dev/full", "/dev/null"):
            for flags in ([], ["--overwrite"]):
                self.refuse(7, f"{device}: exists", "photo.png", "-n", "nearest", "-o", device,
                            "-f", "png", *flags)
            self.assertTrue(stat.S_ISCHR(os.stat(device).st_mode))

    def test_file_size_limit(self):
        """The limit is as a full disk: write() fails after some bytes were written."""
        self.picture(width=64, height=64)
        small = {"preexec_fn": limit(resource.RLIMIT_FSIZE, 2000)}
        self.refuse(7, "photo-4x.png: cannot be written .File too large", "photo.png", "-n",
                    "lanczos", **small)
        self.assertEqual(self.names(), ["photo.png"])
        self.write("photo-4x.png", b"precious")
        self.refuse(7, "photo-4x.png: cannot be written", "photo.png", "-n", "lanczos",
                    "--overwrite", **small)
        self.assertEqual(self.path("photo-4x.png").read_bytes(), b"precious")
        self.assertEqual(self.names(), ["photo-4x.png", "photo.png"])

    def test_file_size_limit_in_a_batch(self):
        self.picture("in/a.png", 2, 2)
        self.picture("in/b.png", 64, 64)
        self.picture("in/c.png", 2, 2)
        run = self.fovea("in", "-n", "lanczos", "-o", "out",
                         preexec_fn=limit(resource.RLIMIT_FSIZE, 2000))
        self.assertEqual((run.code, len(run.lines)), (1, 2), run.err)
        self.assertEqual(self.names("out"), ["a.png", "c.png"])

    def test_read_only_folder(self):
        """As somebody who may not write there; root, who may always, becomes nobody."""
        root = os.getuid() == 0
        binary = shutil.copy(BINARY, self.path("fovea"))
        self.picture("closed/photo.png")
        self.picture("open/photo.png")
        self.path("closed").chmod(0o555)
        self.addCleanup(self.path("closed").chmod, 0o755)
        self.path("open").chmod(0o777)
        self.folder.chmod(0o755)
        someone = {"binary": str(binary)}
        if root:
            someone["preexec_fn"] = lambda: os.setuid(NOBODY)
        self.refuse(7, "closed: no file can be created", "closed/photo.png", "-n", "nearest",
                    **someone)
        self.succeed("closed/photo.png", "-n", "nearest", "-o", "open/out.png", **someone)
        self.refuse(7, "closed: no file can be created", "open/photo.png", "-n", "nearest", "-o",
                    "closed/new/", **someone)
        self.path("open/photo.png").chmod(0)
        self.refuse(3, "open/photo.png: no permission", "open/photo.png", "-n", "nearest",
                    **someone)
        self.assertEqual(self.names("closed"), ["photo.png"])
        self.assertEqual(self.names("open"), ["out.png", "photo.png"])

    def test_long_names(self):
        name = "n" * 251 + ".png"
        self.picture(name)
        self.refuse(7, "File name too long", name, "-n", "nearest")
        self.succeed(name, "-n", "nearest", "-o", "out/")
        self.assertEqual(self.names("out"), [name])
        self.assertEqual(self.names(), [name, "out"])


class Memory(FoveaTest):

    @unittest.skipIf(SANITIZED, "a sanitizer reserves terabytes of addresses")
    def test_address_space(self):
        self.write("large.png", picture_files.flat_png(6000, 6000))
        self.picture("small.png")
        little = {"preexec_fn": limit(resource.RLIMIT_AS, 400 << 20)}
        for method in ("nearest", "lanczos"):
            self.refuse(6, "large.png: ", "large.png", "-n", method, "-s", "4", "-j", "1",
                        **little)
        # One that is too large does not take the others with it.
        run = self.fovea("large.png", "small.png", "-n", "lanczos", "-j", "1", **little)
        self.assertEqual((run.code, len(run.lines)), (1, 2), run.err)
        self.assertEqual(self.names(), ["large.png", "small-4x.png", "small.png"])


if __name__ == "__main__":
    unittest.main()

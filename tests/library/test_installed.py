"""The installed tree, as a stranger finds it: the examples are built from it with CMake and pkg-config, moved, run, and their
pictures compared with the command line's.

test_installed.py BUILD SOURCE CMAKE: the folders and the program.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE, CMAKE = (pathlib.Path(word) for word in sys.argv[1:4])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
import picture_files

SHARED = os.environ["FOVEA_SHARED"] == "1"
WIDTH, HEIGHT = 21, 17


def run(*words, **options):
    result = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=300, **options)
    if result.returncode:
        raise AssertionError(f"{words} ended with {result.returncode}:\n{result.stdout.decode(errors='replace')}")
    return result.stdout.decode(errors="replace")


def read_ppm(path):
    kind, size, largest, samples = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert (kind, largest, len(samples)) == (b"P6", b"255", width * height * 3)
    return [list(samples[y * width * 3:(y + 1) * width * 3]) for y in range(height)]


class Installed(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.holder.name)
        run(CMAKE, "--install", BUILD, "--prefix", cls.folder / "at first")
        # Nothing in the tree may know where it was installed.
        cls.tree = cls.folder / "moved"
        (cls.folder / "at first").rename(cls.tree)
        [library] = cls.tree.glob("lib*/**/libfovea.a")
        cls.libraries = library.parent
        rows = picture_files.pattern(WIDTH, HEIGHT)
        samples = b"".join(bytes(row) for row in rows)
        (cls.folder / "in.ppm").write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + samples)
        (cls.folder / "in.png").write_bytes(picture_files.png(WIDTH, HEIGHT, 3, rows=rows))
        cls.environment = {**os.environ, "LD_LIBRARY_PATH": str(cls.libraries)}

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def expect_results_of_the_command_line(self, *program):
        for model, scale in (("standard", "2"), ("standard-x3", "3"), ("standard", "1.5"), ("bicubic", "2.7")):
            with self.subTest(program=program, model=model, scale=scale):
                for name in ("out.ppm", "out.png"):
                    (self.folder / name).unlink(missing_ok=True)
                run(self.tree / "bin" / "fovea", self.folder / "in.png", "-n", model, "-s", scale, "-o",
                    self.folder / "out.png", env=self.environment)
                run(*program, model, scale, self.folder / "in.ppm", self.folder / "out.ppm", env=self.environment)
                expected = picture_files.read_png((self.folder / "out.png").read_bytes())[4]
                self.assertEqual(read_ppm(self.folder / "out.ppm"), expected)

    def build_examples(self, kind):
        target = self.folder / f"build-{kind}"
        flags = "-Wall -Wextra -Wshadow -pedantic-errors -Werror"
        if sanitize := os.environ.get("FOVEA_SANITIZE"):
            flags += f" -fsanitize={sanitize}"
        (target / "source").mkdir(parents=True)
        for name in ("CMakeLists.txt", "upscale.c", "upscale.cpp"):
            (target / "source" / name).write_bytes((SOURCE / "examples" / name).read_bytes())
        project = target / "source" / "CMakeLists.txt"
        project.write_text(project.read_text().replace("fovea 0.1 REQUIRED", f"fovea 0.1 REQUIRED COMPONENTS {kind}"))
        run(CMAKE, "-S", target / "source", "-B", target, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.tree}",
            f"-DCMAKE_C_COMPILER={os.environ['CC']}", f"-DCMAKE_CXX_COMPILER={os.environ['CXX']}",
            f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}")
        run(CMAKE, "--build", target)
        return target

    def test_the_static_library(self):
        target = self.build_examples("static")
        for program in ("upscale_c", "upscale_cpp"):
            self.assertNotIn("libfovea", run("ldd", target / program))
            self.expect_results_of_the_command_line(target / program)

    @unittest.skipUnless(SHARED, "FOVEA_SHARED is OFF")
    def test_the_shared_library(self):
        target = self.build_examples("shared")
        for program in ("upscale_c", "upscale_cpp"):
            self.assertRegex(run("ldd", target / program), rf"libfovea\.so\.\d+ => {self.libraries}")
            self.expect_results_of_the_command_line(target / program)

    @unittest.skipUnless(SHARED, "FOVEA_SHARED is OFF")
    def test_pkg_config(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig")}
        flags = run("pkg-config", "--cflags", "--libs", "fovea", env=environment).split()
        self.assertIn("-lfovea", flags)
        run(os.environ["CC"], SOURCE / "examples" / "upscale.c", *flags, "-o", self.folder / "by_pkg_config")
        self.expect_results_of_the_command_line(self.folder / "by_pkg_config")
        version = run("pkg-config", "--modversion", "fovea", env=environment).strip()
        self.assertIn(f"fovea {version}\n", run(self.tree / "bin" / "fovea", "--version"))

    @unittest.skipUnless(SHARED and not os.environ.get("FOVEA_SANITIZE"), "needs a shared library without sanitizers")
    def test_python(self):
        self.expect_results_of_the_command_line(sys.executable, SOURCE / "examples" / "upscale.py",
                                                self.libraries / "libfovea.so")

    def declared(self):
        header = (self.tree / "include" / "fovea.h").read_text()
        names = re.findall(r"^FOVEA_API [^(]*?\b(fovea_\w+)\(", header, re.MULTILINE)
        self.assertGreater(len(names), 10)
        return sorted(names)

    @unittest.skipUnless(SHARED, "FOVEA_SHARED is OFF")
    def test_nothing_but_the_header_s_functions_is_exported(self):
        [library] = self.libraries.glob("libfovea.so.*.*.*")
        shown = [line.split() for line in run("nm", "-D", "--defined-only", library).splitlines()]
        header = (self.tree / "include" / "fovea.h").read_text()
        abi = re.search(r"FOVEA_ABI_VERSION (\d+)", header).group(1)
        functions = sorted(words[2].split("@")[0] for words in shown if words[1] == "T")
        self.assertEqual(functions, self.declared())
        self.assertEqual([words[1:] for words in shown if words[1] != "T"], [["A", f"FOVEA_{abi}"]])
        self.assertIn(f"soname: [libfovea.so.{abi}]", run("readelf", "-d", library))

    def test_examples_fit_on_a_page(self):
        for name in ("upscale.c", "upscale.cpp"):
            lines = (SOURCE / "examples" / name).read_text().splitlines()
            self.assertLessEqual(len(lines), 45, name)

    def test_only_what_is_meant_is_installed(self):
        found = {re.sub(r"^lib(64)?/([a-z0-9_]+-linux-gnu/)?", "lib/", str(path.relative_to(self.tree)))
                 for path in self.tree.rglob("*") if not path.is_dir()}
        found = {re.sub(r"\.so[.0-9]*$", ".so", name) for name in found
                 if not name.startswith(("share/doc/", "share/fovea/models/"))}
        expected = {"bin/fovea", "include/fovea.h", "include/fovea.hpp", "lib/libfovea.a", "lib/pkgconfig/fovea.pc",
                    "lib/cmake/fovea/fovea-config.cmake", "lib/cmake/fovea/fovea-config-version.cmake",
                    "lib/cmake/fovea/fovea-static.cmake"}
        if SHARED:
            expected |= {"share/man/man1/fovea.1.gz", "lib/libfovea.so", "lib/cmake/fovea/fovea-shared.cmake"}
        self.assertEqual({name for name in found if not re.search(r"fovea-(static|shared)-\w+\.cmake$", name)}, expected)


if __name__ == "__main__":
    del sys.argv[1:4]
    unittest.main()

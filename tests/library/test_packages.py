"""The Debian packages: what is in each, what each asks for, and that what is in them runs.

test_packages.py BUILD CPACK: the build folder and the program.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, CPACK = sys.argv[1:3]
SKIPPED = 77


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=500, **options).stdout.decode()


class Packages(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        run(CPACK, "--config", pathlib.Path(BUILD) / "CPackConfig.cmake", "-B", cls.folder / "made")
        cls.files = {path.name.split("_")[0]: path for path in (cls.folder / "made").glob("*.deb")}
        cls.tree = cls.folder / "root"
        for file in cls.files.values():
            run("dpkg-deb", "--extract", file, cls.tree)
        [cls.libraries] = {path.parent for path in cls.tree.glob("usr/lib/**/libfovea.so.*")}
        cls.soname = re.search(r"soname: \[(.*)\]", run("readelf", "-d", cls.libraries / "libfovea.so")).group(1)
        cls.runtime = "libfovea" + cls.soname.split(".")[-1]

    def contents(self, package):
        lines = run("dpkg-deb", "--contents", self.files[package]).splitlines()
        names = {line.split()[5].removeprefix("./") for line in lines}
        self.assertTrue(all("root/root" in line for line in lines))
        folder = str(self.libraries.relative_to(self.tree)) + "/"
        return {name.replace(folder, "LIB/") for name in names if not name.endswith("/")}

    def test_there_are_three(self):
        self.assertEqual(set(self.files), {"fovea", self.runtime, "libfovea-dev"})

    def test_what_is_in_them(self):
        self.assertLessEqual({"usr/bin/fovea", "usr/share/man/man1/fovea.1.gz",
                              "usr/share/doc/fovea/THIRD_PARTY_NOTICES.md"}, self.contents("fovea"))
        library = {name for name in self.contents(self.runtime) if not name.startswith("usr/share/doc/")}
        self.assertEqual({re.sub(r"[.0-9]+$", "", name) for name in library}, {"LIB/libfovea.so"})
        self.assertEqual(len(library), 2)  # the file, and the name that programs ask for
        self.assertLessEqual({"usr/include/fovea.h", "usr/include/fovea.hpp", "LIB/libfovea.a", "LIB/libfovea.so",
                              "LIB/pkgconfig/fovea.pc", "LIB/cmake/fovea/fovea-config.cmake"},
                             self.contents("libfovea-dev"))
        for package in self.files:
            self.assertLessEqual({f"usr/share/doc/{package}/copyright", f"usr/share/doc/{package}/changelog.Debian.gz"},
                                 self.contents(package))

    def test_what_they_ask_for(self):
        def field(package, name):
            return run("dpkg-deb", "--field", self.files[package], name).strip()
        for package in ("fovea", self.runtime):
            self.assertIn("libc6", field(package, "Depends"))
        self.assertIn("libspng", field("fovea", "Depends"))
        self.assertNotIn("libspng", field(self.runtime, "Depends"))
        version = field(self.runtime, "Version")
        self.assertIn(f"{self.runtime} (= {version})", field("libfovea-dev", "Depends"))

    def test_what_is_in_them_runs(self):
        environment = {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}
        self.assertIn("codecs: ", run(self.tree / "usr/bin/fovea", "--version", env=environment))
        program = self.folder / "program.c"
        program.write_text("#include <fovea.h>\nint main(void) { return fovea_abi_version(); }\n")
        run(os.environ["CC"], program, f"-I{self.tree}/usr/include", f"-L{self.libraries}", "-lfovea",
            "-o", self.folder / "program")
        number = int(self.soname.split(".")[-1])
        self.assertEqual(subprocess.run([self.folder / "program"], env=environment).returncode, number)

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_finds_no_error(self):
        found = subprocess.run(["lintian", "--fail-on", "error", "--suppress-tags", "bogus-mail-host",
                                *self.files.values()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(found.returncode, 0, found.stdout.decode())


if __name__ == "__main__":
    missing = [tool for tool in ("dpkg-deb", "dpkg-shlibdeps") if not shutil.which(tool)]
    if missing:
        print(f"{', '.join(missing)} not installed: no packages are made here")
        sys.exit(SKIPPED)
    del sys.argv[1:3]
    unittest.main()

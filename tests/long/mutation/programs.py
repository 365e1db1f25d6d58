"""The test programs of the emulated kernels, linked with planted objects. Flags and link lines are
those of the build folder."""

import concurrent.futures
import pathlib
import re
import shlex
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
# Which program's tests are a kernel's.
TESTS = {"conv3x3_wgmma.cu": "test_conv3x3_wgmma",
         "conv_pair_wgmma.cu": "test_conv_pair_wgmma",
         "conv_upsample_wgmma.cu": "test_conv_upsample_wgmma",
         "conv_mma.cu": "test_conv_mma",
         "srcnn.cu": "test_srcnn_cuda",
         "shuffle_mma.cu": "test_shuffle_mma",
         "conv_direct.cu": "test_conv_direct",
         "resize_map.cu": "test_operators_cuda",
         "copy_channels.cu": "test_operators_cuda",
         "pixel_shuffle.cu": "test_operators_cuda",
         "pointwise.cu": "test_operators_cuda",
         "convert.cu": "test_operators_cuda"}
LIBRARY = "tests/emulation/libfovea_cuda_emulated.a"
OPTIMISATION = "-O1"


class CompileError(Exception):
    """{file: lines} that do not compile."""

    def __init__(self, text, lines):
        super().__init__(text)
        self.lines = lines


def includers(folder, name):
    """The .cu files of `folder` that include `name`, however deep; itself when it is one."""
    if name.endswith(".cu"):
        return [name]
    reached, names = set(), [name]
    while names:
        looked_for = f'#include "kernels/cuda/{names.pop()}"'
        for path in folder.glob("*.cu*"):
            if path.name not in reached and looked_for in path.read_text(encoding="utf-8"):
                reached.add(path.name)
                names.append(path.name)
    return sorted(each for each in reached if each.endswith(".cu"))


class Programs:
    def __init__(self, root, build, out):
        self.root, self.build, self.out = pathlib.Path(root), pathlib.Path(build), pathlib.Path(out)

    def commands(self, target):
        done = subprocess.run(["ninja", "-C", self.build, "-t", "commands", target], text=True,
                              capture_output=True, check=True)
        return done.stdout.splitlines()

    def build_unchanged(self, names):
        subprocess.run(["ninja", "-C", self.build, *names], check=True, stdout=subprocess.DEVNULL)

    def compile(self, kernels, jobs):
        """Objects of the planted `kernels`; CompileError with the lines that do not compile."""
        commands = self.commands(LIBRARY)
        runtime = self.out / "alive.o"
        subprocess.run(["c++", "-std=c++20", "-O2", "-c", HERE / "alive.cpp", "-I", self.root, "-o",
                        runtime], check=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(lambda name: self._compile_one(name, commands), kernels))
        lines, texts = {}, []
        for code, text in results:
            if code == 0:
                continue
            texts.append(text)
            for name, line in re.findall(rf"{self.out}/kernels/cuda/([\w.]+):(\d+):\d+: error", text):
                lines.setdefault(name, set()).add(int(line))
        if texts:
            raise CompileError("\n".join(texts), lines)

    def _compile_one(self, name, commands):
        own = str(self.root / "kernels" / "cuda" / name)
        words = next(shlex.split(line) for line in commands if line.endswith(f"-c {own}"))
        words = words[next(i for i, word in enumerate(words) if word.endswith("c++")):]
        for flag in ("-MT", "-MF"):
            if flag in words:
                del words[words.index(flag):words.index(flag) + 2]
        words = [word for word in words if not re.match(r"-O\d|-W|-MD$", word)]
        target = words.index("-o")
        words[target + 1] = str(self.object_of(name))
        words[words.index("-c") + 1] = str(self.out / "kernels" / "cuda" / name)
        words[1:1] = ["-I", str(self.out), "-include", str(HERE / "planted_mutants.h")]
        done = subprocess.run(words + [OPTIMISATION, "-w"], cwd=self.build, text=True,
                              capture_output=True, check=False)
        return done.returncode, done.stderr

    def object_of(self, kernel):
        return self.out / f"{kernel}.o"

    def link(self, program, kernels):
        """The path of `program` with the planted kernels of `kernels` in place of its own."""
        words = shlex.split(self.commands(program)[-1])
        words = words[words.index("&&") + 1:-2] if "&&" in words else words
        result = self.out / program
        target = words.index("-o")
        words[target + 1] = str(result)
        own = [str(self.object_of(name)) for name in kernels if TESTS[name] == program]
        words[target:target] = own + [str(self.out / "alive.o")]
        subprocess.run(words, cwd=self.build, check=True)
        return result

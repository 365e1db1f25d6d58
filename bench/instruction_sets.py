"""Measuring as on a machine with fewer instruction sets, and seeing whether that was so."""

import os
import pathlib
import subprocess
import sys

import machine
from workloads import ROOT

SOURCE = ROOT / "bench" / "avx2_only.c"
LIBRARY = ROOT / "build" / "avx2_only.so"
# What the dynamic loader chooses for memcpy and the like before a preloaded library can speak.
GLIBC = "glibc.cpu.hwcaps=" + ",".join(
    f"-AVX512{part}" for part in ("F", "VL", "BW", "CD", "DQ", "ER", "PF")
)


def environment(isa):
    """The environment in which a program sees the instruction sets up to `isa`: "native" or
    "avx2". Ends the program when this machine cannot hide the others."""
    if isa == "native" or "avx512f" not in machine.flags():
        return None
    if "cpuid_fault" not in machine.flags():
        sys.exit("--isa avx2: this processor or kernel lets no CPUID fault (no flag cpuid_fault)")
    LIBRARY.parent.mkdir(exist_ok=True)
    options = ["-O2", "-shared", "-fPIC", "-Wl,-z,initfirst"]
    command = [os.environ.get("CC", "cc"), *options, "-o", str(LIBRARY), str(SOURCE)]
    subprocess.run(command, check=True)
    return os.environ | {"LD_PRELOAD": str(LIBRARY), "GLIBC_TUNABLES": GLIBC}


def avx512_used_within(seconds):
    """Whether a thread of this process had anything in AVX-512 registers within the last
    `seconds`; None when this kernel does not tell. It notes that when a thread is put aside, so
    call this after a sleep."""
    found = None
    for path in pathlib.Path("/proc/self/task").glob("*/arch_status"):
        try:
            words = path.read_text(encoding="ascii").split()
        except OSError:
            continue  # that thread has ended
        if "AVX512_elapsed_ms:" in words:
            elapsed = int(words[words.index("AVX512_elapsed_ms:") + 1])
            found = found or 0 <= elapsed < seconds * 1000
    return found

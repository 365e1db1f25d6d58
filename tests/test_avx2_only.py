"""bench/avx2_only.c and what bench/ builds of it: a program beside it sees AVX2 and nothing later."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BENCH = pathlib.Path(__file__).resolve().parent.parent / "bench"
sys.path.insert(0, str(BENCH))

import instruction_sets  # noqa: E402
import machine  # noqa: E402

# Prints leaf 7 and the components of XCR0 as the main thread, a thread and a child see them; then
# writes to nowhere.
PROGRAM = r"""
#include <cpuid.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void* show(void* unused) {
  unsigned a, b, c, d, e, f;
  (void)unused;
  __cpuid_count(7, 0, a, b, c, d);
  __cpuid_count(7, 1, e, a, a, f);
  printf("%u %u %u %u %u ", b, c, d, e, f);
  __cpuid_count(13, 0, a, b, c, d);
  printf("%u\n", a);
  return 0;
}
int main(int count, char** words) {
  pthread_t thread;
  show(0);
  if (count == 1) return 0;
  pthread_create(&thread, 0, show, 0);
  pthread_join(thread, 0);
  fflush(stdout);
  if (system(words[0])) return 1;
  *(volatile int*)0 = 1;
  return 0;
}
"""
AVX2 = 1 << 5  # leaf 7, EBX
AVX512 = 0xDC230000  # leaf 7, EBX: F DQ IFMA PF ER CD BW VL
AVX512_MORE = 0x5842  # ECX: VBMI VBMI2 VNNI BITALG VPOPCNTDQ
AVX512_AND_AMX = 0x03C0010C  # EDX
LATER = 0x00A00030  # leaf 7.1, EAX: AVX-VNNI, BF16, AMX-FP16, AVX-IFMA
LATER_STILL = 0x00080530  # leaf 7.1, EDX: AVX-VNNI-INT8 and -INT16, NE-CONVERT, AMX-COMPLEX, AVX10
XCR0_LATER = 0x000600E0


class Avx2Only(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        compiler = os.environ.get("CC", "cc")
        if not {"avx2", "avx512f", "cpuid_fault"} <= set(machine.flags()):
            raise unittest.SkipTest("no AVX-512 here, or no CPUID that faults")
        if not shutil.which(compiler):
            raise unittest.SkipTest(f"no {compiler} here")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        (folder / "program.c").write_text(PROGRAM, encoding="utf-8")
        cls.program = str(folder / "program")
        subprocess.run(
            [compiler, "-pthread", "-o", cls.program, str(folder / "program.c")], check=True
        )
        instruction_sets.LIBRARY = folder / "avx2_only.so"  # of its own: builds run side by side
        cls.environment = instruction_sets.environment("avx2")

    def run_program(self, environment):
        run = subprocess.run(
            [self.program, "all"], env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        return run.returncode, [[int(w) for w in line.split()] for line in run.stdout.splitlines()]

    def test_native_is_the_machine(self):
        self.assertIsNone(instruction_sets.environment("native"))
        _, seen = self.run_program(None)
        self.assertTrue(seen[0][0] & 1 << 16, "AVX-512 F is there when nothing hides it")

    def test_thread_and_child_see_avx2_alone(self):
        _, seen = self.run_program(self.environment)
        self.assertEqual(len(seen), 3, "main thread, thread, child")
        for ebx, ecx, edx, later, still, xcr0 in seen:
            self.assertTrue(ebx & AVX2)
            self.assertEqual(ebx & AVX512, 0)
            self.assertEqual(ecx & AVX512_MORE, 0)
            self.assertEqual(edx & AVX512_AND_AMX, 0)
            self.assertEqual(later & LATER, 0)
            self.assertEqual(still & LATER_STILL, 0)
            self.assertEqual(xcr0 & XCR0_LATER, 0)
            self.assertEqual(xcr0 & 7, 7, "x87, SSE and AVX stay")

    def test_all_else_is_as_the_machine_says(self):
        native, hidden = self.run_program(None)[1][0], self.run_program(self.environment)[1][0]
        masks = (AVX512, AVX512_MORE, AVX512_AND_AMX, LATER, LATER_STILL, XCR0_LATER)
        for before, after, mask in zip(native, hidden, masks):
            self.assertEqual(before & ~mask, after)

    def test_a_crash_is_a_crash(self):
        self.assertEqual(self.run_program(self.environment)[0], -signal.SIGSEGV)


if __name__ == "__main__":
    unittest.main()

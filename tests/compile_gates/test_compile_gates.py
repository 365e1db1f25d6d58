#!/usr/bin/env python3
"""The gates refuse what they are for: each kernel of cases/ is compiled as the build compiles, and
must be refused for its own reason. Without nvcc only the readers of texts are tested.

    test_compile_gates.py [NVCC FOLDER_FOR_CUOBJDUMP]
"""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_kernels
import device_code
import disassembler
import expectations
import gates
import keep_ptxas_output

HERE = pathlib.Path(__file__).resolve().parent
NVCC, ENVIRONMENT = (pathlib.Path(word) for word in sys.argv[1:3]) if sys.argv[2:] else (None, None)
NO_CUOBJDUMP = "no nvcc was given"
if NVCC:
    CUOBJDUMP = disassembler.cuobjdump(NVCC.resolve().parent, ENVIRONMENT)
    NO_CUOBJDUMP = CUOBJDUMP if isinstance(CUOBJDUMP, str) else ""

# One rule for a loop of `steps` products, one for a kernel of `stages` pieces of shared memory.
RULES = {
    "accepted": lambda _, steps: expectations.Expected(
        {"HGMMA.64x32x16.F32": expectations.number(steps)}
    ),
    "large_shared_memory": lambda _, stages: expectations.Expected(
        {}, shared_bytes=expectations.number(stages) * 40960
    ),
}


def compiled(name, architectures, folder):
    """The object of cases/NAME.cu, through the launcher of the build."""
    path = pathlib.Path(folder) / f"{name}.cu.o"
    command = [sys.executable, HERE / "keep_ptxas_output.py", NVCC, "-std=c++20", "-O3"]
    for each in architectures:
        command += ["-gencode", f"arch=compute_{each},code=sm_{each}"]
    run = subprocess.run(
        [*map(str, command), "-c", str(HERE / "cases" / f"{name}.cu"), "-o", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise AssertionError(run.stderr)
    return path


@unittest.skipIf(NO_CUOBJDUMP, NO_CUOBJDUMP)
class Refused(unittest.TestCase):
    def findings(self, name, *architectures, rules=None):
        with tempfile.TemporaryDirectory() as folder:
            path = compiled(name, architectures or ["90a"], folder)
            _, found = check_kernels.check(CUOBJDUMP, path, RULES if rules is None else rules)
        return found

    def refused(self, name, *reasons, architecture="90a", rules=None):
        found = self.findings(name, architecture, rules=rules)
        for reason in reasons:
            self.assertTrue([line for line in found if reason in line], (reason, found))
        return found

    def test_good_kernel_passes(self):
        self.assertEqual(self.findings("accepted"), [])

    def test_serialised_products(self):
        self.refused("divergent_warpgroup", "(C7520)")
        self.refused("sums_read_early", "(C7514)", "(C7517)")
        self.refused("too_many_sums", "(C7511)", "registers spilled")

    def test_spills(self):
        for architecture in ("75", "90a"):
            self.refused(
                "spilled_registers",
                "registers spilled",
                "local memory: stack",
                "instructions, the first",
                architecture=architecture,
            )

    def test_local_memory_without_spill(self):
        found = self.refused(
            "local_array",
            "local memory: stack of 256 bytes",
            "instructions, the first STL",
            architecture="86",
        )
        self.assertFalse([line for line in found if "spilled" in line])

    def test_counts_of_products(self):
        """One product more or less than the shape implies, or no word of the shape."""
        for steps in (3, 5):
            rule = {
                "accepted": lambda _, __, n=steps: expectations.Expected({"HGMMA.64x32x16.F32": n})
            }
            self.refused("accepted", f"implies {steps} HGMMA", rules=rule)
        wider = {"accepted": lambda *_: expectations.Expected({"HGMMA.64x64x16.F32": 4})}
        self.refused("accepted", "implies 4 HGMMA.64x64x16", rules=wider)
        self.refused("accepted", "no rule", rules={})
        self.refused(
            "accepted",
            "rule in expectations.py fails",
            rules={"accepted": lambda *_: expectations.number("none")},
        )

    def test_shared_memory(self):
        """Of one object for six architectures, of which three hold so much."""
        found = self.findings("large_shared_memory", "75", "80", "86", "90a", "100", "120")
        self.assertEqual(len(found), 3)
        for architecture, limit in (("75", 65536), ("86", 101376), ("120", 101376)):
            wanted = (
                f"sm_{architecture} large_shared_memory<2>: 122880 bytes of shared memory, "
                f"above {limit}"
            )
            self.assertTrue([line for line in found if wanted in line], (wanted, found))
        self.refused("large_static_memory", "65536 bytes of static shared memory, above 49152")

    def test_registers(self):
        self.refused("unbounded_threads", "no launch bounds", architecture="80")
        self.refused("register_pool", "setmaxnreg waits forever: 1 x 128 x 104 + 2 x 128 x 232")

    def test_words_of_ptxas_must_be_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = compiled("accepted", ["90a"], folder)
            path.with_name(path.name + ".ptxas.txt").unlink()
            _, found = check_kernels.check(CUOBJDUMP, path, RULES)
            self.assertEqual(len(found), 1)
            self.assertIn("not kept", found[0])
            self.assertTrue(check_kernels.heard_without_disassembler(path))

    def test_loop_of_products(self):
        with tempfile.TemporaryDirectory() as folder:
            facts, _ = check_kernels.check(CUOBJDUMP, compiled("accepted", ["90a"], folder), RULES)
        (loop,) = facts[0]["matrix_loops"]
        self.assertEqual(loop["matrix"], {"HGMMA.64x32x16.F32": 4})
        self.assertGreaterEqual(loop["under_products"], 4)
        self.assertLess(loop["under_products"], loop["instructions"])
        self.assertLess(loop["instructions"], facts[0]["instructions"])
        self.assertEqual(facts[0]["threads"], 128)


class Readers(unittest.TestCase):
    def test_names(self):
        for name, wanted in (
            (
                "void fovea::cuda::(anonymous namespace)::conv<fovea::cuda::Half, 64, 32>(int)",
                "fovea::cuda::conv<fovea::cuda::Half, 64, 32>",
            ),
            ("plain(float*, int)", "plain"),
            (
                "void one<(fovea::cuda::Kind)1, (bool)0>(void (*)(int), long)",
                "one<(fovea::cuda::Kind)1, (bool)0>",
            ),
        ):
            self.assertEqual(device_code.without_parameters(name), wanted)

    def test_template_arguments(self):
        self.assertEqual(
            expectations.split_arguments("a::b<c<1, 2>, (d::E)3, true>"),
            ("a::b", ["c<1, 2>", "(d::E)3", "true"]),
        )
        self.assertEqual(expectations.split_arguments("plain"), ("plain", []))
        self.assertEqual(
            [expectations.number(text) for text in ("64", "64u", "(d::E)3", "true")], [64, 64, 3, 1]
        )

    def test_rule_of_the_hopper_convolution(self):
        """96 -> 32 channels, three warpgroups, four rows each: 18 products a row. Weights 9 x 96 x
        32 x 2 = 55296 bytes, rows 66 x 96 x 2 = 12672 (99 x 128), twelve of them, 8 x 32 for bias
        and slope and 25 barriers."""
        name = "fovea::cuda::conv3x3_wgmma_kernel<fovea::cuda::Half, 96, 32, 3, 4>"
        found = expectations.expected(name, "sm_90a", expectations.RULES)
        self.assertEqual(
            found.matrix,
            {"HGMMA.64x96x16.F32": 18, "HGMMA.64x64x16.F32": 36, "HGMMA.64x32x16.F32": 36},
        )
        self.assertEqual(found.shared_bytes, 55296 + 12 * 12672 + 256 + 200)

    def test_rule_of_the_portable_convolution(self):
        """A 3x3 step of one column: 4 rows x 32 outputs, so 3 x 4 x 4 products, of two instructions
        each on sm_75; input (2 x 4 + 2) x (2 x 16 + 2) pixels of two planes, twice; weights 3 x 2 x
        64 x 16, three times."""
        tile = "fovea::cuda::ConvMmaTile<3, 2, 1, 4, 4, 2, 2, 2>"
        for architecture, element, wanted in (
            ("sm_86", "Half", {"HMMA.16816.F32": 48}),
            ("sm_90", "Bfloat16", {"HMMA.16816.F32.BF16": 48}),
            ("sm_75", "Half", {"HMMA.1688.F32": 96}),
            ("sm_75", "Bfloat16", {}),
        ):
            name = f"void_free::conv_mma<fovea::cuda::{element}, {tile} >"
            found = expectations.expected(name, architecture, expectations.RULES)
            self.assertEqual(found.matrix, wanted)
            self.assertEqual(found.shared_bytes, 2 * 2 * 340 * 16 + 3 * 6144)

    def test_instructions(self):
        code = (
            "        /*0b70*/              @P0 HGMMA.64x96x16.F32 R24, gdesc[UR16], RZ, !UPT ;"
            "    /* 0x0 */\n              /* 0x1 */\n"
            "        /*0b80*/                   @!P1 BRA 0xb70 ;   /* 0x2 */\n"
            "        /*0b90*/                   EXIT ;   /* 0x2 */\n"
        )
        products, branch, leave = device_code.instructions_of(code)
        self.assertEqual((products.address, products.opcode), (0xB70, "HGMMA.64x96x16.F32"))
        self.assertEqual(products.mnemonic, "HGMMA")
        self.assertEqual(branch.branch_target(), 0xB70)
        self.assertIsNone(leave.branch_target())

    def test_words_of_ptxas(self):
        kernel = device_code.Kernel("sm_80", "_Z1fv", "f")
        homeless = device_code.hear_ptxas(
            "ptxas info    : Compiling entry function '_Z1fv' for 'sm_80'\n"
            "ptxas info    : Function properties for _Z1fv\n"
            "    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads\n"
            "ptxas info    : (C7510) Potential Performance Loss in the function '_Z1fv'\n"
            "ptxas warning : of nothing in particular\n",
            {("sm_80", "_Z1fv"): kernel},
        )
        self.assertEqual(kernel.spilled_bytes, 16)
        self.assertEqual(len(kernel.remarks), 1)
        self.assertEqual(homeless, ["of nothing in particular"])

    def test_what_a_build_shows(self):
        shown = keep_ptxas_output.shown
        self.assertTrue(shown("ptxas info    : (C7511) Potential Performance Loss"))
        self.assertTrue(shown("file.cu(3): error: expected a ;"))
        self.assertTrue(shown("ptxas warning : Registers are spilled"))
        self.assertFalse(shown("ptxas info    : Used 168 registers"))
        self.assertFalse(
            shown("    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads")
        )

    def test_registers_by_hand(self):
        """A block has 65536 registers, given in eights."""
        kernel = device_code.Kernel("sm_80", "f", "f", registers=129, threads=512)
        self.assertEqual(
            list(gates.registers(kernel, None)), ["136 registers x 512 threads, above 65536"]
        )
        kernel.registers = 128
        self.assertEqual(list(gates.registers(kernel, None)), [])

    def test_skipping_says_why(self):
        said = io.StringIO()
        arguments, sys.argv = sys.argv, ["check_kernels.py", "--skip", "no nvcc here"]
        with contextlib.redirect_stdout(said):
            self.assertEqual(check_kernels.main(), 77)
        sys.argv = arguments
        self.assertIn("no nvcc here", said.getvalue())


if __name__ == "__main__":
    if NO_CUOBJDUMP:
        print(f"NOT TESTED, that bad kernels are refused: {NO_CUOBJDUMP}", file=sys.stderr)
    unittest.main(argv=sys.argv[:1])

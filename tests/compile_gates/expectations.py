"""What a kernel's shape implies of its code: a rule for each kernel that multiplies matrices.

A rule is given the architecture and the kernel's template arguments as text, and says how many
matrix instructions one pass of its loop over rows or tiles has, computed from channels and taps as
the kernel's head comment has it. The compiler must have kept exactly these: one more is a loop that
it unrolled or peeled, one less a loop that it did not unroll.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Expected:
    matrix: dict  # {"HGMMA.64x96x16.F32": 12}
    shared_bytes: int = 0  # asked for at launch
    producer_warpgroups: int = 1  # those that give registers away, where there is setmaxnreg


def split_arguments(name):
    """("fovea::cuda::conv", ["fovea::cuda::Half", "64"]) of "fovea::cuda::conv<...>"."""
    base, bracket, inside = name.partition("<")
    arguments, depth, begin = [], 0, 0
    inside = inside.removesuffix(">") if bracket else ""
    for place, letter in enumerate(inside):
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and depth == 0:
            arguments.append(inside[begin:place].strip())
            begin = place + 1
    if bracket:
        arguments.append(inside[begin:].strip())
    return base, arguments


def number(text):
    """A template argument's value: "64", "64u", "(fovea::cuda::Kind)2", "true"."""
    if text in ("true", "false"):
        return int(text == "true")
    return int(re.sub(r"^\(.*\)", "", text).rstrip("ul"))


# {kernel's name without template arguments: rule(architecture, *arguments) -> Expected}
RULES = {}


def expected(kernel_name, architecture, rules):
    """The rule's answer, or None where no rule knows the kernel."""
    base, arguments = split_arguments(kernel_name)
    rule = rules.get(base) or rules.get(base.rsplit("::", 1)[-1])
    return rule(architecture, *arguments) if rule else None

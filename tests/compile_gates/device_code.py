"""What is in an object: its kernels with their resources and instructions, and what ptxas said."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass(frozen=True)
class Instruction:
    address: int
    opcode: str  # with its suffixes: "HGMMA.64x96x16.F32"
    operands: str

    @property
    def mnemonic(self):
        return self.opcode.split(".")[0]

    def branch_target(self):
        """Address, or None for what is no branch to a fixed place."""
        found = re.search(r"0x([0-9a-f]+)$", self.operands) if self.mnemonic == "BRA" else None
        return int(found.group(1), 16) if found else None


@dataclasses.dataclass
class Kernel:
    """One kernel for one architecture."""

    architecture: str  # "sm_90a"
    symbol: str
    name: str  # demangled, without parameters: "fovea::cuda::conv<fovea::cuda::Half, 64>"
    registers: int = 0
    stack_bytes: int = 0
    local_bytes: int = 0
    shared_bytes: int = 0  # static, with what the architecture reserves
    threads: int = 0  # at most, by its launch bounds; 0 without
    instructions: list = dataclasses.field(default_factory=list)
    spilled_bytes: int | None = None  # None: ptxas was not heard
    remarks: list = dataclasses.field(default_factory=list)  # C75xx and what else ptxas warned of


def output_of(*command, text=None):
    return subprocess.run(
        [str(word) for word in command], input=text, check=True, capture_output=True, text=True
    ).stdout


def demangled(symbols):
    """{symbol: its name without return type, parameters and anonymous namespaces}."""
    names = output_of("c++filt", text="\n".join(symbols)).splitlines()
    return {symbol: without_parameters(name) for symbol, name in zip(symbols, names)}


def without_parameters(name):
    name = name.replace("(anonymous namespace)::", "")
    # The parameter list is the last bracket at depth 0: casts such as (Type)1 stand inside <>.
    depth, start = 0, len(name)
    for place in range(len(name) - 1, -1, -1):
        if name[place] in ")>":
            depth += 1
        elif name[place] in "(<":
            depth -= 1
            if depth == 0 and name[place] == "(":
                start = place
                break
    head, depth, begin = name[:start], 0, 0
    for place, letter in enumerate(head):
        depth += (letter == "<") - (letter == ">")
        if letter == " " and depth == 0:
            begin = place + 1  # behind the return type of a template
    return head[begin:]


def by_architecture(text):
    """cuobjdump's text, cut at its "arch = sm_90a" lines: pairs of architecture and text."""
    parts = re.split(r"^arch = (\S+)$", text, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2])


def instructions_of(text):
    pattern = r"^\s+/\*([0-9a-f]{4,})\*/\s+(?:@!?\w+\s+)?([A-Z][\w.]*)\s*([^;]*?)\s*;"
    return [
        Instruction(int(address, 16), opcode, operands)
        for address, opcode, operands in re.findall(pattern, text, re.MULTILINE)
    ]


def kernels_of(cuobjdump, path):
    """{(architecture, symbol): kernel} of all architectures in the object at `path`."""
    found = {}
    usage = r"^ Function (\S+):\n +REG:(\d+) STACK:(\d+) SHARED:(\d+) LOCAL:(\d+)"
    for architecture, text in by_architecture(output_of(cuobjdump, "-res-usage", path)):
        for symbol, *numbers in re.findall(usage, text, re.MULTILINE):
            registers, stack, shared, local = map(int, numbers)
            found[architecture, symbol] = Kernel(
                architecture, symbol, symbol, registers, stack, local, shared
            )
    for architecture, text in by_architecture(output_of(cuobjdump, "-sass", path)):
        for part in re.split(r"^\s+Function : ", text, flags=re.MULTILINE)[1:]:
            symbol, code = part.split("\n", 1)
            if (architecture, symbol) in found:
                found[architecture, symbol].instructions = instructions_of(code)
    bounds = r"EIATTR_MAX_THREADS\n.*\n\s*Value:\s*0x([0-9a-f]+) 0x([0-9a-f]+) 0x([0-9a-f]+)"
    for architecture, text in by_architecture(output_of(cuobjdump, "-elf", path)):
        for part in re.split(r"^\.nv\.info\.", text, flags=re.MULTILINE)[1:]:
            symbol = part.split("\n", 1)[0].strip()
            limit = re.search(bounds, part)
            if limit and (architecture, symbol) in found:
                x, y, z = (int(number, 16) for number in limit.groups())
                found[architecture, symbol].threads = x * y * z
    names = demangled(sorted({symbol for _, symbol in found}))
    for kernel in found.values():
        kernel.name = names[kernel.symbol]
    return found


def hear_ptxas(text, kernels):
    """Adds what ptxas said to `kernels`, as of kernels_of(); returns what it said of no kernel.

    A warning names its function, not its architecture: it counts for all of the function's."""
    homeless = []
    properties = re.compile(r"Compiling entry function '(\S+)' for '(\w+)'")
    spills = re.compile(
        r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads"
    )
    current = None
    for line in text.splitlines():
        if found := properties.search(line):
            current = kernels.get((found.group(2), found.group(1)))
        elif (found := spills.search(line)) and current:
            current.spilled_bytes = int(found.group(2)) + int(found.group(3))
            current = None
        elif "(C7" in line or line.startswith("ptxas warning"):
            remark = re.sub(r"^ptxas \w+\s*: ", "", line)
            meant = [kernel for kernel in kernels.values() if f"'{kernel.symbol}'" in line]
            for kernel in meant:
                kernel.remarks.append(remark)
            if not meant:
                homeless.append(remark)
    return homeless

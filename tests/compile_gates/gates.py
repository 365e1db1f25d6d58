"""What is refused in a kernel, each with its reason. Every finding is a text."""

import collections

import expectations

MATRIX_INSTRUCTIONS = (
    "HGMMA",
    "QGMMA",
    "IGMMA",
    "BGMMA",
    "HMMA",
    "IMMA",
    "QMMA",
    "DMMA",
    "OMMA",
    "UTCHMMA",
    "UTCQMMA",
)
LOCAL_INSTRUCTIONS = ("LDL", "STL")
STATIC_SHARED_BYTES = 48 << 10  # more must be asked for at launch, as dynamic shared memory
REGISTER_FILE = 65536  # of a block, on every architecture here
MAX_REGISTERS = 255
# The most shared memory of one block, with the opt-in (CUDA C++ Programming Guide, table of compute
# capabilities), and what the system keeps of it for itself in each block.
SHARED_BYTES = {
    75: 64 << 10,
    80: 163 << 10,
    86: 99 << 10,
    89: 99 << 10,
    90: 227 << 10,
    100: 227 << 10,
    103: 227 << 10,
    120: 99 << 10,
    121: 99 << 10,
}
RESERVED_SHARED_BYTES = 1 << 10  # sm_80 and newer; cuobjdump counts it as static memory from sm_90


def capability(architecture):
    return int("".join(filter(str.isdigit, architecture)))


def matrix_counts(kernel):
    return dict(
        collections.Counter(
            each.opcode for each in kernel.instructions if each.mnemonic in MATRIX_INSTRUCTIONS
        )
    )


def in_words(counts):
    return ", ".join(f"{count} {opcode}" for opcode, count in sorted(counts.items())) or "none"


def remarks_of_ptxas(kernel, _):
    """C75xx: wgmma serialised, or waits put in; and all warnings."""
    for remark in kernel.remarks:
        yield f"ptxas: {remark}"


def spills(kernel, _):
    if kernel.spilled_bytes is None:
        yield "ptxas's words on it are not kept: was it built through keep_ptxas_output.py?"
    elif kernel.spilled_bytes:
        yield f"{kernel.spilled_bytes} bytes of registers spilled and read back"


def local_memory(kernel, _):
    if kernel.stack_bytes or kernel.local_bytes:
        yield f"local memory: stack of {kernel.stack_bytes + kernel.local_bytes} bytes"
    found = [each.opcode for each in kernel.instructions if each.mnemonic in LOCAL_INSTRUCTIONS]
    if found:
        yield f"local memory: {len(found)} instructions, the first {found[0]}"


def matrix_instructions(kernel, expected):
    if not kernel.instructions:
        yield "no instructions were read"
    found = matrix_counts(kernel)
    if expected is None:
        if found:
            yield f"has matrix instructions ({in_words(found)}) and no rule in expectations.py"
    elif found != {opcode: count for opcode, count in expected.matrix.items() if count}:
        implied = in_words(expected.matrix)
        yield f"matrix instructions: {in_words(found)}; its shape implies {implied}"


def shared_memory(kernel, expected):
    reserved = RESERVED_SHARED_BYTES if capability(kernel.architecture) >= 90 else 0
    static = max(0, kernel.shared_bytes - reserved)
    if static > STATIC_SHARED_BYTES:
        yield f"{static} bytes of static shared memory, above {STATIC_SHARED_BYTES}"
    total = static + (expected.shared_bytes if expected else 0)
    limit = SHARED_BYTES.get(capability(kernel.architecture))
    if limit is None:
        yield f"gates.py does not know the shared memory of {kernel.architecture}"
    elif total > limit:
        yield f"{total} bytes of shared memory, above {limit}"


def registers(kernel, expected):
    if not kernel.threads:
        yield "no launch bounds: nothing holds its registers below the register file"
        return
    # Registers are given to whole warps, eight a thread at a time.
    granted = (kernel.registers + 7) // 8 * 8
    threads = (kernel.threads + 31) // 32 * 32
    if granted * threads > REGISTER_FILE:
        yield f"{granted} registers x {threads} threads, above {REGISTER_FILE}"
    asked = [each for each in kernel.instructions if each.mnemonic == "USETMAXREG"]
    up = {
        int(each.operands.split(",")[-1], 0)
        for each in asked
        if "ALLOC" in each.opcode and "DEALLOC" not in each.opcode
    }
    down = {int(each.operands.split(",")[-1], 0) for each in asked if "DEALLOC" in each.opcode}
    if not asked:
        return
    if not up or not down:
        yield "setmaxnreg on one side alone: registers given back and taken must both be there"
        return
    producers = expected.producer_warpgroups if expected else 1
    consumers = threads // 128 - producers
    pool = granted * threads
    wanted = 128 * (max(down) * producers + max(up) * consumers)
    if wanted > pool:
        yield (
            f"setmaxnreg waits forever: {producers} x 128 x {max(down)} + {consumers} x 128 x "
            f"{max(up)} registers, above the {pool} of its launch"
        )
    if max(up) > MAX_REGISTERS:
        yield f"setmaxnreg of {max(up)}"


GATES = (remarks_of_ptxas, spills, local_memory, matrix_instructions, shared_memory, registers)


def findings(kernel, rules):
    """All that is wrong with a kernel."""
    try:
        expected = expectations.expected(kernel.name, kernel.architecture, rules)
    except (TypeError, ValueError) as failure:
        return [f"its rule in expectations.py fails: {failure}"]
    return [finding for gate in GATES for finding in gate(kernel, expected)]


def matrix_loops(kernel):
    """The innermost loops that hold matrix instructions: what one pass issues."""
    loops = []
    for each in kernel.instructions:
        target = each.branch_target()
        if target is not None and target <= each.address:
            body = [one for one in kernel.instructions if target <= one.address <= each.address]
            if any(one.mnemonic in MATRIX_INSTRUCTIONS for one in body):
                loops.append((target, each.address, body))
    innermost = [
        loop
        for loop in loops
        if not any(
            other is not loop and loop[0] <= other[0] and other[1] <= loop[1] for other in loops
        )
    ]
    return [
        {
            "instructions": len(body),
            "under_products": under_products(body),
            "matrix": dict(
                collections.Counter(
                    one.opcode for one in body if one.mnemonic in MATRIX_INSTRUCTIONS
                )
            ),
            "mnemonics": dict(collections.Counter(one.mnemonic for one in body)),
        }
        for _, _, body in innermost
    ]


def under_products(body):
    """Instructions between the first product of wgmma and the wait for it: they cost nothing where
    the products take longer."""
    count, waiting = 0, False
    for one in body:
        if one.mnemonic == "HGMMA":
            waiting = True
        elif one.opcode.startswith("WARPGROUP.DEPBAR"):
            waiting = False
        count += waiting
    return count

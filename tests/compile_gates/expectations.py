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
    shape: dict = dataclasses.field(default_factory=dict)  # what the cost model asks by


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


def suffix(element):
    """Of a matrix instruction's name, for a type of maps."""
    return {"Half": ".F32", "Bfloat16": ".F32.BF16"}[element.rsplit("::", 1)[-1]]


def sync_products(architecture, element, count):
    """`count` of mma.m16n8k16. sm_75 has products of 8 channels, so twice as many, and none of
    bf16."""
    if architecture != "sm_75":
        return {"HMMA.16816" + suffix(element): count}
    return {"HMMA.1688.F32": 2 * count} if suffix(element) == ".F32" else {}


def conv3x3_wgmma(_, element, *numbers):
    """kernels/cuda/conv3x3_wgmma_shapes.h: a row is 3 taps x in_channels / 16 products with the
    weights of three, two or one of ky = 0, 1, 2 beside each other. Rows inside of a run need all
    three; the first and last row of a run two, those above and below it one, each in code of its
    own, twice."""
    in_channels, group, warpgroups, stages = map(number, numbers)
    row = 3 * in_channels // 16
    name = "HGMMA.64x{}x16" + suffix(element)
    weights = 9 * in_channels * group * 2
    stage = -(-66 * in_channels * 2 // 128) * 128
    return Expected(
        {name.format(3 * group): row, name.format(2 * group): 2 * row, name.format(group): 2 * row},
        weights + warpgroups * stages * stage + 8 * group + 8 * (2 * warpgroups * stages + 1),
        shape={"in_channels": in_channels, "group": group, "warpgroups": warpgroups},
    )


def conv_upsample_wgmma(_, element):
    """kernels/cuda/conv_upsample_wgmma_shape.h, 64 channels: a warpgroup makes 32 of them for both
    column phases, each of two shifts x 64 / 16 products, with the weights of two rows of two row
    phases beside each other; the first and the last row of a run need one of the two. Weights of 16
    taps, eight rows, bias and slope, 17 barriers."""
    row = 2 * 2 * 64 // 16
    name = "HGMMA.64x{}x16" + suffix(element)
    shared = 16 * 64 * 64 * 2 + 8 * 66 * 64 * 2 + 8 * 64 + 8 * 17
    shape = {"in_channels": 64, "group": 64}
    return Expected({name.format(128): row, name.format(64): 2 * row}, shared, shape=shape)


def conv_pair_wgmma(_, element):
    """kernels/cuda/conv_pair_wgmma_shape.h: the first convolution is conv3x3_wgmma's of 64 -> 64
    with five rows for each of three warpgroups; the second is 64 / 16 products with the 9 taps of 4
    outputs, filled up to 40 columns, in code of its own for rows inside of a run, for its last two
    and for the picture's last. Shared memory: its weights and two words a multiplying thread
    more."""
    first = conv3x3_wgmma(_, element, "64", "64", "3", "5")
    matrix = dict(first.matrix) | {"HGMMA.64x40x16" + suffix(element): 4 * (64 // 16)}
    shared = first.shared_bytes + 64 * 40 * 2 + 2 * 3 * 128 * 4
    return Expected(matrix, shared, shape={"in_channels": 64, "group": 64, "warpgroups": 3})


def conv_mma(architecture, element, tile):
    """kernels/cuda/conv_mma.cuh: a step of a warp is its rows of 16 pixels x its outputs by eights
    x kernel rows x the columns of the step; the loop over steps is not unrolled."""
    arguments = map(number, split_arguments(tile)[1])
    kernel, chunk_planes, step_columns, rows, outputs8, warps_y, warps_x, warps_n = arguments
    products = step_columns * kernel * outputs8 * rows
    pixels = 2 if chunk_planes == 1 else 1  # that one product covers along a kernel row
    columns = -(-kernel // pixels)
    inputs = (warps_y * rows + kernel - 1) * (warps_x * 16 + columns * pixels - 1)
    weights = step_columns * kernel * 2 * warps_n * outputs8 * 8 * 16
    slots = 2 if columns == step_columns else 3
    shared = 2 * chunk_planes * inputs * 16 + slots * weights
    return Expected(sync_products(architecture, element, products), shared)


def srcnn(architecture, element):
    """kernels/cuda/srcnn_layout.h: for 16 pixels of a row 5 steps x 8 tiles of the 9x9 taps, 4 x 4
    of the 1x1, 2 x 4 of the 5x5's columns; the loop over rows is not unrolled. Shared memory: 16
    rows of 140 words, and 25 taps of 132 words twice."""
    products = 5 * 8 + 4 * 4 + 2 * 4
    return Expected(sync_products(architecture, element, products), 16 * 140 * 4 + 2 * 25 * 132 * 4)


def ladder_tensor_cores(architecture, outputs):
    """kernels/cuda/ladder/conv3x3/3_tensor_cores.cu: a tap is 4 rows of 16 pixels x 32 outputs by
    eights; the loop over taps is not unrolled. A tile of 16 x 32 pixels with 32 outputs or 8 x 32
    with 64, with its halo, and nine taps of 16 channels."""
    outputs = number(outputs)
    shared = 2 * (512 // outputs + 2) * 34 * 16 + 9 * 2 * outputs * 16
    return Expected(sync_products(architecture, "Half", 4 * 4), shared)


def ladder_ky_stack(architecture):
    """kernels/cuda/ladder/conv3x3/4_ky_stack.cu: 3 ky x 2 x 16 pixels x 32 outputs by eights; the
    loops over kx and channels are not unrolled. Shared memory is for 64 channels: more are asked
    for only where the device has it."""
    return Expected(sync_products(architecture, "Half", 3 * 2 * 4), 70144)


def ladder_dense_block(architecture):
    """kernels/cuda/ladder/residual_dense_block/4_one_kernel.cu: the five convolutions' loops over
    steps, each 3 taps x a warp's m-tiles x outputs by eights. Of a convolution the m-tiles are 16
    of the pixels that are left of 26 x 26, two rows and columns less each time, for 8 warps."""
    sides = [26 - 2 * n for n in range(6)]
    products = sum(
        3 * -(-(sides[n] ** 2) // (16 * 8)) * (8 if n == 5 else 4) for n in range(1, 6)
    )
    maps = sum(side**2 * (8 if side == 26 else 4) * 16 for side in sides[:5])
    return Expected(sync_products(architecture, "Half", products), maps + 3 * 3 * 2 * 64 * 16)


# {kernel's name without template arguments: rule(architecture, *arguments) -> Expected}
RULES = {
    "conv3x3_wgmma_kernel": conv3x3_wgmma,
    "conv_upsample_wgmma_kernel": conv_upsample_wgmma,
    "conv_pair_wgmma_kernel": conv_pair_wgmma,
    "conv_mma": conv_mma,
    "shuffle_mma": conv_mma,  # its stage for the sums lies where the operands were
    "srcnn_kernel": srcnn,
    "tensor_cores_kernel": ladder_tensor_cores,
    "ky_stack_kernel": ladder_ky_stack,
    "dense_block_kernel": ladder_dense_block,
}


def expected(kernel_name, architecture, rules):
    """The rule's answer, or None where no rule knows the kernel."""
    base, arguments = split_arguments(kernel_name)
    rule = rules.get(base) or rules.get(base.rsplit("::", 1)[-1])
    return rule(architecture, *arguments) if rule else None

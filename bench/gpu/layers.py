"""The networks as the layers that the CUDA backend runs on Hopper: matrix products, bytes, pixels.

A unit is what one warpgroup makes at a time: a strip of 64 pixels of one row (M of wgmma is 64).
Channels, taps and traffic follow from the networks' formulas and from the layout of
kernels/cuda/device_map.h (planes of 8 channels of 2 bytes).
"""

import dataclasses

STRIP = 64
HALO = 2  # pixels of a row beside the strip, for a 3x3 kernel
BYTES = 2  # of an f16


@dataclasses.dataclass(frozen=True)
class Products:
    """`count` products of 64 x columns x 16; A, or all, from registers instead of shared memory."""

    count: int
    columns: int
    from_registers: bool = False
    all_from_registers: bool = False


@dataclasses.dataclass(frozen=True)
class Layer:
    name: str
    multiply_adds: int  # of the formula, a pixel
    scale: int = 1  # its pixels are scale^2 a pixel of the network's input
    repeat: int = 1
    kernel: str = ""  # base name in compiled_kernels.json; empty: not looked up
    in_channels: int = 0
    group: int = 0  # output channels of one block
    groups: int = 1  # blocks that read the same rows
    warpgroups: int = 3  # of a multiprocessor, that multiply strips of their own
    sharing: int = 1  # that multiply one strip together
    matrix: tuple = ()  # (its instruction, how many a warp issues for a row), to know its loop by
    sync: bool = False  # mma.sync instead of wgmma
    row: tuple = ()  # Products of a whole row of a unit, each group
    first_rows: tuple = ()  # the same of the first two rows of a run, of which not all is needed
    weights: int = 0  # bytes that a block reads before its first product
    shared_writes: int = 0  # bytes that the copy engine writes a unit and group
    shared_cycles: float = 0.0  # other accesses to shared memory, a unit
    useful: float = 1.0  # part of a unit's pixels that are kept
    halo_rows: int = 0  # rows of products beyond those of a run
    reads: int = 0  # bytes of device memory a pixel, once for all groups
    writes: int = 0
    launches: int = 1


def planes(channels):
    return -(-channels // 8) * 8


def conv3x3(name, in_channels, out_channels, group=None, extra_reads=0, stored=None, **more):
    """The ky-stacked convolution: each row is multiplied once with the weights of ky = 0, 1, 2 side
    by side, 3 * group columns; of a run's first and last two rows only those that a row of the run
    needs. Input channels are multiples of 16 (K of wgmma)."""
    group = group or planes(out_channels)
    read = -(-in_channels // 16) * 16
    steps = 3 * read // 16
    return Layer(
        name=name,
        multiply_adds=9 * in_channels * out_channels,
        kernel="conv3x3_wgmma",
        in_channels=read,
        group=group,
        groups=-(-out_channels // group),
        # Three where shared memory has two rows for each (kernels/cuda/conv3x3_wgmma_shapes.h).
        warpgroups=2 if read >= 192 else 3,
        matrix=(f"HGMMA.64x{3 * group}x16.F32", steps),
        row=(Products(steps, 3 * group),),
        first_rows=(Products(steps, group), Products(steps, 2 * group)),
        weights=9 * read * group * BYTES,
        shared_writes=(STRIP + HALO) * read * BYTES,
        reads=planes(in_channels) * BYTES + extra_reads,
        writes=planes(out_channels) * BYTES if stored is None else stored,
        **more,
    )


def upsample(name, channels, scale):
    """Nearest x2 and a 3x3 convolution as four 2x2 phases on the small map: 4 taps x 4 phases. Two
    warpgroups make half of the outputs each of the same strip: for each phase of the columns two
    shifts, and N = 2 rows x 2 phases of rows x half of the channels; the first and last row of a
    run need one of the two rows."""
    steps = 2 * 2 * channels // 16
    return Layer(
        name=name,
        multiply_adds=16 * channels * channels,
        scale=scale,
        kernel="conv_upsample_wgmma",
        in_channels=channels,
        group=channels,
        warpgroups=1,
        sharing=2,
        matrix=(f"HGMMA.64x{2 * channels}x16.F32", steps),
        row=(Products(2 * steps, 2 * channels),),
        first_rows=(Products(2 * steps, channels),),
        weights=16 * channels * channels * BYTES,
        shared_writes=(STRIP + HALO) * channels * BYTES,
        reads=channels * BYTES,
        writes=4 * channels * BYTES,
    )


def pair(name, channels, out, scale):
    """Two 3x3 convolutions in one, the second to no more than 4 channels: the first as conv3x3's,
    and the second's 9 taps x 4 outputs, filled up to N = 40, with A from registers. The outermost 2
    of 64 pixels are only neighbours', and a run has 2 rows more."""
    first = conv3x3(name, channels, channels, scale=scale)
    return dataclasses.replace(
        first,
        multiply_adds=9 * channels * (channels + out),
        kernel="conv_pair_wgmma",
        row=(*first.row, Products(channels // 16, 40, from_registers=True)),
        weights=first.weights + channels * 40 * BYTES,
        useful=(STRIP - 2) / STRIP,
        halo_rows=2,
        writes=planes(out) * BYTES,
    )


def pointwise(name, reads, writes, scale=1):
    return Layer(name=name, multiply_adds=0, scale=scale, reads=reads, writes=writes)


def dense_blocks(features, growth, rrdbs):
    """Three dense blocks an RRDB, each in one growing map with x in its first planes: the last
    convolution's y <- 0.2 y + x has x in the rows it multiplies, so that no layer reads more than
    its input, but the last of the three, whose 0.2 z + x0 reads x0."""
    blocks = 3 * rrdbs
    last = features + 4 * growth
    return [
        *(conv3x3(f"conv{n + 1}", features + n * growth, growth, repeat=blocks) for n in range(4)),
        conv3x3("conv5", last, features, growth, repeat=blocks - rrdbs),
        conv3x3("conv5 + x0", last, features, growth, features * BYTES, repeat=rrdbs),
    ]


def rrdbnet(blocks=23, features=64, growth=32):
    """RRDBNet x4 (Wang et al. 2018), upsampling folded. 3 bytes of a pixel come in, 3 go out."""
    whole = features * BYTES
    return [
        pointwise("from bytes", 3, 8 * BYTES),
        conv3x3("first", 3, features),
        *dense_blocks(features, growth, blocks),
        conv3x3("trunk", features, features, extra_reads=whole),
        upsample("up1", features, 1),
        upsample("up2", features, 2),
        pair("hr + last", features, 3, scale=4),
        pointwise("to bytes", 8 * BYTES, 3, scale=4),
    ]


def srvgg(features=64, body=16, scale=4):
    """SRVGGNetCompact (Real-ESRGAN); pixel shuffle, the nearest base and the bytes are the last
    convolution's epilogue."""
    out = 3 * scale * scale
    return [
        pointwise("from bytes", 3, 8 * BYTES),
        conv3x3("first", 3, features),
        conv3x3("body", features, features, repeat=body),
        conv3x3("last", features, out, stored=out, extra_reads=3),
    ]


def srcnn915():
    """SRCNN 9-1-5 (Dong et al. 2014) on luma, in one kernel of mma.sync (kernels/cuda/srcnn.cu):
    80 of 81 taps x 64 columns, whose sums are A of 64 -> 32, whose are A of 32 -> 25 columns, one
    a tap of the last layer. All weights stay in registers. Of 128 pixels the last layer's 5 taps
    leave 124, and a run has 4 rows more. Shared memory: 24 loads of taps, 14 stores and 25 cycles
    of loads of partial sums for 16 pixels."""
    steps = ((5, 64), (4, 32), (2, 32))
    return [
        Layer(
            name="9-1-5",
            multiply_adds=81 * 64 + 64 * 32 + 25 * 32,
            kernel="srcnn_kernel",
            matrix=("HMMA.16816.F32", sum(count * columns // 8 for count, columns in steps)),
            sync=True,
            row=tuple(Products(*each, all_from_registers=True) for each in steps),
            weights=2 * sum(count * 16 * columns for count, columns in steps),
            shared_cycles=4 * (24 + 14 + 25),
            warpgroups=2,
            useful=124 / 128,
            halo_rows=4,
            reads=8 * BYTES,
            writes=8 * BYTES,
        )
    ]


def measured_alone():
    """Layers that the networks run as a part of one above, and that are measured by themselves."""
    return [conv3x3("hr", 64, 64, scale=4), conv3x3("last", 64, 3, scale=4)]


NETWORKS = {"x4plus": rrdbnet, "animevideov3": srvgg, "SRCNN 9-1-5": srcnn915}
SIZES = {"256x256": (256, 256), "512x512": (512, 512), "720p": (720, 1280), "1080p": (1080, 1920)}


def multiply_adds(layers):
    """Of a network, a pixel of its input."""
    return sum(layer.repeat * layer.scale**2 * layer.multiply_adds for layer in layers)

#!/usr/bin/env python3
"""The sizes that people's networks have, at their full width and depth: too large to be stored, so
`make check-long PART=catalogue` makes them anew and compares.

    python3 catalogue.py --out FOLDER

The features, blocks, scales and channels are those of the models that are shared (OpenModelDB in
2026: 368 of ESRGAN's family, 85 Compact, 34 SPAN), each in the layout that most of them have."""

import argparse
from pathlib import Path

import make_goldens
from files import write_safetensors
from make_goldens import esrgan_2018, esrgan_2020, rrdb, span, srvgg
from networks_collapsed import ABPN, ECBSR, ETDS, ArtCNN
from networks_dense import CARN, RDN
from networks_plain import ESPCN, FSRCNN, VDSR, DnCNN
from networks_residual import (
    EDSR,
    SRGAN,
    BasicEDSR,
    MSRResNet,
    SRGANParts,
    SRResNet,
    SwiftSRGAN,
)

SIZES = ["1x1", "6x9"]

# As make_goldens.MODELS: name: (network, stored type, sizes, metadata)
CATALOGUE = {}


def add(name, network, storage="F16", sizes=None, **metadata):
    CATALOGUE[name] = (network, storage, sizes or SIZES, metadata)


# ESRGAN: features / blocks, growth 32 but in the smallest.
for features, blocks in ((64, 23), (64, 24), (64, 6), (48, 16), (48, 18), (47, 17), (32, 12)):
    add(f"esrgan_2018_{features}_{blocks}_x4", esrgan_2018(3, 3, features, blocks, 32))
for features, blocks, growth in ((24, 8, 32), (16, 8, 16), (12, 8, 12), (10, 5, 10), (8, 3, 8)):
    add(f"esrgan_2018_{features}_{blocks}_x2", esrgan_2018(3, 3, features, blocks, growth, ups=1))
add("esrgan_2018_128_23_x4", esrgan_2018(3, 3, 128, 23, 32), sizes=["3x4"])
for ups in (0, 1, 3, 4):
    add(f"esrgan_2018_64_23_x{2**ups}", esrgan_2018(3, 3, 64, 23, 32, ups=ups), sizes=["3x5"])
add("esrgan_2018_32_12_x1", esrgan_2018(3, 3, 32, 12, 32, ups=0), "F32")
add("esrgan_2018_gray_x1", esrgan_2018(1, 1, 64, 23, 32, ups=0))
add("esrgan_2018_gray_to_rgb_x1", esrgan_2018(1, 3, 64, 23, 32, ups=0))
add("esrgan_2018_rgba_x4", esrgan_2018(4, 4, 64, 23, 32))
add("esrgan_plus_64_23_x4", esrgan_2018(3, 3, 64, 23, 32, shortcuts=True))
add("esrgan_2020_64_23_x4", esrgan_2020(3, 3, 64, 23, 32), "F32")
add("esrgan_2020_64_23_x2", esrgan_2020(3, 3, 64, 23, 32, ups=1))
add("rrdb_64_23_x4", rrdb(3, 3, 64, 23, 32), "F32")
add("rrdb_64_6_x4", rrdb(3, 3, 64, 6, 32))
add("rrdb_64_23_x2_unshuffle", rrdb(3, 3, 64, 23, 32, unshuffle=2))
add("rrdb_64_23_x1_unshuffle", rrdb(3, 3, 64, 23, 32, unshuffle=4))

# Compact: features / convolutions, at each scale.
for features, convolutions in ((64, 16), (64, 32), (64, 8), (24, 8), (24, 16)):
    for scale in (1, 2, 3, 4, 8):
        add(f"srvgg_{features}_{convolutions}_x{scale}",
            srvgg(3, 3, features, convolutions, scale), "F32" if scale == 2 else "F16")
add("srvgg_64_16_rgba_x4", srvgg(4, 4, 64, 16, 4))
add("srvgg_64_16_gray_x2", srvgg(1, 1, 64, 16, 2))
add("srvgg_64_16_gray_to_rgb_x2", srvgg(1, 3, 64, 16, 2))

# SPAN: features.
for features in (28, 32, 48, 52, 64, 96):
    for scale in (1, 2, 4):
        add(f"span_{features}_x{scale}", span(3, 3, features, scale))
        add(f"span_{features}_no_norm_x{scale}", span(3, 3, features, scale, norm=False))

# The others as they were published.
for scale in (2, 3, 4):
    add(f"fsrcnn_x{scale}", lambda scale=scale: FSRCNN(1, 56, 12, 4, scale), scale=str(scale))
    add(f"espcn_x{scale}", lambda scale=scale: ESPCN(1, (64, 32), scale))
    add(f"edsr_64_16_x{scale}", lambda scale=scale: EDSR(64, 16, scale, 1.0))
    add(f"msrresnet_64_16_x{scale}", lambda scale=scale: MSRResNet(3, 64, 16, scale))
    add(f"carn_x{scale}", lambda scale=scale: CARN(64, scale, [2, 3, 4]), scale=str(scale))
    add(f"carn_m_x{scale}", lambda scale=scale: CARN(64, scale, [2, 3, 4], 4), scale=str(scale))
add("edsr_256_32_x2", lambda: EDSR(256, 32, 2, 0.1), sizes=["3x4"])
add("edsr_basicsr_64_16_x4", lambda: BasicEDSR(64, 16, 4, 1.0))
add("srgan_64_5_x4", lambda: SRGAN(3, 64, 5, 2), "F32")
add("srresnet_64_16_x4", lambda: SRResNet(3, 64, 16, 2), "F32")
add("srgan_parts_64_16_x4", lambda: SRGANParts(3, 64, 16), "F32")
add("swift_srgan_64_16_x4", lambda: SwiftSRGAN(3, 64, 16, 2), "F32")
add("rdn_64_64_16_8_x2", lambda: RDN(3, 64, 64, 16, 8, 2), sizes=["3x4"])
add("vdsr_64_20", lambda: VDSR(64, 20))
add("dncnn_64_17", lambda: DnCNN(1, 64, 17))
add("dncnn_64_20_rgb", lambda: DnCNN(3, 64, 20))
add("fdncnn_64_20_rgb", lambda: DnCNN(3, 64, 20, noise_level=25), noise_level="25")
add("artcnn_96_16_x2", lambda: ArtCNN(3, 96, 16, 2))
add("artcnn_64_8_x2", lambda: ArtCNN(1, 64, 8, 2))
for features, blocks in ((8, 4), (16, 4), (64, 16)):
    add(f"ecbsr_{features}_{blocks}_x2",
        lambda nf=features, nb=blocks: ECBSR(1, nf, nb, 2, range=255), "F32", range="255")
add("abpn_28_4_x4", lambda: ABPN(28, 4, 4))
add("etds_29_3_4_x4", lambda: ETDS(3, 29, 3, 4, 4), "F32")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="where to write")
    out = parser.parse_args().out
    for folder in ("models", "maps", "pictures"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    make_goldens.MODELS.update(CATALOGUE)
    for name, (_, storage, _, metadata) in CATALOGUE.items():
        network = make_goldens.make_network(name)
        tensors = {key: value.numpy() for key, value in network.state_dict().items()}
        write_safetensors(out / "models" / f"{name}.safetensors", tensors, storage, metadata)
        write_safetensors(out / "maps" / f"{name}.safetensors",
                          make_goldens.make_maps(name, network))
    print(f"{len(CATALOGUE)} networks")


if __name__ == "__main__":
    main()

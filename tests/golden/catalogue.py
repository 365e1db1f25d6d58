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

SIZES = ["1x1", "6x9"]

# As make_goldens.MODELS: name: (network, stored type, sizes, metadata)
CATALOGUE = {}


def add(name, network, storage="F16", sizes=None):
    CATALOGUE[name] = (network, storage, sizes or SIZES, {})


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

#!/usr/bin/env python3
"""The kept inputs of the fuzz targets: one archive a target in corpus/, replayed by make check.

    corpus.py replay PROGRAM TARGET      unpacks corpus/TARGET.tar.xz and runs PROGRAM on it
    corpus.py pack FUZZER FOLDER...      keeps the inputs of FOLDER... and of the archive that FUZZER
                                         needs to reach all that they reach, as corpus/FUZZER.tar.xz

The same inputs give the same archive, byte for byte: sorted by name, the name being the content's
SHA-256."""

import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def unpack(archive, folder):
    """The number of inputs in `archive`, now files in `folder`."""
    with tarfile.open(archive, "r:xz") as tar:
        members = tar.getmembers()
        for member in members:
            (folder / pathlib.Path(member.name).name).write_bytes(tar.extractfile(member).read())
    return len(members)


def replay(program, target):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        count = unpack(CORPUS / f"{target}.tar.xz", folder)
        done = subprocess.run([program, folder], text=True, check=False, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0 or not done.stdout.endswith(f"{count} inputs\n"):
        print(done.stdout[-20000:])
        print(f"exit {done.returncode}; the input that is named last is the one")
        return 1
    print(f"{count} inputs of {target}: nothing found")
    return 0


def pack(fuzzer, folders):
    fuzzer = pathlib.Path(fuzzer).resolve()
    archive = CORPUS / f"{fuzzer.name}.tar.xz"
    with tempfile.TemporaryDirectory() as name:
        old, merged = pathlib.Path(name) / "old", pathlib.Path(name) / "merged"
        old.mkdir()
        merged.mkdir()
        if archive.exists():
            unpack(archive, old)
        subprocess.run([fuzzer, "-merge=1", "-rss_limit_mb=2048", merged, old, *folders],
                       check=True, stderr=subprocess.DEVNULL, cwd=name)
        inputs = sorted({hashlib.sha256(path.read_bytes()).hexdigest(): path.read_bytes()
                         for path in merged.iterdir()}.items())
    CORPUS.mkdir(exist_ok=True)
    with tarfile.open(archive, "w:xz", preset=9, format=tarfile.USTAR_FORMAT) as tar:
        for digest, data in inputs:
            member = tarfile.TarInfo(digest[:32])
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    print(f"{archive.name}: {len(inputs)} inputs, {sum(len(data) for _, data in inputs)} bytes, "
          f"packed {archive.stat().st_size}")
    return 0


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "replay":
        return replay(pathlib.Path(arguments[1]).resolve(), arguments[2])
    if len(arguments) >= 3 and arguments[0] == "pack":
        return pack(arguments[1], [pathlib.Path(folder).resolve() for folder in arguments[2:]])
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

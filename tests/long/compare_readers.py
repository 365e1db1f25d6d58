"""Files changed at random, read by fovea and by a format's own reader: what that refuses, fovea must
refuse; what both take must be the same tensors. fovea may refuse more.

For compare_torch.py and compare_safetensors.py, which are called with READER MINUTES SEED: READER is
read_checkpoints."""

import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BATCH = 500
MOST_FINDINGS = 20


def changed_bytes(data, rng, marks=(b"\0", b"\xff")):
    """One to four places of `data` flipped, overwritten, taken out, doubled, marked or cut off."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(data))
        length = rng.choice((1, 1, 2, 4, 8, 16))
        way = rng.randrange(6)
        if way == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            data[at:at + length] = rng.randbytes(length)
        elif way == 2:
            del data[at:at + length]
        elif way == 3:
            data[at:at] = data[at:at + length]
        elif way == 4:
            data[at:at + 1] = rng.choice(marks)
        else:
            del data[-length:]
        if not data:
            return b"PK"
    return bytes(data)


def compare(reader_name, seeds, changed, judge, is_exception=lambda data: False):
    """The exit code. `seeds`: whole files, which fovea must take; changed(data, rng): another file;
    judge(path, {name: (dtype, shape, crc)}): what is wrong with fovea's taking it, or None;
    is_exception(data): that is written down as taken all the same."""
    reader, minutes, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    end, files, accepted, excepted, findings = time.monotonic() + 60 * minutes, 0, 0, 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        while time.monotonic() < end and len(findings) < MOST_FINDINGS:
            batch = [changed(rng.choice(seeds), rng) for _ in range(BATCH)] if files else seeds
            paths = [folder / f"{i}.model" for i in range(len(batch))]
            for path, data in zip(paths, batch):
                path.write_bytes(data)
            told = subprocess.run([reader, *map(str, paths)], check=True, stdout=subprocess.PIPE)
            lines = told.stdout.decode(errors="surrogateescape").split("\n")
            for data, line in zip(batch, lines):
                path, verdict, *fields = line.split("\t")
                if not files and verdict == "refused":
                    findings.append((f"a whole file is refused: {fields[0]}", data))
                if verdict != "accepted":
                    continue
                accepted += 1
                tensors = zip(*(fields[i::4] for i in range(4)))
                fault = judge(path, {name: parts for name, *parts in tensors})
                if fault and is_exception(data):
                    excepted += 1
                elif fault:
                    findings.append((fault, data))
            files += len(batch)
    print(f"{reader_name}: {files} files of {len(seeds)} whole ones, seed {seed}: fovea takes "
          f"{accepted}, of those it refuses {len(findings)} and {excepted} of the written exception")
    out = ROOT / "out" / "compare-readers"
    for index, (fault, data) in enumerate(findings):
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{index}.model").write_bytes(data)
        print(f"finding {index}: {fault}")
    return 1 if findings else 0

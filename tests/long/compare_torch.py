"""compare_torch.py READER MINUTES SEED: checkpoints of PyTorch, changed at random, read by fovea
(READER is read_checkpoints) and by torch.load(weights_only=True). What PyTorch refuses, fovea must
refuse; what both take must be the same tensors. fovea may refuse more.

Half of the changes are to bytes of the file, half to opcodes of its pickle, with the archive's
checksums made anew."""

import io
import pathlib
import pickletools
import sys
import warnings
import zipfile
import zlib

import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "broken"))

import compare_readers  # noqa: E402
import torch_files  # noqa: E402

# PyTorch's reader of weights does not know the name that some trainers' files have.
EXCEPTIONS = (b"ctyping\nOrderedDict\n",)
MARKS = [bytes([code]) for code in b"(NJKMGXU)t]ae}suhjqrcRbQ.\x80\x81\x88\x89\x8a\x85\x86\x87"]
GLOBALS = [b"ctorch\n%s\n" % name for name in
           (b"Size", b"FloatStorage", b"HalfStorage", b"LongStorage", b"CharStorage", b"device")]
GLOBALS += [b"ctorch._utils\n%s\n" % name for name in
            (b"_rebuild_tensor", b"_rebuild_tensor_v2", b"_rebuild_parameter")]
GLOBALS += [b"ccollections\nOrderedDict\n", b"ctyping\nOrderedDict\n", b"ccollections\nCounter\n"]
# Whole values, to stand where another stood.
VALUES = [b"N", b"\x88", b"\x89", b"K\0", b"K\1", b"K\2", b"J\xff\xff\xff\xff",
          b"\x8a\x08" + bytes(7) + b"\x40", b")", b"]", b"}", b"K\1\x85", b"K\2K\2\x86",
          b"ccollections\nOrderedDict\n)R", b"X\1\0\0\0t", b"U\1t", b"G" + bytes(8)]


def made_here():
    """Small files that the goldens do not have: every type, empty and scalar tensors."""
    kinds = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
             torch.uint8, torch.bool)
    every = {str(kind): torch.ones(2, 3).to(kind) for kind in kinds}
    shaped = {"scalar": torch.tensor(3.0), "none": torch.zeros(0, 4), "list": [1, (2.5, None)],
              "turned": torch.arange(6.0).view(2, 3).t(), "text": "abc",
              "parameter": torch.nn.Parameter(torch.ones(3))}
    for value in (every, shaped):
        for legacy in (False, True):
            buffer = io.BytesIO()
            torch.save(value, buffer, _use_new_zipfile_serialization=not legacy)
            yield buffer.getvalue()


def goldens():
    for path in sorted((ROOT / "tests/golden/checkpoints").glob("*.pth")):
        yield path.read_bytes()


def opcodes(pickle):
    """A pickle's opcodes, each with its argument."""
    begins = [position for _, _, position in pickletools.genops(pickle)]  # up to its STOP
    return [pickle[a:b] for a, b in zip(begins, begins[1:] + [len(pickle)])]


def changed_opcodes(pickle, rng):
    """One to three opcodes taken out, doubled, exchanged or replaced."""
    parts = opcodes(pickle)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        way = rng.randrange(8)
        if way == 0:
            del parts[at]
        elif way == 1:
            parts.insert(at, parts[other])
        elif way == 2:
            parts[at], parts[other] = parts[other], parts[at]
        elif way == 3:
            parts.insert(at, rng.choice(VALUES + MARKS + GLOBALS))
        elif way == 4:
            parts[at] = rng.choice(VALUES + GLOBALS)
        elif way == 5:
            same = [part for part in parts if part[:1] == parts[at][:1]]
            parts[at] = rng.choice(same)
        else:
            # An opcode and the argument of another value.
            data = bytearray(parts[at])
            data[rng.randrange(len(data))] = rng.choice((0, 1, 2, 255, rng.randrange(256)))
            parts[at] = bytes(data)
        if not parts:
            break
    return b"".join(parts)


def changed_bytes(data, rng):
    return compare_readers.changed_bytes(data, rng, MARKS)


def rezipped(data, rng):
    """The archive with another pickle, or another member changed, and right checksums."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    index = next(i for i, (name, _) in enumerate(members) if name.endswith("/data.pkl"))
    if rng.random() < 0.1:
        index = rng.randrange(len(members))
        content = changed_bytes(members[index][1], rng) if members[index][1] else b"x"
    else:
        content = (changed_opcodes if rng.random() < 0.7 else changed_bytes)(members[index][1], rng)
    members[index] = (members[index][0], content)
    return torch_files.archive([torch_files.member(name, data) for name, data in members])


def changed(data, rng):
    if data.startswith(b"PK"):
        return changed_bytes(data, rng) if rng.random() < 0.3 else rezipped(data, rng)
    head = len(torch_files.LEGACY_MAGIC + torch_files.LEGACY_PROTOCOL)
    first = data.index(b".", head) + 1  # the system's pickle has no other full stop
    if rng.random() < 0.5:
        return changed_bytes(data, rng)
    end = first + 1 + max(position for _, _, position in pickletools.genops(data[first:]))
    return data[:first] + changed_opcodes(data[first:end], rng) + data[end:]


def tensors_of(value):
    """The tensors of a flat dict as read_checkpoints tells them; None for other values. PyTorch
    makes a 1 of every byte of a bool that is not 0, and bools are no weights."""
    told = {}
    for name, tensor in value.items():
        if isinstance(tensor, dict):
            return None
        if isinstance(tensor, torch.Tensor):
            packed = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
            bytes_of = packed.view(torch.uint8).numpy().tobytes()
            told[name] = (str(tensor.dtype).removeprefix("torch."), str(list(tensor.shape)),
                          "" if tensor.dtype == torch.bool else str(zlib.crc32(bytes_of)))
    return told


def judge(path, found):
    """What is wrong with fovea's taking this file; None where PyTorch takes it too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of any type: PyTorch's reader lets them through as they come
        return f"PyTorch refuses it: {type(error).__name__}: {str(error).splitlines()[0][:100]}"
    told = tensors_of(value) if isinstance(value, dict) else None
    found = {name: (dtype, shape, "" if dtype == "bool" else crc)
             for name, (dtype, shape, crc) in found.items()}
    if told is not None and found and told != found:
        return f"other tensors: {sorted(set(told.items()) ^ set(found.items()))[:4]}"
    return None


def main():
    return compare_readers.compare(
        f"torch {torch.__version__}", [*goldens(), *made_here()], changed, judge,
        is_exception=lambda data: any(mark in data for mark in EXCEPTIONS))


if __name__ == "__main__":
    sys.exit(main())

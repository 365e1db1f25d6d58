"""Files of torch.save from pieces: pickles of protocol 2, zip archives, the files before 1.6."""

import struct
import zlib

HEAD = b"\x80\x02"
DICT = b"ccollections\nOrderedDict\n)R"
LEGACY_MAGIC = HEAD + bytes.fromhex("8a0a6cfc9c46f9206aa85019") + b"."
LEGACY_PROTOCOL = HEAD + b"M\xe9\x03."


def number(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


def items(pairs):
    """What puts these into the dict on the stack."""
    return b"(" + b"".join(text(key) + value for key, value in pairs) + b"u"


def ordered(pairs):
    return DICT + items(pairs)


def plain(pairs):
    return b"}" + items(pairs)


def storage(key="0", count=4, kind="FloatStorage", legacy=False):
    return (b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu")
            + number(count) + (b"N" if legacy else b"") + b"tQ")


def tensor(stored, shape=(4,), strides=(1,), offset=0, more=b"\x89" + DICT):
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + number(offset) + numbers(shape)
            + numbers(strides) + more + b"tR")


def whole(piece):
    return HEAD + piece + b"."


def member(name, data, **fields):
    """(name, data, fields): `fields` replace those of both headers, or with local_ of one."""
    return name, data, fields


def archive(members, comment=b"", extra_end=b"", count=None, directory_offset=None, tail=b""):
    """A zip archive of members; `count` and `directory_offset` are what its end says."""
    data, directory = b"", b""
    for name, content, fields in members:
        size = fields.get("size", len(content))
        both = {"flags": 0, "method": 0, "crc": zlib.crc32(content), "stored": size, "size": size}
        both.update({key: value for key, value in fields.items() if key in both})
        local = {key: fields.get("local_" + key, value) for key, value in both.items()}
        local_name = fields.get("local_name", name).encode()
        offset = fields.get("offset", len(data))
        data += struct.pack("<IHHHIIIIHH", 0x04034b50, 20, local["flags"], local["method"], 0,
                            local["crc"], local["stored"], local["size"], len(local_name), 0)
        data += local_name + content
        directory += struct.pack("<IHHHHIIIIHHHHHII", 0x02014b50, 20, 20, both["flags"],
                                 both["method"], 0, both["crc"], both["stored"], both["size"],
                                 len(name.encode()), 0, 0, 0, 0, 0, offset) + name.encode()
    members_told = len(members) if count is None else count
    begin = len(data) if directory_offset is None else directory_offset
    return (data + directory + extra_end
            + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, members_told, members_told,
                          len(directory), begin, len(comment)) + comment + tail)


def archive_of(pickle, records=(("0", bytes(16)),), version=b"3\n", more=()):
    """The archive of a pickle and the records of its storages."""
    return archive([member("m/data.pkl", pickle),
                    *(member(f"m/data/{key}", data) for key, data in records),
                    member("m/version", version), *more])


def legacy(piece, keys=("0",), numbers_of=((4, bytes(16)),), little=b"\x88"):
    """A file before 1.6: the keys of its storages, their lengths and bytes."""
    system = plain([("little_endian", little)])
    return (LEGACY_MAGIC + LEGACY_PROTOCOL + whole(system) + whole(piece)
            + whole(b"](" + b"".join(map(text, keys)) + b"e")
            + b"".join(struct.pack("<q", count) + data for count, data in numbers_of))

"""Broken and hostile files of torch.save."""

import io
import tarfile

from cases import Case
from torch_files import (DICT, HEAD, LEGACY_MAGIC, LEGACY_PROTOCOL, archive, archive_of, legacy,
                         member, number, numbers, ordered, plain, storage, tensor, text, whole)

MODEL = 4
STATE = ordered([("t", tensor(storage()))])
PICKLE = whole(STATE)
GOOD = archive_of(PICKLE)
OLD_STATE = ordered([("t", tensor(storage(legacy=True)))])
OLD = legacy(OLD_STATE)
VERSION = member("m/version", b"3\n")
PKL = member("m/data.pkl", PICKLE)
FIRST = 30 + len("m/data.pkl")  # where the first member's bytes begin
NO_CODE = r"', and fovea reads numbers alone, never code; load it where you trust it"


def case(name, data, message):
    return Case("torch " + name, "m.pth", data, MODEL, r"m\.pth: .*" + message)


def pickled(name, piece, message):
    """This piece as the archive's pickle."""
    return case(name, archive_of(whole(piece)), message)


def zipped(name, message, **fields):
    """The archive, whose member of numbers has these fields."""
    return case("zip: " + name, archive([PKL, member("m/data/0", bytes(16), **fields), VERSION]),
                message)


def tensors(name, message, *arguments, **named):
    """A checkpoint of one tensor rebuilt with these arguments."""
    return pickled(name, ordered([("t", tensor(storage(), *arguments, **named))]), message)


def calls(name, module, function, argument):
    """A checkpoint that wants a function of Python called."""
    return pickled(f"calls {name}", f"c{module}\n{function}\n".encode() + argument + b"\x85R",
                   rf"it imports '{module}\.{function}{NO_CODE}")


def tar_of(*names, layout=tarfile.USTAR_FORMAT):
    """The containers that torch.save wrote before there was a version 0.2."""
    bytes_ = io.BytesIO()
    with tarfile.open(fileobj=bytes_, mode="w:", format=layout) as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return bytes_.getvalue()


def overlapping():
    """A thousand directory entries for the same 64 KiB."""
    record = member("m/data/0", bytes(1 << 16))
    offset = FIRST + len(PICKLE)
    return archive([PKL, record] + [member("m/data/0", b"", size=1 << 16, offset=offset)] * 1000)


ARCHIVES = [
    case("first mark alone", b"PK\3\4", r"no end of directory.*; get the file again"),
    case("cut at half", GOOD[:len(GOOD) // 2], r"no end of directory.*cut short"),
    case("last byte missing", GOOD[:-1], r"no end of directory"),
    case("first byte missing", GOOD[1:], r"no model file that is known; give"),
    case("byte behind", GOOD + b"\0", r"end at byte \d+ is not at the file's end"),
    case("second end", GOOD + GOOD[-22:], r"end at byte \d+ is damaged"),
    case("end in the comment", archive([PKL, VERSION], comment=GOOD[-22:]), r"two ends, at bytes"),
    case("mark in the comment", archive([PKL, VERSION], comment=b"PK\5\6" + bytes(40)),
         r"not at the file's end"),
    case("archive behind the archive", GOOD + GOOD, r"end at byte \d+ is damaged"),
    case("member too many", archive([PKL, VERSION], count=3), r"cut short"),
    case("member too few", archive([PKL, VERSION], count=1), r"holds more members than it says"),
    case("65535 members", archive([PKL, VERSION], count=65535), r"cut short"),
    case("directory elsewhere", archive([PKL, VERSION], directory_offset=7), r"end at byte .*dam"),
    case("directory at 2^32 - 1", archive([PKL, VERSION], directory_offset=0xffffffff),
         r"end at byte .* damaged"),
    case("bytes behind the directory", archive([PKL, VERSION], extra_end=b"x"), r"end at byte"),
    case("names that differ in case", archive([PKL, member("m/DATA.pkl", b""), VERSION]),
         r"has 'm/DATA\.pkl' twice"),
    case("name twice", archive([PKL, PKL, VERSION]), r"has 'm/data\.pkl' twice"),
    case("name that climbs", archive([PKL, member("m/../../etc/passwd", b""), VERSION]),
         r"member 'm/\.\./\.\./etc/passwd', not one in its folder"),
    case("name from the root", archive([PKL, member("/etc/passwd", b""), VERSION]),
         r"member '/etc/passwd', not one in its folder"),
    case("name of Windows", archive([PKL, member("m\\data\\0", b""), VERSION]), r"not one in its"),
    case("name with an escape", archive([PKL, member("m/\x1b[2J", b""), VERSION]),
         r"'m/\?\[2J', not one"),
    case("second folder", archive([PKL, member("n/data/0", bytes(16)), VERSION]),
         r"second folder with 'n/data/0'"),
    case("overlap bomb", overlapping(), r"'m/data/0' twice|overlaps"),
    zipped("encrypted", r"'m/data/0' is stored as PyTorch never stores it", flags=1),
    zipped("patched", r"'m/data/0' is stored as PyTorch never stores it", flags=32),
    zipped("deflated", r"'data/0' is compressed", method=8),
    zipped("compressed by another way", r"'data/0' is compressed", method=99),
    zipped("checksum wrong", r"'data/0' has the checksum [0-9a-f]{8}, .* it is damaged; get the",
           crc=1),
    zipped("local name differs", r"not what the directory says", local_name="m/data/1"),
    zipped("local flags differ", r"not what the directory says", local_flags=8),
    zipped("local checksum differs", r"not what the directory says", local_crc=1),
    zipped("local size differs", r"not what the directory says", local_size=15),
    zipped("local method differs", r"not what the directory says", local_method=8),
    zipped("size beyond the file", r"the member 'm/data/0' at byte .*cut short", size=1 << 30),
    zipped("size reaches the next", r"overlaps another", size=20),
    zipped("offset of another", r"not what the directory says", offset=0),
    zipped("offset beyond the file", r"directory entry 'm/data/0'.*damaged", offset=1 << 30),
    case("no data.pkl", archive([member("m/data/0", bytes(16)), VERSION]), r"no data\.pkl"),
    case("no version", archive([PKL, member("m/data/0", bytes(16))]), r"has no version"),
    case("version 0", archive_of(PICKLE, version=b"0"), r"version is '0', expected 1\.\.\.10"),
    case("version 11", archive_of(PICKLE, version=b"11"), r"version is '11', expected"),
    case("version is a text", archive_of(PICKLE, version=b"three"), r"version is 'three'"),
    case("big-endian", archive_of(PICKLE, more=[member("m/byteorder", b"big")]),
         r"byteorder is 'big', expected 'little'"),
    case("TorchScript", archive_of(PICKLE, more=[member("m/code/__torch__.py", b"x")]),
         r"TorchScript, a program; save the state_dict\(\)"),
    case("TorchScript of 1.0", archive([member("m/version", b"1\n"), member("m/model.json", b"{}"),
                                        member("m/code/m.py", b"x")]),
         r"TorchScript, a program; save the state_dict\(\)"),
    case("TorchScript by its constants", archive([PKL, VERSION,
                                                  member("m/constants.pkl", b"\x80\x02).")]),
         r"TorchScript, a program; save the state_dict\(\)"),
    case("torch.export", archive([member("m/archive_format", b"pt2"), VERSION]),
         r"a program of torch\.export; save the state_dict\(\)"),
    case("torch.export of 2.1",
         archive([member("m/serialized_exported_program.json", b"{}"), VERSION]),
         r"a program of torch\.export; save the state_dict\(\)"),
    case("tar", tar_of("sys_info", "pickle", "storages", "tensors"),
         r"is a tar archive, as the first versions of PyTorch wrote .*; load it"),
    case("tar of GNU", tar_of("storages", layout=tarfile.GNU_FORMAT),
         r"is a tar archive, as the first versions of PyTorch wrote .*; load it"),
    case("preview of 1.0", b"PYTORCH1" + bytes(56), r"preview of PyTorch 1\.0, .*; load it"),
    case("record missing", archive_of(PICKLE, records=()), r"no 'data/0', a storage of its tensors"),
    case("record too short", archive_of(PICKLE, records=[("0", bytes(15))]),
         r"'data/0' holds 15 bytes, 4 elements of float32 need 16"),
    case("record too long", archive_of(PICKLE, records=[("0", bytes(17))]), r"holds 17 bytes"),
    case("something behind the pickle", archive_of(PICKLE + b"cos\nsystem\n"),
         r"11 bytes follow the pickle"),
]

PICKLES = [
    calls("posix.system", "posix", "system", text("touch hacked")),
    calls("os.system", "os", "system", text("touch hacked")),
    calls("subprocess.Popen", "subprocess", "Popen", text("touch hacked")),
    calls("builtins.eval", "builtins", "eval", text("open('hacked', 'w')")),
    calls("builtins.exec", "builtins", "exec", text("open('hacked', 'w')")),
    calls("eval of Python 2", "__builtin__", "eval", text("open('hacked', 'w')")),
    calls("getattr", "builtins", "getattr", text("x")),
    calls("pip", "pip", "main", b"]"),
    calls("torch.load", "torch", "load", text("other.pth")),
    calls("torch.hub", "torch.hub", "load", text("a/b")),
    calls("webbrowser", "webbrowser", "open", text("http://localhost")),
    pickled("posix.system as an object", b"(iposix\nsystem\n", r"0x69 is none that a state dict"),
    pickled("builtins.eval as a new object", b"cbuiltins\neval\n)\x81",
            r"imports 'builtins\.eval'"),
    pickled("OrderedDict as a new object", b"ccollections\nOrderedDict\n)\x81", r"0x81 is none"),
    pickled("name from the stack", text("posix") + text("system") + b"\x93",
            r"0x93 is none that a state dict"),
    case("protocol 4", archive_of(b"\x80\x04\x95\x14\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system"
                                  b"\x93\x8c\x01x\x85R."), r"not of protocol 2; save it again"),
    case("protocol 0", archive_of(b"cposix\nsystem\n(S'id'\ntR."), r"not of protocol 2; save it"),
    pickled("second protocol", HEAD + b"N", r"0x80 is none that a state dict"),
    pickled("extension registry", b"\x82\x01", r"0x82 is none that a state dict"),
    pickled("whole module", b"cmodels.srvgg\nSRVGGNetCompact\n)\x81}b",
            r"imports 'models\.srvgg\.SRVGGNetCompact" + NO_CODE),
    pickled("whole module of torch", b"ctorch.nn.modules.conv\nConv2d\n)\x81}b",
            r"imports 'torch\.nn\.modules\.conv\.Conv2d" + NO_CODE),
    pickled("name of 64 KiB", b"c" + b"m" * 65536 + b"\nx\n", r"a name of more than 256 bytes"),
    pickled("import with an escape", b"cposix\n\x1b[2J\n", r"imports 'posix\.\?\[2J'"),
    pickled("name without an end", b"cposix", r"a name of the pickle at byte .* cut short"),
    pickled("unknown opcode", b"\xff", r"0xff is none that a state dict"),
    case("no end", archive_of(HEAD + STATE), r"next opcode at byte .* cut short"),
    case("empty pickle", archive_of(b""), r"the pickle at byte 0 needs 1 bytes"),
    pickled("nothing on the stack", b"", r"ends at byte 2 with 0 values"),
    pickled("two values on the stack", b"NN", r"ends at byte 4 with 2 values"),
    pickled("stack underflow", b"N\x87", r"a tuple of 3 with 1 values"),
    pickled("call of nothing", b"R", r"takes a value where there is none"),
    pickled("mark missing", b"Nt", r"a mark where there is none"),
    pickled("item beyond a mark", b"}(" + text("k") + b"Ns", r"sets an item of what is no dict"),
    pickled("memo miss", b"h\x07", r"asks for the value 7, which it has not kept"),
    pickled("memo miss, long", b"j\xff\xff\xff\xff", r"asks for the value 4294967295"),
    pickled("item of a list", b"]" + text("k") + b"Ns", r"sets an item of what is no dict"),
    pickled("item of a tensor", tensor(storage()) + text("k") + b"Ns", r"of what is no dict"),
    pickled("append to a dict", b"}Na", r"appends to what is no list"),
    pickled("key without an item", b"}(" + text("k") + b"u", r"a key without its item"),
    pickled("key is a dict", b"}}Ns", r"a key that is neither text nor a number"),
    pickled("tensor twice", ordered([("t", tensor(storage())), ("t", tensor(storage()))]),
            r"the key 't' is there twice"),
    pickled("weights twice", plain([("params", STATE), ("params", b"}")]),
            r"the key 'params' is there twice"),
    pickled("text of 4 GiB", b"X\xff\xff\xff\xff", r"a text of 4294967295 bytes, more than 65536"),
    pickled("text cut short", b"X\x09\0\0\0abc", r"a text at byte .* needs 9 bytes"),
    pickled("text is no UTF-8", b"X\x02\0\0\0\xc0\xaf", r"the text '\?\?' is no UTF-8"),
    pickled("number of 255 bytes", b"\x8a\xff" + bytes(255), r"a number of 255 bytes"),
    pickled("state of a dict", b"}}b", r"sets the state of what is no OrderedDict"),
    pickled("a million opcodes and more", b"(" + b"N" * (1 << 20) + b"t",
            r"more than 1000000 opcodes"),
    pickled("nested 400,000 deep", b"]" * 400_000 + b"a" * 399_999, r"no dict of tensors"),
    pickled("tuples 900,000 deep", b"N" + b"\x85" * 900_000, r"no dict of tensors"),
    pickled("marks 900,000 deep", b"(" * 900_000, r"ends at byte .* with 0 values"),
    pickled("dict that holds itself", b"}q\0" + text("params") + b"h\0s",
            r"no weights where trainers put them, the checkpoint has 'params'"),
    pickled("list that holds itself", b"]q\0h\0a", r"no dict of tensors"),
    case("70 MB of texts", archive_of(whole(b"X\0\0\x01\0" + bytes(65536))[:-1] * 1100),
         r"0x80 is none|more than 67108864 bytes"),
]

MIXED = (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage() + number(0) + b"](" + number(4)
         + b"e" + numbers([1]) + b"\x89" + DICT + b"tR")

TENSORS = [
    tensors("beyond its storage", r"reaches beyond its storage of 4", (5,)),
    tensors("offset beyond its storage", r"reaches beyond its storage of 4", (1,), (1,), 4),
    tensors("negative stride", r"shape, strides or an offset that are none", (4,), (-1,), 3),
    tensors("negative offset", r"shape, strides or an offset that are none", (1,), (1,), -1),
    tensors("negative side", r"shape, strides or an offset that are none", (-4,)),
    tensors("stride of 2^62", r"reaches beyond its storage", (3,), (1 << 62,)),
    tensors("strides wrap", r"reaches beyond its storage", (2, 2), (1 << 62, 1 << 62)),
    tensors("sides wrap", r"reaches beyond its storage", (1 << 32, 1 << 32), (0, 0)),
    tensors("rank 9", r"9 dimensions and 9 strides, at most 8", (1,) * 9, (1,) * 9),
    tensors("strides missing", r"2 dimensions and 1 strides", (2, 2), (1,)),
    tensors("negated by metadata", r"a tensor with metadata, which may change",
            more=b"\x89" + DICT + plain([("neg", b"\x88")])),
    tensors("memory bomb of strides", r"repeat their storages too often", (1 << 16, 1 << 13),
            (0, 0)),
    tensors("bomb of 2^61 elements", r"repeat their storages too often", (1 << 61,), (0,)),
    pickled("shape is a list", ordered([("t", MIXED)]), r"_rebuild_tensor is called as PyTorch"),
    pickled("storage of -1 elements", ordered([("t", tensor(storage(count=-1)))]),
            r"the storage '0' of -1 elements"),
    pickled("storage of 2^62 elements", ordered([("t", tensor(storage(count=1 << 62)))]),
            r"the storage '0' of 4611686018427387904 elements"),
    pickled("storage of two types", ordered([("a", tensor(storage(), (1,))),
                                             ("b", tensor(storage("0", 8, "HalfStorage")))]),
            r"the storage '0' is named as 4 of float32 and as 8 of float16"),
    pickled("storage of bytes of Python", ordered([("t", tensor(storage(kind="UntypedStorage")))]),
            r"imports 'torch\.UntypedStorage'"),
    pickled("quantised storage", ordered([("t", tensor(storage(kind="QInt8Storage")))]),
            r"imports 'torch\.QInt8Storage'"),
    pickled("persistent text", text("archive.pkl") + b"Q", r"names something that is no storage"),
    case("time bomb of views", archive_of(whole(
        b"}(" + text("first") + tensor(storage(count=1 << 18) + b"q\0", (1 << 18,))
        + b"".join(text(str(i)) + b"ctorch._utils\n_rebuild_tensor\n(h\0K\0" + numbers([1 << 18])
                   + numbers([1]) + b"tR" for i in range(40_000)) + b"u"),
        records=[("0", bytes(1 << 20))]), r"repeat their storages too often"),
    case("infinite weight", archive_of(PICKLE, records=[("0", b"\0\0\x80\x7f" * 4)]),
         r"tensor t holds a NaN or an infinity at element 0"),
    pickled("no tensors", ordered([]), r"no weights where trainers put them, .* has nothing"),
    pickled("no dict", b"]", r"the checkpoint is no dict of tensors"),
    pickled("two dicts", plain([("a", STATE), ("b", STATE)]), r"the checkpoint has 'a', 'b'"),
    pickled("name with a line break", ordered([("a\nb", tensor(storage()))]), r"called 'a\?b'"),
    pickled("name is a number", b"}" + number(7) + tensor(storage()) + b"s",
            r"a tensor is called 7"),
    case("unknown architecture", GOOD, r"unknown architecture .*; use a model of RRDBNet"),
]

MANY = b"(" + b"N" * 900_000 + b"t"

LEGACY = [
    case("legacy: wrong magic", b"\x80\x02\x8a\x0a" + bytes(10) + b"." + OLD[15:],
         r"magic number of torch\.save is not there; it is a Python pickle"),
    case("legacy: wrong protocol", LEGACY_MAGIC + b"\x80\x02M\xea\x03." + OLD[21:],
         r"protocol 1001 of torch\.save is not there"),
    case("legacy: magic alone", LEGACY_MAGIC + LEGACY_PROTOCOL, r"the pickle at byte 21 needs"),
    case("legacy: big-endian", legacy(OLD_STATE, little=b"\x89"),
         r"not said to be little-endian"),
    case("legacy: cut short", OLD[:-1], r"the storage '0' at byte .*cut short"),
    case("legacy: bytes behind", OLD + b"abc", r"3 bytes follow the last storage"),
    case("legacy: calls os.system", legacy(b"cos\nsystem\n" + text("touch hacked") + b"\x85R"),
         r"imports 'os\.system" + NO_CODE),
    case("legacy: calls eval first", LEGACY_MAGIC + LEGACY_PROTOCOL
         + whole(b"c__builtin__\neval\n" + text("1") + b"\x85R"), r"imports '__builtin__\.eval"),
    case("legacy: calls in the list of keys", LEGACY_MAGIC + LEGACY_PROTOCOL
         + whole(plain([("little_endian", b"\x88")])) + whole(OLD_STATE)
         + whole(b"cposix\nsystem\n" + text("x") + b"\x85R"), r"imports 'posix\.system"),
    case("legacy: whole module", legacy(b"(" + text("module") + b"cmodels\nSRVGG\n" + b"tQ"),
         r"imports 'models\.SRVGG" + NO_CODE),
    case("legacy: module with its source", legacy(b"(" + text("module") + text("models.py") + b"tQ"),
         r"a whole module with its source"),
    case("legacy: storage missing", legacy(OLD_STATE, (), ()), r"storage '0' is not in the file"),
    case("legacy: storage unused", legacy(OLD_STATE, ("0", "1"), ((4, bytes(16)),) * 2),
         r"one that no tensor uses"),
    case("legacy: storage twice", legacy(OLD_STATE, ("0", "0"), ((4, bytes(16)),) * 2),
         r"the storage '0' is there twice"),
    case("legacy: other length", legacy(OLD_STATE, numbers_of=[(3, bytes(16))]),
         r"storage '0' has 3 elements, its tensors say 4"),
    case("legacy: length of -1", legacy(OLD_STATE, numbers_of=[(-1, bytes(16))]),
         r"storage '0' has 18446744073709551615 elements"),
    case("legacy: a million values in each pickle", LEGACY_MAGIC + LEGACY_PROTOCOL
         + whole(plain([("little_endian", b"\x88"), ("x", MANY)])) + whole(plain([("x", MANY)]))
         + whole(MANY), r"its list of storages is none"),
    case("legacy: protocol 0", b"(dp0\nS'a'\n.", r"no model file that is known; give"),
    case("legacy: pickle alone", whole(STATE), r"magic number of torch\.save is not there"),
    case("legacy: pickle of protocol 4", b"\x80\x04N." + bytes(20),
         r"magic number of torch\.save is not there"),
]

CASES = ARCHIVES + PICKLES + TENSORS + LEGACY

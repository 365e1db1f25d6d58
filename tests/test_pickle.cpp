// Pickles: the values that are read, and what no pickle may do.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "loaders/formats/pickle.h"
#include "tests/model_files.h"
#include "tests/torch_files.h"

namespace fovea::test {
namespace {

using namespace pickled;
using std::string_literals::operator""s;

// A pickle that was read, with the bytes that its texts lie in.
struct Read {
  explicit Read(const std::string& bytes, PickleWriter writer = PickleWriter::kArchive)
      : file(file_bytes(bytes)), pickle(writer), reader(file.span()), root(pickle.load(reader)) {}

  const PickleValue& value() const { return pickle.value(*root); }
  std::string refusal() const { return root ? "accepted" : root.error().message; }

  FileBytes file;
  Pickle pickle;
  ByteReader reader;
  Result<PickleId> root;
};

Read piece(const std::string& bytes) { return Read(whole(bytes)); }

TEST(Pickle, ReadsNumbers) {
  for (const int64_t number :
       {int64_t{0}, int64_t{255}, int64_t{256}, int64_t{65535}, int64_t{65536}, int64_t{-1},
        int64_t{INT32_MIN}, int64_t{INT32_MAX}, int64_t{INT64_MIN}, int64_t{INT64_MAX}}) {
    const Read read = piece(pickled::number(number));
    ASSERT_TRUE(read.root) << read.refusal();
    EXPECT_EQ(read.value().kind, PickleKind::kInt);
    EXPECT_EQ(read.value().integer, number);
  }
  EXPECT_EQ(piece("\x8a\x00"s).value().integer, 0);
  EXPECT_EQ(piece("\x8a\x01\xff"s).value().integer, -1);
  EXPECT_EQ(piece("\x8a\x02\xff\x00"s).value().integer, 255);
  EXPECT_EQ(piece("\x8a\x03\x00\x00\x80"s).value().integer, -8388608);
  EXPECT_EQ(piece(real(-0.375)).value().real, -0.375);
  EXPECT_EQ(piece(truth(true)).value().integer, 1);
  EXPECT_EQ(piece(truth(false)).value().kind, PickleKind::kBool);
  EXPECT_EQ(piece(none()).value().kind, PickleKind::kNone);
}

TEST(Pickle, ReadsTexts) {
  for (const std::string& value : {""s, "conv.weight"s, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa8"s,
                                   std::string(65536, 'x'), "a\0b"s})
    EXPECT_EQ(piece(text(value)).value().text, value);
  EXPECT_EQ(piece("U\x03old"s).value().text, "old");
}

TEST(Pickle, ReadsContainersThroughMarksAndMemo) {
  const Read read = piece(dict({{text("list"), list({pickled::number(1), none()}) + "q\x05"s},
                                {pickled::number(3), tuple({}) + "r\x05\x01\0\0"s},
                                {text("again"), "h\x05"s},
                                {text("long"), "j\x05\x01\0\0"s},
                                {text("tuple"), tuple({none(), none(), none(), none()})}}) +
                          text("one") + pickled::number(9) + "s"s);
  ASSERT_TRUE(read.root) << read.refusal();
  const PickleValue* const list_value = read.pickle.find(read.value(), "list");
  ASSERT_NE(list_value, nullptr);
  EXPECT_EQ(list_value->items.size(), 2u);
  EXPECT_EQ(read.pickle.find(read.value(), "again"), list_value);
  EXPECT_EQ(read.pickle.find(read.value(), "long")->kind, PickleKind::kTuple);
  EXPECT_EQ(read.pickle.find(read.value(), "tuple")->items.size(), 4u);
  EXPECT_EQ(read.pickle.find(read.value(), "one")->integer, 9);
  EXPECT_EQ(read.pickle.find(read.value(), "none"), nullptr);
  EXPECT_EQ(read.pickle.find(*list_value, "list"), nullptr);
}

TEST(Pickle, ReadsAListThatHoldsItself) {
  const Read read = piece("]q\0h\0a"s);
  ASSERT_TRUE(read.root) << read.refusal();
  EXPECT_EQ(read.value().items[0], *read.root);
}

TEST(Pickle, ReadsAnOrderedDictAndForgetsItsState) {
  const Read read = piece(ordered_dict({{text("a"), none()}}) +
                          dict({{text("_metadata"), ordered_dict({})}}) + "b");
  ASSERT_TRUE(read.root) << read.refusal();
  EXPECT_EQ(read.value().items.size(), 2u);
}

TEST(Pickle, ReadsTensorsOfEveryType) {
  const std::pair<const char*, DType> types[] = {
      {"DoubleStorage", DType::kF64}, {"FloatStorage", DType::kF32},
      {"HalfStorage", DType::kF16},   {"BFloat16Storage", DType::kBF16},
      {"LongStorage", DType::kI64},   {"IntStorage", DType::kI32},
      {"ByteStorage", DType::kU8},    {"BoolStorage", DType::kBool}};
  for (const auto& [name, dtype] : types) {
    const Read read = piece(tensor(storage(name, "key", 12), 2, {2, 3}, {4, 1}));
    ASSERT_TRUE(read.root) << read.refusal();
    const PickleTensor& tensor = read.pickle.tensor(*read.root);
    EXPECT_EQ(tensor.storage.dtype, dtype) << name;
    EXPECT_EQ(tensor.storage.key, "key");
    EXPECT_EQ(tensor.storage.elements, 12);
    EXPECT_EQ(tensor.offset, 2);
    EXPECT_EQ(tensor.shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(tensor.strides, (std::vector<int64_t>{4, 1}));
  }
}

const std::string kFour = storage("FloatStorage", "0", 4);

TEST(Pickle, ReadsTensorsToTheLastElementOfTheirStorage) {
  EXPECT_TRUE(piece(tensor(kFour, 0, {4}, {1})).root);
  EXPECT_TRUE(piece(tensor(kFour, 3, {}, {})).root);
  EXPECT_TRUE(piece(tensor(kFour, 3, {7, 9}, {0, 0})).root);
  EXPECT_TRUE(piece(tensor(kFour, 0, {2, 2}, {1, 2})).root);
  EXPECT_TRUE(piece(tensor(kFour, 9, {0, 5}, {1, 1})).root);
  EXPECT_TRUE(piece(tensor(storage("FloatStorage", "0", 0), 0, {0}, {1})).root);
}

std::string rebuild(std::vector<std::string> arguments, const char* callee = "_rebuild_tensor_v2") {
  return call(global("torch._utils", callee), arguments);
}

std::string dictionary() { return call(global("collections", "OrderedDict"), {}); }

TEST(Pickle, ReadsOlderTensorsParametersAndSizes) {
  const std::string size = call(global("torch", "Size"), {numbers({2, 2})});
  EXPECT_TRUE(
      piece(rebuild({kFour, pickled::number(0), numbers({4}), numbers({1})}, "_rebuild_tensor"))
          .root);
  EXPECT_TRUE(piece(rebuild({kFour, pickled::number(0), size, numbers({2, 1}), truth(true),
                             dictionary(), none()}))
                  .root);
  // PyTorch 0.4's, whose hooks are None.
  EXPECT_TRUE(
      piece(rebuild({kFour, pickled::number(0), numbers({4}), numbers({1}), truth(false), none()}))
          .root);
  EXPECT_TRUE(
      piece(rebuild({tensor(kFour, 0, {4}, {1}), truth(true), dictionary()}, "_rebuild_parameter"))
          .root);
  EXPECT_TRUE(piece(call(global("typing", "OrderedDict"), {})).root);
}

TEST(Pickle, LegacyStoragesHaveViews) {
  const auto load = [](const std::string& view) {
    return Read(whole(tensor(legacy_storage("FloatStorage", "0", 9, view), 1, {3}, {1})),
                PickleWriter::kLegacy);
  };
  EXPECT_TRUE(load(none()).root);
  const Read read = load(tuple({text("v"), pickled::number(5), pickled::number(4)}));
  ASSERT_TRUE(read.root) << read.refusal();
  const PickleStorage& storage = read.pickle.tensor(*read.root).storage;
  EXPECT_EQ(storage.elements, 9);
  EXPECT_EQ(storage.view_offset, 5);
  EXPECT_EQ(storage.view_elements, 4);
  const std::pair<std::string, const char*> broken[] = {
      {tuple({text("v"), pickled::number(5), pickled::number(3)}), "reaches beyond its storage"},
      {tuple({text("v"), pickled::number(5), pickled::number(5)}), "a view of 5 elements from 5"},
      {tuple({text("v"), pickled::number(-1), pickled::number(5)}), "a view of 5 elements from -1"},
      {tuple({text("v"), pickled::number(INT64_MAX), pickled::number(5)}), "a view of 5 elements"},
      {tuple({text("v"), pickled::number(5)}), "that is none"},
      {tuple({text("v"), pickled::number(5), text("4")}), "that is none"},
      {tuple({pickled::number(1), pickled::number(5), pickled::number(4)}), "that is none"},
      {pickled::number(0), "that is none"}};
  for (const auto& [view, message] : broken)
    EXPECT_NE(load(view).refusal().find(message), std::string::npos) << load(view).refusal();
  const Read archived(whole(legacy_storage("FloatStorage", "0", 4)));
  EXPECT_NE(archived.refusal().find("no storage"), std::string::npos) << archived.refusal();
  const Read without_view(whole(kFour), PickleWriter::kLegacy);
  EXPECT_NE(without_view.refusal().find("no storage"), std::string::npos);
}

struct Broken {
  const char* what;
  std::string bytes;
  const char* message;  // a part of the refusal
};

void expect_refusals(const std::vector<Broken>& cases) {
  for (const Broken& broken : cases) {
    SCOPED_TRACE(broken.what);
    const Read read(broken.bytes);
    ASSERT_FALSE(read.root);
    EXPECT_EQ(read.root.error().code, ErrorCode::kModel);
    EXPECT_NE(read.refusal().find(broken.message), std::string::npos) << read.refusal();
  }
}

TEST(Pickle, RefusesWhatIsNoPickleOfProtocol2) {
  const char* const kProtocol = "is not of protocol 2; save it again";
  expect_refusals({
      {"empty", "", "the pickle at byte 0 needs 1 bytes"},
      {"one byte", "\x80", "the pickle's protocol at byte 1 needs"},
      {"protocol 0", "N.", kProtocol},
      {"protocol 1", "\x80\x01N.", kProtocol},
      {"protocol 3", "\x80\x03N.", kProtocol},
      {"protocol 4", "\x80\x04\x95\2\0\0\0\0\0\0\0N."s, kProtocol},
      {"protocol 5", "\x80\x05N.", kProtocol},
      {"protocol 255", "\x80\xffN.", kProtocol},
      {"protocol again", whole("\x80\x02N"s), "0x80 is none that a state dict is written with"},
      {"no end", "\x80\x02N", "the pickle's next opcode at byte 3 needs"},
      {"nothing left", whole(""), "ends at byte 2 with 0 values, expected one"},
      {"two values left", whole("NN"), "ends at byte 4 with 2 values"},
      {"a mark left", whole("(N"), "with 1 values"},
  });
}

// All 256 opcodes: those of Python's that state dicts have no need of are refused by their number.
TEST(Pickle, RefusesOpcodesThatStateDictsDoNotHave) {
  const std::string known = "(NJKMGXU)t]ae}suhjqrcRbQ.\x88\x89\x8a\x85\x86\x87"s;
  EXPECT_EQ(known.size() + 1, 32u);  // and PROTO
  for (int opcode = 0; opcode < 256; ++opcode) {
    if (known.find(static_cast<char>(opcode)) != known.npos) continue;
    const Read read = piece(fmt::format("N{}NNNNNNNN", static_cast<char>(opcode)));
    EXPECT_EQ(read.refusal(),
              fmt::format("the pickle's opcode at byte 3: 0x{:02x} is none that a state dict is "
                          "written with; save its state dict again with torch.save",
                          opcode));
  }
}

TEST(Pickle, RefusesEveryTruncation) {
  const std::string bytes = whole(dict(
      {{text("a"), tensor(kFour, 0, {2, 2}, {2, 1})},
       {text("b"), "U\x03old"s + "q\0"s},
       {pickled::number(70000), tuple({real(1), pickled::number(1 << 20), "h\0"s, "j\0\0\0\0"s})},
       {pickled::number(int64_t{1} << 40), "]r\7\0\0\0"s}}));
  EXPECT_TRUE(Read(bytes).root);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Read(bytes.substr(0, size)).root) << size;
}

TEST(Pickle, RefusesAnImpossibleStack) {
  const char* const kNothing = "it takes a value where there is none";
  const char* const kNoList = "it appends to what is no list";
  const char* const kNoDict = "it sets an item of what is no dict";
  expect_refusals({
      {"append to nothing", whole("Na"), kNoList},
      {"append nothing", whole("a"), kNothing},
      {"append beyond a mark", whole("](Na"), kNoList},
      {"append the value beyond a mark", whole("]N(a"), kNothing},
      {"appends without a mark", whole("]e"), "it goes back to a mark where there is none"},
      {"appends to a dict", whole("}(Ne"), kNoList},
      {"appends to nothing", whole("(Ne"), kNoList},
      {"appends beyond a mark", whole("]((Ne"), kNoList},
      {"append to a tuple", whole(")Na"), kNoList},
      {"set an item of a list", whole("]"s + text("k") + "Ns"), kNoDict},
      {"set an item of nothing", whole(text("k") + "Ns"), kNoDict},
      {"set an item beyond a mark", whole("}("s + text("k") + "Ns"), kNoDict},
      {"set without a key", whole("}Ns"), kNoDict},
      {"set items, no mark", whole("}u"), "where there is none"},
      {"set items, odd", whole("}("s + text("k") + "u"), "a key without its item"},
      {"set items of a storage", whole(kFour + "(u"), kNoDict},
      {"set items of a tensor", whole(tensor(kFour, 0, {}, {}) + "(u"), kNoDict},
      {"None as a key", whole("}NNs"), "a key that is neither text nor a number"},
      {"a tuple as a key", whole("})Ns"), "a key that is neither"},
      {"a dict as a key", whole("}}Ns"), "a key that is neither"},
      {"tuple without a mark", whole("Nt"), "a mark where there is none"},
      {"tuple of one of nothing", whole("\x85"), "a tuple of 1 with 0 values there"},
      {"tuple of two of one", whole("N\x86"), "a tuple of 2 with 1 values there"},
      {"tuple of three of two", whole("NN\x87"), "a tuple of 3 with 2 values there"},
      {"tuple beyond a mark", whole("NN(N\x87"), "a tuple of 3 with 1 values there"},
      {"call nothing", whole("R"), kNothing},
      {"call with nothing", whole(global("torch", "Size") + "R"), kNothing},
      {"build nothing", whole("b"), kNothing},
      {"storage of nothing", whole("Q"), kNothing},
      {"keep nothing", whole("q\0N"s), "it keeps a value where there is none"},
      {"keep beyond a mark", whole("N(q\0t"s), "it keeps a value where there is none"},
      {"not kept", whole("h\1"s), "it asks for the value 1, which it has not kept"},
      {"not kept, long", whole("Nq\1j\2\0\0\0"s), "the value 2, which it has not kept"},
  });
}

TEST(Pickle, RefusesBrokenValues) {
  expect_refusals({
      {"number of 9 bytes", whole("\x8a\x09"s + std::string(9, '\1')), "a number of 9 bytes, more"},
      {"number of 255 bytes", whole("\x8a\xff"s + std::string(255, '\1')), "a number of 255 bytes"},
      {"text of 64 KiB and one", whole(text(std::string(65537, 'x'))), "a text of 65537 bytes"},
      {"text of 4 GiB", whole("X\xff\xff\xff\xff"s), "a text of 4294967295 bytes"},
      {"text cut short", whole("X\x09\0\0\0abc"s), "a text at byte 7 needs 9 bytes"},
      {"text is no UTF-8", whole(text("a\xff")), "the text 'a?' is no UTF-8"},
      {"overlong text", whole(text("\xc0\xaf")), "is no UTF-8"},
      {"overlong text of three", whole(text("\xe0\x80\xaf")), "is no UTF-8"},
      {"overlong text of four", whole(text("\xf0\x80\x80\xaf")), "is no UTF-8"},
      {"surrogate", whole(text("\xed\xa0\x80")), "is no UTF-8"},
      {"beyond Unicode", whole(text("\xf4\x90\x80\x80")), "is no UTF-8"},
      {"text cut in a letter", whole(text("\xe2\x82")), "is no UTF-8"},
      {"short text is no UTF-8", whole("U\1\xff"s), "is no UTF-8"},
      {"key twice", whole(dict({{text("a"), none()}, {text("b"), none()}, {text("a"), none()}})),
       "the key 'a' is there twice"},
      {"key twice, apart", whole(dict({{text("a"), none()}}) + text("a") + "Ns"), "'a' is there"},
      {"number twice", whole(dict({{pickled::number(7), none()}, {"\x8a\1\7"s, none()}})),
       "the key 7 is there twice"},
      {"key twice in a dict aside",
       whole(tuple({dict({{text("a"), none()}, {text("a"), none()}}), none()})),
       "the key 'a' is there twice"},
  });
}

TEST(Pickle, NamesWhatItWillNotImport) {
  const std::pair<const char*, const char*> names[] = {
      {"posix", "system"},
      {"os", "system"},
      {"nt", "system"},
      {"builtins", "eval"},
      {"builtins", "exec"},
      {"__builtin__", "eval"},
      {"builtins", "getattr"},
      {"subprocess", "Popen"},
      {"pip", "main"},
      {"torch", "load"},
      {"torch.hub", "load"},
      {"torch.jit", "load"},
      {"torch.nn", "Module"},
      {"models", "SRVGG"},
      {"numpy.core.multiarray", "scalar"},
      {"collections", "Counter"},
      {"torch", "CharStorage"},
      {"torch", "UntypedStorage"},
      {"torch._utils", "_rebuild_tensor_v3"},
      {"torch._utils", "_rebuild_tensor_v2.__globals__"},
      {"", ""},
      {"torch", ""},
      {"Collections", "OrderedDict"}};
  for (const auto& [module, name] : names) {
    const Read read = piece(call(global(module, name), {text("id")}));
    EXPECT_NE(read.refusal().find(fmt::format(
                  "it imports '{}.{}', and fovea reads numbers alone, never code;", module, name)),
              std::string::npos)
        << read.refusal();
  }
  EXPECT_NE(piece("cposix\nsys\x1b[2Jtem\n").refusal().find("'posix.sys?[2Jtem'"),
            std::string::npos);
  EXPECT_NE(piece(fmt::format("c{:m>300}\nx\n", "")).refusal().find("more than 256 bytes"),
            std::string::npos);
  EXPECT_NE(piece("cposix\nsystem").refusal().find("a name of the pickle at byte"),
            std::string::npos);
}

TEST(Pickle, RefusesCallsThatPyTorchDoesNotMake) {
  const std::string size = global("torch", "Size");
  const std::string offset = pickled::number(0), four = numbers({4}), one = numbers({1});
  const std::string no = truth(false), hooks = dictionary();
  const std::string alone = tensor(kFour, 0, {4}, {1});
  const char* const kTensor = "_rebuild_tensor is called as PyTorch never calls it";
  const char* const kParameter = "_rebuild_parameter is called as PyTorch never calls it";
  const char* const kSize = "torch.Size is called as PyTorch never calls it";
  expect_refusals({
      {"OrderedDict of items", whole(call(global("collections", "OrderedDict"), {list({})})),
       "OrderedDict is called as"},
      {"storage type", whole(call(global("torch", "FloatStorage"), {pickled::number(1 << 30)})),
       "a storage's type is called as"},
      {"a number", whole("K\1)R"s), "it calls what is no function"},
      {"a text", whole(text("posix.system") + ")R"), "it calls what is no function"},
      {"a tensor", whole(alone + ")R"), "it calls what is no function"},
      {"without a tuple", whole(size + "]R"), "or without a tuple"},
      {"Size of nothing", whole(call(size, {})), kSize},
      {"Size of a list", whole(call(size, {list({})})), kSize},
      {"Size of texts", whole(call(size, {tuple({text("a")})})), kSize},
      {"Size below 0", whole(call(size, {numbers({-1})})), kSize},
      {"Size of rank 9", whole(call(size, {numbers({1, 1, 1, 1, 1, 1, 1, 1, 1})})), kSize},
      {"Parameter of a number", whole(rebuild({offset, no, hooks}, "_rebuild_parameter")),
       kParameter},
      {"Parameter of two", whole(rebuild({alone, no}, "_rebuild_parameter")), kParameter},
      {"Parameter of four", whole(rebuild({alone, no, hooks, none()}, "_rebuild_parameter")),
       kParameter},
      {"Parameter, no bool", whole(rebuild({alone, offset, hooks}, "_rebuild_parameter")),
       kParameter},
      {"tensor of three", whole(rebuild({kFour, offset, four}, "_rebuild_tensor")), kTensor},
      {"old tensor of five", whole(rebuild({kFour, offset, four, one, no}, "_rebuild_tensor")),
       kTensor},
      {"tensor of five", whole(rebuild({kFour, offset, four, one, no})), kTensor},
      {"tensor of eight", whole(rebuild({kFour, offset, four, one, no, hooks, none(), none()})),
       kTensor},
      {"tensor of no storage", whole(rebuild({text("0"), offset, four, one, no, hooks})), kTensor},
      {"tensor of a tensor", whole(rebuild({alone, offset, four, one, no, hooks})), kTensor},
      {"offset is a text", whole(rebuild({kFour, text("0"), four, one, no, hooks})), kTensor},
      {"offset is a bool", whole(rebuild({kFour, no, four, one, no, hooks})), kTensor},
      {"shape is a list", whole(rebuild({kFour, offset, list({}), one, no, hooks})), kTensor},
      {"strides are a number", whole(rebuild({kFour, offset, four, offset, no, hooks})), kTensor},
      {"gradient is a number", whole(rebuild({kFour, offset, four, one, offset, hooks})), kTensor},
      {"hooks are a list", whole(rebuild({kFour, offset, four, one, no, list({})})), kTensor},
      {"negated",
       whole(rebuild({kFour, offset, four, one, no, hooks, dict({{text("neg"), truth(true)}})})),
       "a tensor with metadata, which may change what it holds"},
      {"gradient of integers",
       whole(rebuild({storage("LongStorage", "0", 4), offset, four, one, truth(true), hooks})),
       "a tensor of int64 that has a gradient"},
      {"build a dict", whole("}}b"), "it sets the state of what is no OrderedDict"},
      {"build a tensor", whole(alone + "}b"), "it sets the state of what is no OrderedDict"},
      {"build with a list", whole(dictionary() + "]b"), "it sets the state of what is"},
      {"build beyond a mark", whole(dictionary() + "(}b"), "it sets the state of what is"},
  });
}

TEST(Pickle, RefusesBrokenStorages) {
  const std::string type = global("torch", "FloatStorage");
  const std::string four = pickled::number(4);
  const auto named = [](std::vector<std::string> items) { return whole(tuple(items) + "Q"); };
  const char* const kNone = "it names something that is no storage";
  expect_refusals({
      {"a text", whole(text("storage") + "Q"), kNone},
      {"a list", whole(list({text("storage"), type, text("0"), text("cpu"), four}) + "Q"), kNone},
      {"an empty tuple", named({}), kNone},
      {"four fields", named({text("storage"), type, text("0"), text("cpu")}), kNone},
      {"seven fields", named({text("storage"), type, text("0"), text("cpu"), four, none(), none()}),
       kNone},
      {"of another kind", named({text("stored"), type, text("0"), text("cpu"), four}), kNone},
      {"without a type",
       named({text("storage"), text("FloatStorage"), text("0"), text("cpu"), four}), kNone},
      {"of an OrderedDict",
       named({text("storage"), global("collections", "OrderedDict"), text("0"), text("cpu"), four}),
       "the storage '0' of 4 elements"},
      {"key is a number", named({text("storage"), type, four, text("cpu"), four}), kNone},
      {"location is a number", named({text("storage"), type, text("0"), four, four}), kNone},
      {"length is a float", named({text("storage"), type, text("0"), text("cpu"), real(4)}), kNone},
      {"negative length",
       named({text("storage"), type, text("0"), text("cpu"), pickled::number(-1)}),
       "the storage '0' of -1 elements"},
      {"length of 2^62",
       named({text("storage"), type, text("0"), text("cpu"), pickled::number(int64_t{1} << 62)}),
       "the storage '0' of 4611686018427387904 elements"},
      {"a module", named({text("module"), type, text("model.py"), text("source")}),
       "it holds a whole module with its source"},
  });
}

TEST(Pickle, RefusesTensorsThatReachBeyondTheirStorage) {
  const char* const kBeyond = "reaches beyond its storage of 4";
  const char* const kNone = "a tensor with a shape, strides or an offset that are none";
  const auto of = [](int64_t offset, const std::vector<int64_t>& shape,
                     const std::vector<int64_t>& strides) {
    return whole(tensor(kFour, offset, shape, strides));
  };
  constexpr int64_t kMost = INT64_MAX;
  expect_refusals({
      {"one too many", of(0, {5}, {1}), kBeyond},
      {"one too far", of(1, {4}, {1}), kBeyond},
      {"offset at the end", of(4, {}, {}), kBeyond},
      {"stride too long", of(0, {2, 2}, {3, 1}), kBeyond},
      {"stride of 2^63 - 1", of(0, {2}, {kMost}), kBeyond},
      {"strides wrap", of(0, {3}, {int64_t{1} << 62}), kBeyond},
      {"strides wrap together", of(0, {2, 2, 2}, {int64_t{1} << 62, int64_t{1} << 62, 1}), kBeyond},
      {"offset of 2^63 - 1", of(kMost, {1}, {1}), kBeyond},
      {"shape wraps", of(0, {int64_t{1} << 32, int64_t{1} << 32}, {0, 0}), kBeyond},
      {"shape wraps beside a 0", of(0, {int64_t{1} << 32, int64_t{1} << 32, 0}, {0, 0, 0}),
       kBeyond},
      {"negative offset", of(-1, {1}, {1}), kNone},
      {"negative stride", of(3, {4}, {-1}), kNone},
      {"negative side", of(0, {-4}, {1}), kNone},
      {"side is a text",
       whole(rebuild({kFour, pickled::number(0), tuple({text("4")}), numbers({1}), truth(false),
                      dictionary()})),
       kNone},
      {"side is a bool",
       whole(rebuild({kFour, pickled::number(0), tuple({truth(true)}), numbers({1}), truth(false),
                      dictionary()})),
       kNone},
      {"fewer strides", of(0, {2, 2}, {1}), "a tensor of 2 dimensions and 1 strides"},
      {"rank 9", of(0, std::vector<int64_t>(9, 1), std::vector<int64_t>(9, 1)),
       "a tensor of 9 dimensions and 9 strides, at most 8 of both"},
  });
}

std::string repeated(const std::string& piece, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += piece;
  return text;
}

// Depth and counts cost nothing but the bytes that are there.
TEST(Pickle, HoldsItsLimits) {
  EXPECT_TRUE(piece("N"s + repeated("\x85", 900'000)).root);
  EXPECT_TRUE(piece(repeated("]", 400'000) + repeated("a", 399'999)).root);
  EXPECT_TRUE(piece(repeated("(", 400'000) + repeated("t", 400'000)).root);
  EXPECT_TRUE(piece("]("s + repeated("N", 900'000) + "e").root);
  expect_refusals({
      {"opcodes", whole("N"s + repeated("\x85", 1'000'000)), "more than 1000000 opcodes"},
      {"bytes", whole(repeated(text(std::string(65536, 'x')), 1100)), "more than 67108864 bytes"},
      {"tensors",
       whole(kFour + "q\0"s + repeated("ctorch._utils\n_rebuild_tensor\n(h\0K\0))tR"s, 100'001)),
       "more than 100000 tensors"},
  });
}

TEST(Pickle, SurvivesRandomEdits) {
  std::mt19937 random(20261121);
  const std::string bytes = whole(
      ordered_dict({{text("a"), tensor(kFour, 0, {2, 2}, {2, 1})},
                    {text("b"), list({pickled::number(300), tuple({real(1), none()})}) + "q\0"s},
                    {text("c"), "h\0"s}}));
  size_t accepted = 0;
  for (int i = 0; i < 50'000; ++i) accepted += Read(mutated(bytes, random)).root ? 1 : 0;
  EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace fovea::test

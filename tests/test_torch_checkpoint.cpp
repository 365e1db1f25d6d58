// Files of torch.save: the weights that come of them, and every way in which one is refused. Those
// of PyTorch itself are in golden/checkpoints/, or in the folder of the variable FOVEA_GOLDEN.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>

#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "loaders/formats/torch_checkpoint.h"
#include "tests/model_files.h"
#include "tests/torch_files.h"
#include "tests/zip_files.h"

namespace fovea::test {
namespace {

using namespace pickled;
using std::string_literals::operator""s;

Result<Weights> read(const std::string& file) {
  return file.starts_with("PK") ? read_torch_zip(file_bytes(file))
                                : read_torch_legacy(file_bytes(file));
}

// Its only tensor, or the refusal.
std::string refusal_of(const std::string& file) {
  const auto weights = read(file);
  if (weights) return "accepted";
  EXPECT_EQ(weights.error().code, ErrorCode::kModel);
  return weights.error().message;
}

void expect_refusal(const std::string& file, std::string_view message) {
  const std::string refusal = refusal_of(file);
  EXPECT_NE(refusal.find(message), std::string::npos) << refusal << "\nexpected: " << message;
}

std::vector<float> values_of(const Weights& weights, std::string_view name) {
  const WeightTensor* const tensor = weights.find(name);
  return tensor == nullptr ? std::vector<float>{} : to_f32(*tensor).value_or(std::vector<float>{});
}

const std::vector<float> kSix = {1, 2, 3, 4, 5, 6};

std::string six() { return floats(kSix); }
std::string stored_six() { return storage("FloatStorage", "0", 6); }

// Files by PyTorch hold what the safetensors of their type hold, bit for bit.
TEST(TorchCheckpoint, ReadsWhatPyTorchWrites) {
  const char* const other = std::getenv("FOVEA_GOLDEN");
  const std::filesystem::path folder =
      std::filesystem::path(other != nullptr ? other : FOVEA_GOLDEN_FOLDER) / "checkpoints";
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".pth") continue;
    SCOPED_TRACE(entry.path().filename().string());
    const std::string name = entry.path().filename().string();
    const auto twin = read_file(folder / (name.substr(0, name.find('.')) + ".safetensors"), 1 << 20,
                                ErrorCode::kModel);
    const auto file = read_file(entry.path(), 1 << 20, ErrorCode::kModel);
    ASSERT_TRUE(twin && file);
    const auto expected = read_safetensors(*twin);
    const auto weights =
        name.find("legacy") == name.npos ? read_torch_zip(*file) : read_torch_legacy(*file);
    ASSERT_TRUE(expected) << expected.error().message;
    ASSERT_TRUE(weights) << weights.error().message;
    ASSERT_EQ(weights->tensors().size(), expected->tensors().size());
    for (size_t i = 0; i < expected->tensors().size(); ++i) {
      const WeightTensor& a = weights->tensors()[i];
      const WeightTensor& b = expected->tensors()[i];
      EXPECT_EQ(a.name, b.name);
      EXPECT_EQ(a.dtype, b.dtype);
      EXPECT_EQ(a.shape, b.shape);
      ASSERT_EQ(a.byte_count(), b.byte_count());
      EXPECT_EQ(std::memcmp(a.bytes.get(), b.bytes.get(), a.byte_count()), 0) << a.name;
    }
    ++count;
  }
  EXPECT_EQ(count, 9u);
}

// A file with one tensor t.
std::string one_tensor(const std::string& tensor, const std::string& bytes = six()) {
  return torch_zip(ordered_dict({{text("t"), tensor}}), {{"0", bytes}});
}

TEST(TorchCheckpoint, ReadsBothFormatsInTheirOrder) {
  const std::vector<NamedValues> tensors = {
      {"b.weight", {2, 3}, kSix}, {"a.bias", {2}, {-1, 0.5f}}, {"scalar", {}, {7}}};
  for (const std::string& file : {torch_zip_of(tensors), torch_legacy_of(tensors)}) {
    const auto weights = read(file);
    ASSERT_TRUE(weights) << weights.error().message;
    ASSERT_EQ(weights->tensors().size(), 3u);
    for (size_t i = 0; i < tensors.size(); ++i) {
      EXPECT_EQ(weights->tensors()[i].name, tensors[i].name);
      EXPECT_EQ(weights->tensors()[i].shape, tensors[i].shape);
      EXPECT_EQ(weights->tensors()[i].dtype, DType::kF32);
      EXPECT_EQ(values_of(*weights, tensors[i].name), tensors[i].values);
    }
  }
}

TEST(TorchCheckpoint, ReadsEveryTypeInBothFormats) {
  struct Type {
    const char* name;
    DType dtype;
    int64_t element;
    std::string one;  // the number 1
  };
  const Type types[] = {{"DoubleStorage", DType::kF64, 8, little_endian(1.0)},
                        {"FloatStorage", DType::kF32, 4, little_endian(1.0f)},
                        {"HalfStorage", DType::kF16, 2, little_endian<uint16_t>(0x3c00)},
                        {"BFloat16Storage", DType::kBF16, 2, little_endian<uint16_t>(0x3f80)},
                        {"LongStorage", DType::kI64, 8, little_endian<int64_t>(1)},
                        {"IntStorage", DType::kI32, 4, little_endian<int32_t>(1)},
                        {"ByteStorage", DType::kU8, 1, "\1"s},
                        {"BoolStorage", DType::kBool, 1, "\1"s}};
  for (const Type& type : types) {
    const std::string bytes = type.one + type.one + type.one;
    const std::string files[] = {
        one_tensor(tensor(storage(type.name, "0", 3), 1, {2}, {1}), bytes),
        torch_legacy(dict({{text("t"), tensor(legacy_storage(type.name, "0", 3), 1, {2}, {1})}}),
                     {{"0", bytes, type.element}})};
    for (const std::string& file : files) {
      const auto weights = read(file);
      ASSERT_TRUE(weights) << type.name << weights.error().message;
      const WeightTensor& tensor = weights->tensors()[0];
      EXPECT_EQ(tensor.dtype, type.dtype) << type.name;
      EXPECT_EQ(std::memcmp(tensor.bytes.get(), bytes.data(), tensor.byte_count()), 0);
    }
  }
}

TEST(TorchCheckpoint, ReadsStridesAsTheShapeHasThem) {
  const auto strided = [](int64_t offset, const std::vector<int64_t>& shape,
                          const std::vector<int64_t>& strides) {
    const auto weights = read(one_tensor(tensor(stored_six(), offset, shape, strides)));
    return weights ? values_of(*weights, "t") : std::vector<float>{};
  };
  EXPECT_EQ(strided(0, {2, 3}, {3, 1}), kSix);
  EXPECT_EQ(strided(0, {3, 2}, {1, 3}), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(strided(1, {2, 2}, {3, 1}), (std::vector<float>{2, 3, 5, 6}));
  EXPECT_EQ(strided(4, {2}, {1}), (std::vector<float>{5, 6}));
  EXPECT_EQ(strided(1, {3}, {2}), (std::vector<float>{2, 4, 6}));
  EXPECT_EQ(strided(2, {4}, {0}), (std::vector<float>{3, 3, 3, 3}));
  EXPECT_EQ(strided(1, {2, 3}, {1, 0}), (std::vector<float>{2, 2, 2, 3, 3, 3}));
  EXPECT_EQ(strided(5, {}, {}), (std::vector<float>{6}));
  // The stride of a side of 1 means nothing: a view keeps what it had.
  EXPECT_EQ(strided(0, {1, 6, 1}, {6, 1, 77}), kSix);
}

TEST(TorchCheckpoint, ReadsEmptyTensors) {
  const auto weights = read(torch_zip(
      ordered_dict({{text("none"), tensor(storage("FloatStorage", "0", 0), 0, {4, 0}, {1, 1})},
                    {text("view"), tensor(storage("FloatStorage", "1", 6), 9, {0}, {1})}}),
      {{"0", ""}, {"1", six()}}));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(weights->find("none")->element_count(), 0);
  EXPECT_EQ(weights->find("view")->shape, (std::vector<int64_t>{0}));
}

// Contiguous tensors are views of the file, not copies.
TEST(TorchCheckpoint, TensorsOfOneStorageShareIt) {
  const auto weights =
      read(torch_zip(ordered_dict({{text("a"), tensor(stored_six() + "q\0"s, 0, {6}, {1})},
                                   {text("b"), tensor("h\0"s, 2, {2, 2}, {2, 1})}}),
                     {{"0", six()}}));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(weights->find("b")->bytes.get(), weights->find("a")->bytes.get() + 8);
  EXPECT_EQ(values_of(*weights, "b"), (std::vector<float>{3, 4, 5, 6}));
}

TEST(TorchCheckpoint, ReadsLegacyViews) {
  const std::string view = tuple({text("v"), number(2), number(3)});
  const auto weights = read(torch_legacy(
      dict({{text("a"), tensor(legacy_storage("FloatStorage", "7", 6, view), 1, {2}, {1})},
            {text("b"), tensor(legacy_storage("FloatStorage", "7", 6), 1, {2}, {1})}}),
      {{"7", six()}}));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(values_of(*weights, "a"), (std::vector<float>{4, 5}));
  EXPECT_EQ(values_of(*weights, "b"), (std::vector<float>{2, 3}));
}

TEST(TorchCheckpoint, ReadsParameters) {
  const auto weights = read(one_tensor(call(global("torch._utils", "_rebuild_parameter"),
                                            {tensor(stored_six(), 0, {6}, {1}), truth(true),
                                             call(global("collections", "OrderedDict"), {})})));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(values_of(*weights, "t"), kSix);
}

// What a file holds beside the tensors of a state dict is left where it is.
TEST(TorchCheckpoint, LeavesWhatIsNoTensor) {
  const auto weights = read(torch_zip(ordered_dict({{text("epoch"), number(3)},
                                                    {text("t"), tensor(stored_six(), 0, {6}, {1})},
                                                    {number(5), text("five")},
                                                    {text("options"), dict({})}}),
                                      {{"0", six()}}));
  ASSERT_TRUE(weights) << weights.error().message;
  ASSERT_EQ(weights->tensors().size(), 1u);
}

// ------------------------------------------------------------------------------ which dict it is

// A dict of one tensor of the value that tells it.
std::string marked(float value, Storages& storages) {
  const std::string key = std::to_string(storages.size());
  storages.emplace_back(key, floats({value}));
  return ordered_dict({{text("t"), tensor(storage("FloatStorage", key, 1), 0, {1}, {1})}});
}

// The mark of the dict that is taken among these of a checkpoint, in their order.
float taken(const std::vector<std::string>& names) {
  Storages storages;
  Pairs items = {{text("iter"), number(5)}};
  for (const std::string& name : names)
    items.emplace_back(text(name), marked(static_cast<float>(items.size()), storages));
  const auto weights = read(torch_zip(dict(items), storages));
  return weights ? values_of(*weights, "t").at(0) : -1;
}

TEST(TorchCheckpoint, TakesTheAveragedWeightsFirst) {
  const std::vector<std::string> order = {
      "params_ema",       "params-ema", "g_ema", "ema",   "params",
      "model_state_dict", "state_dict", "model", "net_g", "netG",
      "generator",        "net",        "G"};
  for (size_t i = 0; i < order.size(); ++i) {
    EXPECT_EQ(taken({order[i]}), 1) << order[i];
    EXPECT_EQ(taken({order[i], "optimizer"}), 1) << order[i];
    for (size_t k = i + 1; k < order.size(); ++k) EXPECT_EQ(taken({order[k], order[i]}), 2);
  }
  EXPECT_EQ(taken({"anything"}), 1);
  EXPECT_EQ(taken({"one", "another"}), -1);
}

TEST(TorchCheckpoint, LooksIntoDictsOfDicts) {
  Storages storages;
  const auto nested = [&](const std::vector<std::string>& names) {
    std::string piece = marked(1, storages);
    for (size_t i = names.size(); i-- > 0;) piece = dict({{text(names[i]), piece}});
    return torch_zip(piece, storages);
  };
  EXPECT_TRUE(read(nested({"checkpoint", "state_dict"})));
  EXPECT_TRUE(read(nested({"a", "b", "c"})));
  expect_refusal(nested({"a", "b", "c", "d"}), "there are no weights where trainers put them");
}

// IRCNN's authors share networks for many noise levels so.
TEST(TorchCheckpoint, ReadsNetworksByNumber) {
  Storages storages;
  const std::string one = marked(1, storages), two = marked(2, storages);
  const auto weights = read(torch_zip(dict({{text("0"), one}, {text("10"), two}}), storages));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(values_of(*weights, "0.t"), (std::vector<float>{1}));
  EXPECT_EQ(values_of(*weights, "10.t"), (std::vector<float>{2}));
  const char* const kNone = "there are no weights where trainers put them";
  expect_refusal(torch_zip(dict({{text("0"), one}, {text("d"), two}}), storages), kNone);
  expect_refusal(torch_zip(dict({{text("0"), one}, {text("1"), dict({})}}), storages), kNone);
}

// A best score kept as a tensor beside the weights does not stand for them.
TEST(TorchCheckpoint, TensorsBesideTheWeightsAreNotTaken) {
  Storages storages;
  const std::string weights_piece = marked(1, storages);
  storages.emplace_back("best", floats({30}));
  const std::string best = tensor(storage("FloatStorage", "best", 1), 0, {}, {});
  for (const char* name : {"params_ema", "state_dict"}) {
    const auto weights =
        read(torch_zip(dict({{text("best"), best}, {text(name), weights_piece}}), storages));
    ASSERT_TRUE(weights) << weights.error().message;
    EXPECT_EQ(values_of(*weights, "t"), (std::vector<float>{1}));
  }
}

// A dict of options may have the name that weights have elsewhere.
TEST(TorchCheckpoint, NamesWithoutTensorsAreNotTaken) {
  Storages storages;
  const std::string weights_piece = marked(1, storages);
  const auto weights = read(torch_zip(dict({{text("model"), dict({{text("nf"), number(64)}})},
                                            {text("params_ema"), none()},
                                            {text("net"), weights_piece}}),
                                      storages));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(values_of(*weights, "t"), (std::vector<float>{1}));
}

TEST(TorchCheckpoint, SaysWhatIsThereInsteadOfWeights) {
  expect_refusal(torch_zip(dict({{text("epoch"), number(1)}, {number(2), none()}}), {}),
                 "there are no weights where trainers put them, the checkpoint has 'epoch', 2");
  expect_refusal(torch_zip(dict({}), {}), "the checkpoint has nothing");
  Pairs many;
  for (int i = 0; i < 7; ++i) many.emplace_back(number(i), none());
  expect_refusal(torch_zip(dict(many), {}), "the checkpoint has 0, 1, 2, 3, 4, 5, ...");
  for (const std::string& piece :
       {none(), list({}), text("x"), number(1), tuple({}), tensor(stored_six(), 0, {6}, {1})})
    expect_refusal(torch_zip(piece, {{"0", six()}}), "the checkpoint is no dict of tensors");
}

// Dicts that hold each other end all the same.
TEST(TorchCheckpoint, LooksIntoEachDictOnce) {
  Pairs items;
  for (const char* name : {"params_ema", "params", "state_dict", "model", "net", "G"})
    items.emplace_back(text(name), "h\0"s);
  std::string inner = "}q\0("s;
  for (const auto& [key, value] : items) inner += key + value;
  expect_refusal(torch_zip(inner + "u", {}), "there are no weights where trainers put them");
}

std::vector<std::string> names_of(const std::vector<std::string>& names) {
  std::vector<NamedValues> tensors;
  for (const std::string& name : names) tensors.push_back({name, {1}, {1}});
  const auto weights = read(torch_zip_of(tensors, "params"));
  std::vector<std::string> found;
  if (!weights) return {weights.error().message};
  for (const WeightTensor& tensor : weights->tensors()) found.push_back(tensor.name);
  return found;
}

TEST(TorchCheckpoint, TakesOffPrefixesThatAllNamesHave) {
  using Names = std::vector<std::string>;
  const Names plain = {"a.weight", "b"};
  for (const char* prefix : {"module.", "netG.", "net_g.", "generator.", "params_ema.", "G."})
    EXPECT_EQ(names_of({prefix + plain[0], prefix + plain[1]}), plain) << prefix;
  EXPECT_EQ(names_of({"module.a", "b"}), (Names{"module.a", "b"}));
  EXPECT_EQ(names_of({"model.0.weight"}), Names{"model.0.weight"});
  EXPECT_EQ(names_of({"module."}), Names{"module."});
  EXPECT_EQ(names_of({"modules.a"}), Names{"modules.a"});
}

TEST(TorchCheckpoint, RefusesNamesThatAreNone) {
  const std::string tensor_piece = tensor(stored_six(), 0, {6}, {1});
  const auto named = [&](const std::string& key) {
    return torch_zip(dict({{key, tensor_piece}}), {{"0", six()}});
  };
  expect_refusal(named(text("")), "a tensor is called ''");
  expect_refusal(named(number(7)), "a tensor is called 7");
  expect_refusal(named(text("a\nb")), "a tensor is called 'a?b'");
  expect_refusal(named(text("a\x1b[2Jb")), "a tensor is called 'a?[2Jb'");
  expect_refusal(named(text("a\xc2\x9b")), "a tensor is called");
  expect_refusal(named(text(std::string(513, 'x'))), "a tensor is called 'xxx");
  EXPECT_TRUE(read(named(text(std::string(512, 'x')))));
  expect_refusal(named(text("\xff")), "is no UTF-8");
}

// ------------------------------------------------------------------------------------- refusals

TEST(TorchCheckpoint, RefusesNumbersThatAreNone) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto with = [](float value) { return torch_zip_of({{"t", {2}, {0, value}}}); };
  for (const float value : {kInfinity, -kInfinity, kNan})
    expect_refusal(with(value), "tensor t holds a NaN or an infinity at element 1");
  EXPECT_TRUE(read(with(std::numeric_limits<float>::max())));
}

// An archive of these members beside data.pkl.
std::string archive_of(std::vector<ZipFileMember> members, const std::string& pickle) {
  ZipFileMember first;
  first.name = "a/data.pkl";
  first.data = pickle;
  members.insert(members.begin(), first);
  return zip_file(members);
}

ZipFileMember member(std::string name, std::string data) {
  ZipFileMember made;
  made.name = "a/" + std::move(name);
  made.data = std::move(data);
  return made;
}

TEST(TorchCheckpoint, RefusesArchivesThatAreNotOfTorchSave) {
  const std::string pickle = whole(dict({{text("t"), tensor(stored_six(), 0, {6}, {1})}}));
  const ZipFileMember version = member("version", "3"), six_member = member("data/0", six());
  EXPECT_TRUE(read(archive_of({version, six_member}, pickle)));
  EXPECT_TRUE(read(archive_of({member("version", "10\n"), six_member}, pickle)));
  EXPECT_TRUE(read(archive_of({version, member("byteorder", "little"), six_member}, pickle)));
  EXPECT_TRUE(
      read(archive_of({version, six_member, member(".data/serialization_id", "1")}, pickle)));
  expect_refusal(archive_of({six_member}, pickle), "the zip archive has no version");
  for (const std::string& text : {""s, "0"s, "11"s, "-1"s, "3x"s, "x"s, "99999999999"s, " 3"s})
    expect_refusal(archive_of({member("version", text), six_member}, pickle),
                   "the archive's version is '");
  for (const std::string& order : {"big"s, ""s, "little\n"s})
    expect_refusal(archive_of({version, member("byteorder", order), six_member}, pickle),
                   "the archive's byteorder is '");
  for (const std::string& note : {".format_version"s, ".storage_alignment"s}) {
    EXPECT_TRUE(read(archive_of({version, member(note, "64"), six_member}, pickle)));
    for (const std::string& text : {""s, "PK"s, "6\x83"s, "-1"s})
      expect_refusal(archive_of({version, member(note, text), six_member}, pickle),
                     "the archive's " + note + " is '");
  }
  expect_refusal(
      archive_of({version, member(".data/serialization_id", "\x89"), six_member}, pickle),
      "the archive's .data/serialization_id is '?', expected text in UTF-8");
  for (const std::string& name : {"constants.pkl"s, "code/__torch__.py"s})
    expect_refusal(archive_of({version, six_member, member(name, "")}, pickle),
                   "it is TorchScript, a program; save the state_dict()");
  expect_refusal(zip_file({version, six_member}), "has no data.pkl: it is not of torch.save");
  expect_refusal(archive_of({version, six_member}, pickle + "."), "1 bytes follow the pickle");
  expect_refusal(archive_of({version, six_member}, pickle + pickle), "bytes follow the pickle");
  expect_refusal(archive_of({version}, pickle), "the archive has no 'data/0', a storage of its");
  ZipFileMember compressed = six_member;
  compressed.method = 8;
  expect_refusal(archive_of({version, compressed}, pickle), "'data/0' is compressed");
  ZipFileMember damaged = six_member;
  damaged.crc = damaged.local_crc = 1;
  expect_refusal(archive_of({version, damaged}, pickle), "'data/0' has the checksum");
}

TEST(TorchCheckpoint, StoragesAreExactlyAsLongAsTheySay) {
  const auto sized = [](int64_t elements, size_t bytes) {
    return one_tensor(tensor(storage("FloatStorage", "0", elements), 0, {1}, {1}),
                      std::string(bytes, '\0'));
  };
  EXPECT_TRUE(read(sized(6, 24)));
  expect_refusal(sized(6, 23), "'data/0' holds 23 bytes, 6 elements of float32 need 24");
  expect_refusal(sized(6, 25), "'data/0' holds 25 bytes");
  expect_refusal(sized(6, 0), "'data/0' holds 0 bytes");
  expect_refusal(sized(int64_t{1} << 60, 24), "elements of float32 need 4611686018427387904");
}

// Those of what is no weight too; their checksums are nobody's concern.
TEST(TorchCheckpoint, StoragesOfNoWeightAreThereToo) {
  const auto beside = [](int64_t elements, std::vector<ZipFileMember> members) {
    const std::string other = tensor(storage("FloatStorage", "1", elements), 0, {1}, {1});
    members.insert(members.end(), {member("version", "3"), member("data/0", six())});
    return archive_of(
        members,
        whole(dict({{text("params"), dict({{text("t"), tensor(stored_six(), 0, {6}, {1})}})},
                    {text("optimizer"), list({other})}})));
  };
  EXPECT_TRUE(read(beside(6, {member("data/1", six())})));
  expect_refusal(beside(6, {}), "the archive has no 'data/1'");
  expect_refusal(beside(5, {member("data/1", six())}), "'data/1' holds 24 bytes, 5 elements");
  ZipFileMember damaged = member("data/1", six());
  damaged.crc = damaged.local_crc = 1;
  EXPECT_TRUE(read(beside(6, {damaged})));
}

TEST(TorchCheckpoint, OneStorageHasOneTypeAndLength) {
  const auto both = [](const std::string& second) {
    return torch_zip(dict({{text("a"), tensor(stored_six(), 0, {1}, {1})},
                           {text("b"), tensor(second, 0, {1}, {1})}}),
                     {{"0", six()}});
  };
  EXPECT_TRUE(read(both(stored_six())));
  expect_refusal(both(storage("HalfStorage", "0", 12)),
                 "the storage '0' is named as 6 of float32 and as 12 of float16");
  expect_refusal(both(storage("FloatStorage", "0", 5)), "named as 6 of float32 and as 5 of");
}

// A few bytes that say they are terabytes.
TEST(TorchCheckpoint, RefusesTensorsThatRepeatTheirStorageTooOften) {
  const auto repeated = [](const std::vector<int64_t>& shape) {
    return one_tensor(tensor(stored_six(), 0, shape, std::vector<int64_t>(shape.size(), 0)));
  };
  EXPECT_TRUE(read(repeated({1 << 10, 1 << 10})));
  expect_refusal(repeated({1 << 12, 1 << 12}), "its tensors repeat their storages too often");
  expect_refusal(repeated({1 << 30}), "too often");
  expect_refusal(repeated({int64_t{1} << 61}), "too often");
  expect_refusal(repeated({int64_t{1} << 62, 1}), "too often");
  // Each is in bounds, and contiguous; the whole is not.
  Pairs items = {
      {text("first"), tensor(storage("FloatStorage", "0", 1 << 20) + "q\0"s, 0, {1 << 20}, {1})}};
  for (int i = 0; i < 30; ++i)
    items.emplace_back(text(std::to_string(i)), tensor("h\0"s, 0, {1 << 20}, {1}));
  expect_refusal(torch_zip(dict(items), {{"0", std::string(4 << 20, '\0')}}), "too often");
}

TEST(TorchCheckpoint, RefusesWhatIsNoLegacyFile) {
  const std::string state =
      dict({{text("t"), tensor(legacy_storage("FloatStorage", "0", 6), 0, {6}, {1})}});
  const std::string good = torch_legacy(state, {{"0", six()}});
  EXPECT_TRUE(read(good));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_torch_legacy(file_bytes(good.substr(0, size)))) << size;
  expect_refusal(good + "x", "1 bytes follow the last storage");
  expect_refusal("\x80\x02N.", "the magic number of torch.save");
  std::string other = good;
  other[5] = '\0';
  expect_refusal(other, "the magic number of torch.save is not there; it is a Python pickle, but");
  other = good;
  other[18] = '\0';
  expect_refusal(other, "the protocol 1001 of torch.save is not there");

  const std::string magic = legacy_head().substr(0, 21);
  const auto with_system = [&](const std::string& system) {
    return magic + whole(system) + good.substr(legacy_head().size());
  };
  const char* const kOrder = "its numbers are not said to be little-endian";
  EXPECT_TRUE(read(with_system(dict({{text("little_endian"), truth(true)}}))));
  expect_refusal(with_system(dict({{text("little_endian"), truth(false)}})), kOrder);
  expect_refusal(with_system(dict({{text("little_endian"), number(1)}})), kOrder);
  expect_refusal(with_system(dict({})), kOrder);
  expect_refusal(with_system(list({text("little_endian"), truth(true)})), kOrder);
  expect_refusal(with_system(none()), kOrder);
}

TEST(TorchCheckpoint, RefusesLegacyStoragesThatDoNotFit) {
  const std::string state =
      dict({{text("t"), tensor(legacy_storage("FloatStorage", "0", 6), 0, {6}, {1})}});
  expect_refusal(torch_legacy(state, {}), "the storage '0' is not in the file");
  expect_refusal(torch_legacy(state, {{"0", six()}, {"1", six()}}), "one that no tensor uses");
  expect_refusal(torch_legacy(state, {{"0", six()}, {"0", six()}}),
                 "the storage '0' is there twice");
  expect_refusal(torch_legacy(state, {{"0", six(), 8}}),
                 "the storage '0' has 3 elements, its tensors say 6");
  const std::string head = legacy_head() + whole(state);
  const std::string keys = whole(list({text("0")}));
  expect_refusal(head + whole(dict({})), "its list of storages is none");
  expect_refusal(head + whole(list({number(0)})), "one that no tensor uses");
  expect_refusal(head + keys, "a storage's length at byte");
  expect_refusal(head + keys + little_endian(~uint64_t{0}) + six(), "has 18446744073709551615");
  expect_refusal(head + keys + little_endian(uint64_t{6}) + six().substr(1), "the storage '0' at");
  const std::string two_types =
      dict({{text("a"), tensor(legacy_storage("FloatStorage", "0", 6), 0, {6}, {1})},
            {text("b"), tensor(legacy_storage("IntStorage", "0", 6), 0, {6}, {1})}});
  expect_refusal(torch_legacy(two_types, {{"0", six()}}), "is named as 6 of float32 and as 6 of");
}

TEST(TorchCheckpoint, RefusesEveryCutOfAnArchive) {
  const std::string good = torch_zip_of({{"t", {2, 3}, kSix}}, "params_ema");
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_torch_zip(file_bytes(good.substr(0, size)))) << size;
}

TEST(TorchCheckpoint, SurvivesRandomEdits) {
  std::mt19937 random(20261121);
  const std::string files[] = {torch_zip_of({{"t", {2, 3}, kSix}}, "params_ema"),
                               torch_legacy_of({{"t", {2, 3}, kSix}, {"u", {1}, {1}}})};
  for (const std::string& file : files) {
    for (int i = 0; i < 10'000; ++i) {
      const FileBytes bytes = file_bytes(mutated(file, random));
      const auto zip = read_torch_zip(bytes);
      const auto legacy = read_torch_legacy(bytes);
      EXPECT_FALSE(zip && legacy);
      for (const auto* weights : {&zip, &legacy}) {
        if (!*weights) continue;
        for (const WeightTensor& tensor : (*weights)->tensors())
          EXPECT_EQ(to_f32(tensor).has_value(), tensor.dtype == DType::kF32);
      }
    }
  }
}

}  // namespace
}  // namespace fovea::test

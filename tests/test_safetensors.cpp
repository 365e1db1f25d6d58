// safetensors: what is read, and every way in which a file is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "loaders/formats/safetensors.h"
#include "tests/model_files.h"

namespace fovea::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Result<Weights> read(std::string_view header, std::string_view data) {
  return read_safetensors(file_bytes(safetensors_file(header, data)));
}

TEST(Safetensors, ReadsTensorsInTheHeadersOrder) {
  const auto weights = read(
      R"({"__metadata__":{"format":"pt","note":"a\nb \u00e9"},)"
      R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},)"
      R"("a":{"data_offsets":[0,4],"shape":[2],"dtype":"F16"}}   )",
      little_endian<uint16_t>(0x3c00) + little_endian<uint16_t>(0xc000) + floats({0.5f, -3.0f}));
  ASSERT_TRUE(weights) << weights.error().message;
  ASSERT_EQ(weights->tensors().size(), 2u);
  EXPECT_EQ(weights->tensors()[0].name, "b");
  EXPECT_EQ(weights->tensors()[0].shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(weights->tensors()[0].dtype, DType::kF32);
  EXPECT_EQ(*to_f32(weights->tensors()[0]), (std::vector<float>{0.5f, -3.0f}));
  EXPECT_EQ(*to_f32(*weights->find("a")), (std::vector<float>{1.0f, -2.0f}));
  EXPECT_EQ(weights->metadata.at("format"), "pt");
  EXPECT_EQ(weights->metadata.at("note"), "a\nb \xc3\xa9");
}

TEST(Safetensors, ReadsEveryDType) {
  const std::vector<std::tuple<std::string, DType, size_t>> types = {
      {"F64", DType::kF64, 8},   {"F32", DType::kF32, 4},  {"F16", DType::kF16, 2},
      {"BF16", DType::kBF16, 2}, {"I64", DType::kI64, 8},  {"I32", DType::kI32, 4},
      {"U8", DType::kU8, 1},     {"BOOL", DType::kBool, 1}};
  for (const auto& [name, dtype, size] : types) {
    const auto weights =
        read(fmt::format(R"({{"t":{{"dtype":"{}","shape":[3],"data_offsets":[0,{}]}}}})", name,
                         3 * size),
             std::string(3 * size, '\0'));
    ASSERT_TRUE(weights) << weights.error().message;
    EXPECT_EQ(weights->tensors()[0].dtype, dtype) << name;
  }
}

TEST(Safetensors, AcceptsEmptyTensorsAndScalars) {
  const auto weights = read(R"({"none":{"dtype":"F32","shape":[4,0,3],"data_offsets":[0,0]},)"
                            R"("scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                            R"("last":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})",
                            floats({7.0f}));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(weights->find("none")->element_count(), 0);
  EXPECT_EQ(*to_f32(*weights->find("scalar")), (std::vector<float>{7.0f}));
}

TEST(Safetensors, AcceptsAFileWithoutTensors) {
  const auto weights = read(R"({"__metadata__":{}})", "");
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_TRUE(weights->tensors().empty());
  EXPECT_TRUE(read("{}", ""));
}

TEST(Safetensors, ReadsDataThatIsNotAligned) {
  const auto weights = read(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                            R"("b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}})",
                            std::string(1, '\x05') + little_endian(1.25));
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(*to_f32(*weights->find("b")), (std::vector<float>{1.25f}));
}

struct Broken {
  const char* what;
  std::string file;
  const char* message;  // a part of the refusal
};

// One tensor of 4 bytes with `fields`, and its data.
std::string one(std::string_view fields, std::string_view data = std::string_view("\0\0\0\0", 4)) {
  return safetensors_file(fmt::format(R"({{"t":{{{}}}}})", fields), data);
}

std::string of_type(std::string_view dtype, std::string_view data) {
  return one(fmt::format(R"("dtype":"{}","shape":[1],"data_offsets":[0,{}])", dtype, data.size()),
             data);
}

std::string header(std::string_view text) { return safetensors_file(text, ""); }

std::string many_tensors(size_t count) {
  std::string text = "{";
  for (size_t i = 0; i < count; ++i)
    text += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                        i > 0 ? "," : "", i);
  return header(text + "}");
}

std::vector<Broken> broken_files() {
  const std::string f32 = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";
  const std::string four(4, '\0');
  const std::string two_tensors = R"({{"a":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}},)"
                                  R"("b":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})";
  const auto pair = [&](int a, int b, int c, int d) {
    return safetensors_file(fmt::format(fmt::runtime(two_tensors), b - a, a, b, d - c, c, d), four);
  };
  return {
      {"empty", "", "the header's length at byte 0 needs 8 bytes, 0 are left"},
      {"seven bytes", "\x02\0\0\0\0\0\0", "needs 8 bytes"},
      {"header of 0", header(""), "the header is 0 bytes, expected 2..."},
      {"header of 1", header("{"), "the header is 1 bytes"},
      {"header of 2^63", little_endian(uint64_t{1} << 63) + "{}", "expected 2...16777216"},
      {"header of 2^64-1", little_endian(~uint64_t{0}) + "{}", "expected 2...16777216"},
      {"header over 16 MiB", little_endian<uint64_t>((16u << 20) + 1) + "{}", "expected 2..."},
      {"header beyond the file", little_endian<uint64_t>(3) + "{}", "needs 3 bytes, 2 are left"},
      {"no brace", header("[]"), "begins with '['"},
      {"space first", header(" {}"), "begins with ' '"},
      {"byte order mark", header("\xef\xbb\xbf{}"), "begins with '?'"},
      {"no end brace", header("{\"a\":1]"), "ends with ']'"},
      {"newline padding", header("{}\n"), "expected '}' and spaces"},
      {"zero padding", header(std::string("{}\0\0", 4)), "expected '}' and spaces"},
      {"text after the end", header("{} {}"), "not JSON at byte 4"},
      {"comment", header("{/*x*/}"), "not JSON"},
      {"trailing comma", one(f32 + ","), "not JSON"},
      {"single quotes", header("{'a':1}"), "not JSON"},
      {"invalid UTF-8", header("{\"\xff\":1}"), "not JSON"},
      {"overlong UTF-8", header("{\"\xc0\xaf\":1}"), "not JSON"},
      {"lone surrogate", header(R"({"\ud800":1})"), "not JSON"},
      {"name with NUL", header(R"({"a\u0000b":{}})"), "control characters"},
      {"name with escape", header(R"({"a\u001bb":{}})"), "control characters"},
      {"name with C1 control", header(R"({"a\u009bb":{}})"), "control characters"},
      {"no name", header(R"({"":{}})"), "is empty"},
      {"name of 513 bytes", header(fmt::format(R"({{"{:x>513}":{{}}}})", "")),
       "513 bytes, limit 512"},
      {"tensor is a number", header(R"({"t":1})"), "'t' holds a number, expected an object"},
      {"tensor is an array", header(R"({"t":[]})"), "holds an array"},
      {"tensor is null", header(R"({"t":null})"), "holds null"},
      {"metadata is a string", header(R"({"__metadata__":"x"})"), "expected an object"},
      {"metadata number", header(R"({"__metadata__":{"a":1}})"), "expected a string"},
      {"metadata object", header(R"({"__metadata__":{"a":{}}})"), "holds an object"},
      {"metadata key twice", header(R"({"__metadata__":{"a":"1","a":"2"}})"),
       "metadata key 'a' is there twice"},
      {"metadata twice", header(R"({"__metadata__":{},"__metadata__":{}})"), "is there twice"},
      {"tensor twice", header(R"({"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"t":{}})"),
       "key 't' is there twice"},
      {"field twice", one(R"("dtype":"F32",)" + f32), "has \"dtype\" twice"},
      {"escaped field twice", one(R"("dtyp\u0065":"F32",)" + f32), "has \"dtype\" twice"},
      {"unknown field", one(R"("offset":1,)" + f32), "unknown field 'offset'"},
      {"no dtype", one(R"("shape":[1],"data_offsets":[0,4])"), "has no \"dtype\""},
      {"no shape", one(R"("dtype":"F32","data_offsets":[0,4])"), "has no \"shape\""},
      {"no offsets", one(R"("dtype":"F32","shape":[1])"), "has no \"data_offsets\""},
      {"dtype is a number", one(R"("dtype":4,"shape":[1],"data_offsets":[0,4])"),
       "holds a number as its dtype"},
      {"shape is a string", one(R"("dtype":"F32","shape":"1","data_offsets":[0,4])"),
       "holds a string as its shape"},
      {"shape is a number", one(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"),
       "holds a number as its shape"},
      {"shape of arrays", one(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])"),
       "holds an array within its shape"},
      {"shape of objects", one(R"("dtype":"F32","shape":[{}],"data_offsets":[0,4])"),
       "holds an object within its shape"},
      {"shape of true", one(R"("dtype":"F32","shape":[true],"data_offsets":[0,4])"),
       "holds true or false within its shape"},
      {"negative length", one(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"),
       "number -1 is negative in tensor t"},
      {"fraction", one(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"),
       "number '1.0' is not a whole number"},
      {"exponent", one(R"("dtype":"F32","shape":[1e0],"data_offsets":[0,4])"),
       "number '1e0' is not a whole number"},
      {"leading zero", one(R"("dtype":"F32","shape":[01],"data_offsets":[0,4])"), "not JSON"},
      {"NaN", one(R"("dtype":"F32","shape":[NaN],"data_offsets":[0,4])"), "not JSON"},
      {"2^53 + 1", one(R"("dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4])"),
       "limit 2^53"},
      {"2^64", one(R"("dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4])"),
       "is not a whole number up to 2^53"},
      {"1e999", one(R"("dtype":"F32","shape":[1e999],"data_offsets":[0,4])"), "not JSON"},
      {"rank 9", one(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"),
       "more than 8 dimensions"},
      {"one offset", one(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), "has 1 data_offsets"},
      {"three offsets", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"),
       "more than 2 data_offsets"},
      {"product wraps to 1",
       one(R"("dtype":"F32","shape":[4194305,4194305,211106198978564],"data_offsets":[0,4])"),
       "more elements than 64 bits count"},
      {"product wraps, then zero",
       one(R"("dtype":"F32","shape":[4503599627370496,4503599627370496,0],"data_offsets":[0,0])",
           ""),
       "more elements than 64 bits count"},
      {"bytes wrap",
       one(R"("dtype":"F64","shape":[9007199254740992,256],"data_offsets":[0,0])", ""),
       "more elements than 64 bits count"},
      {"unsupported dtype", of_type("F8_E4M3", "\x01"), "unsupported dtype 'F8_E4M3'"},
      {"lower-case dtype", of_type("f32", four), "unsupported dtype 'f32'"},
      {"size of another shape", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
       "needs 8 bytes, its data_offsets hold 4"},
      {"end before begin", one(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])"),
       "ends at byte 0 before it begins at 4"},
      {"hole at the start", pair(1, 2, 2, 4), "there is a hole"},
      {"hole", pair(0, 1, 2, 4), "there is a hole"},
      {"overlap", pair(0, 3, 2, 4), "it overlaps another"},
      {"same range twice", pair(0, 4, 0, 4), "it overlaps another"},
      {"bytes too many", pair(0, 1, 1, 3), "it has bytes too many"},
      {"cut short", pair(0, 3, 3, 5), "it is cut short"},
      {"no tensor, data", safetensors_file("{}", "x"), "it has bytes too many"},
      {"empty tensor inside another",
       safetensors_file(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                        R"("b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})",
                        four),
       "it overlaps another"},
      {"far offsets",
       one(R"("dtype":"U8","shape":[4],"data_offsets":[9007199254740988,9007199254740992])"),
       "there is a hole"},
      {"NaN weight", of_type("F32", floats({std::nanf("")})), "holds a NaN or an infinity"},
      {"infinite weight", of_type("F32", floats({-kInfinity})), "holds a NaN or an infinity"},
      {"infinite half", of_type("F16", std::string("\x00\x7c", 2)), "holds a NaN or an infinity"},
      {"NaN bfloat16", of_type("BF16", std::string("\xc0\x7f", 2)), "holds a NaN or an infinity"},
      {"double beyond float", of_type("F64", little_endian(1e300)), "holds a NaN or an infinity"},
      {"deep nesting", header("{\"t\":" + std::string(200'000, '[') + "}"), "holds an array"},
      {"deep objects", header("{\"t\":{\"dtype\":{\"a\":{}}}}"), "holds an object as its dtype"},
      {"100001 tensors", many_tensors(100'001), "more than 100000 tensors"},
  };
}

TEST(Safetensors, RefusesWhatIsBroken) {
  const auto files = broken_files();
  EXPECT_GE(files.size(), 40u);
  for (const Broken& broken : files) {
    const auto weights = read_safetensors(file_bytes(broken.file));
    ASSERT_FALSE(weights) << broken.what;
    EXPECT_EQ(weights.error().code, ErrorCode::kModel) << broken.what;
    EXPECT_NE(weights.error().message.find(broken.message), std::string::npos)
        << broken.what << ": " << weights.error().message;
    for (const char c : weights.error().message)
      ASSERT_GE(static_cast<unsigned char>(c), 0x20) << broken.what;
  }
}

TEST(Safetensors, EveryCutIsRefused) {
  const std::string file = one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])");
  ASSERT_TRUE(read_safetensors(file_bytes(file)));
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_FALSE(read_safetensors(file_bytes(file.substr(0, length)))) << length;
  EXPECT_FALSE(read_safetensors(file_bytes(file + '\0')));
}

// Whatever the damage: no crash, no read outside (under sanitizers), and what is accepted is sound.
TEST(Safetensors, MutatedFilesAreRefusedOrSound) {
  constexpr uint32_t kSeed = 20240607;
  constexpr int kRounds = 4000;
  const std::string file = safetensors_file(
      R"({"__metadata__":{"scale":"2"},"a.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
      R"("b":{"dtype":"F16","shape":[3],"data_offsets":[16,22]},)"
      R"("c":{"dtype":"I64","shape":[1],"data_offsets":[22,30]}}  )",
      floats({1, 2, 3, 4}) + std::string(14, '\x3c'));
  ASSERT_TRUE(read_safetensors(file_bytes(file)));
  std::mt19937 random(kSeed);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
    const auto weights = read_safetensors(file_bytes(mutated(file, random)));
    if (!weights) {
      EXPECT_EQ(weights.error().code, ErrorCode::kModel);
      EXPECT_FALSE(weights.error().message.empty());
      continue;
    }
    ++accepted;
    for (const WeightTensor& tensor : weights->tensors()) {
      EXPECT_TRUE(check_finite(tensor));
      EXPECT_LE(tensor.byte_count(), file.size() + 64);
    }
  }
  // Values of weights may change without harm: the mutations must reach past the header too.
  EXPECT_GT(accepted, kRounds / 50);
}

}  // namespace
}  // namespace fovea::test

// fovea's results held to PyTorch's: on the small networks of golden/ (make_goldens.py), and on the
// published Real-ESRGAN networks where they and their outputs are at hand.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "engine/passes/passes.h"
#include "engine/run_whole.h"
#include "engine/upscaler.h"
#include "kernels/cpu/cpu_backend.h"
#include "loaders/blend.h"
#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "loaders/load_model.h"
#include "tests/compare.h"
#include "tests/read_picture.h"
#include "tests/real_networks.h"
#include "tests/swept.h"
#include "tests/told_map.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::folder_from_environment;
using test::read_picture;

// The committed goldens, or those that check-long has just made anew.
const fs::path kFolder = folder_from_environment("FOVEA_GOLDEN").value_or(FOVEA_GOLDEN_FOLDER);
constexpr double kUnitRoundoff = 0x1p-24;  // of f32

// The names of the files in `folder`, without ".safetensors" or ".png", in order. An empty list
// makes GoogleTest fail the suite that was to be instantiated from it.
template <class Wanted>
std::vector<std::string> stems_in(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> stems;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (wanted(entry)) stems.push_back(entry.path().stem().string());
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

std::vector<std::string> file_stems(const fs::path& folder) {
  return stems_in(folder, [](const fs::directory_entry& entry) { return entry.is_regular_file(); });
}

std::vector<std::string> folder_names(const fs::path& folder) {
  return stems_in(folder, [](const fs::directory_entry& entry) { return entry.is_directory(); });
}

template <class T>
T value_or_fail(Result<T> result) {
  EXPECT_TRUE(result) << result.error().message;
  return result ? std::move(*result) : T{};
}

Weights read_maps(const fs::path& path) {
  auto bytes = read_file(path, size_t{1} << 24, ErrorCode::kModel);
  EXPECT_TRUE(bytes) << path;
  return bytes ? value_or_fail(read_safetensors(*bytes)) : Weights{};
}

Tensor to_map(const WeightTensor& tensor) {
  Tensor map({tensor.shape.at(0), tensor.shape.at(1)}, tensor.shape.at(2));
  const std::vector<float> values = value_or_fail(to_f32(tensor));
  std::copy(values.begin(), values.end(), map.values().begin());
  return map;
}

// Mirrored at the last row and column, which are not repeated, until the sides are multiples; a
// single row is.
Tensor pad_by_reflection(const Tensor& map, int64_t multiple) {
  const auto mirrored = [](int64_t i, int64_t length) {
    while (i >= length) i = length == 1 ? 0 : std::abs(2 * (length - 1) - i);
    return i;
  };
  const auto round_up = [&](int64_t n) { return (n + multiple - 1) / multiple * multiple; };
  Tensor padded({round_up(map.size().height), round_up(map.size().width)}, map.channels());
  for (int64_t y = 0; y < padded.size().height; ++y) {
    for (int64_t x = 0; x < padded.size().width; ++x)
      std::copy_n(map.view().at(mirrored(y, map.size().height), mirrored(x, map.size().width)),
                  map.channels(), padded.view().at(y, x));
  }
  return padded;
}

// How far f32 may be from exact arithmetic, as a share of the largest output. Roundings are
// independent, so their errors add as the root of their number: a chain of convolutions that each
// sum K products in f32 makes one for each product, one that sums in f64 only one for each
// operator, when its result is stored. Four deviations; the networks' maps are about as large as
// their output (make_goldens.py scales them so).
double relative_tolerance(const Graph& graph, ReferenceAccumulator accumulator) {
  double roundings = 0;
  for (const Node& node : graph.nodes()) {
    const auto* convolution = std::get_if<Convolution>(&node.op);
    roundings += 1;
    if (convolution != nullptr && accumulator == ReferenceAccumulator::kF32)
      roundings += static_cast<double>(convolution->kernel_h * convolution->kernel_w *
                                       graph.value(node.inputs[0]).channels);
  }
  return 4 * kUnitRoundoff * std::sqrt(roundings);
}

// What any network on any backend may lose, as a share of the largest output. The CPU kernels need
// it: Winograd's transforms cost a digit (kernels/cpu). Of the reference's deep networks the
// estimate above would let more pass: it leaves out that residuals are scaled down.
constexpr double kMostLost = 1e-5;

// What `model` makes of each input of `maps` is the output beside it.
void expect_equal_maps(const Model& model, const Weights& maps) {
  int compared = 0;
  for (const WeightTensor& tensor : maps.tensors()) {
    if (!tensor.name.starts_with("input_")) continue;
    const std::string size = tensor.name.substr(6);
    const WeightTensor* output = maps.find("output_" + size);
    ASSERT_NE(output, nullptr) << size;
    const Tensor expected = to_map(*output);
    const Tensor input =
        test::told_map(model, pad_by_reflection(to_map(tensor), model.padding_multiple));

    for (const auto accumulator : {ReferenceAccumulator::kF32, ReferenceAccumulator::kF64}) {
      const auto backend = make_reference_backend(accumulator);
      const Tensor actual = value_or_fail(run_whole(*backend, model.graph, input));
      ConstTensorView cropped = actual.view();
      cropped.height = expected.size().height;
      cropped.width = expected.size().width;
      const double tolerance = std::min(relative_tolerance(model.graph, accumulator), kMostLost);
      EXPECT_TRUE(test::all_within(expected.view(), cropped,
                                   tolerance * test::max_magnitude(expected.view())))
          << size << (accumulator == ReferenceAccumulator::kF32 ? " in f32" : " in f64");
    }
    for (const cpu::Isa isa : cpu::supported_isas()) {
      const auto backend = value_or_fail(cpu::make_cpu_backend(isa));
      Tensor actual = value_or_fail(test::swept(model.graph, *backend, input, 1000, 2));
      ConstTensorView cropped = actual.view();
      cropped.height = expected.size().height;
      cropped.width = expected.size().width;
      EXPECT_TRUE(test::all_within(expected.view(), cropped,
                                   kMostLost * test::max_magnitude(expected.view())))
          << size << " on " << cpu::to_string(isa);
    }
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

class GoldenMaps : public testing::TestWithParam<std::string> {};

TEST_P(GoldenMaps, EqualPyTorchs) {
  const fs::path file = GetParam() + ".safetensors";
  expect_equal_maps(value_or_fail(load_model(kFolder / "models" / file)),
                    read_maps(kFolder / "maps" / file));
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenMaps, testing::ValuesIn(file_stems(kFolder / "models")),
                         [](const auto& test) { return test.param; });

// onnx/NETWORK.WAY.onnx is the network NETWORK as PyTorch exports it (exports.py). Always the
// committed ones: check-long makes no others.
const fs::path kCommitted = FOVEA_GOLDEN_FOLDER;

class GoldenExports : public testing::TestWithParam<std::string> {};

std::string network_of(const std::string& exported) {
  return exported.substr(0, exported.find('.'));
}

TEST_P(GoldenExports, EqualPyTorchs) {
  const Model model = value_or_fail(load_model(kCommitted / "onnx" / (GetParam() + ".onnx")));
  EXPECT_EQ(model.format, "ONNX");
  expect_equal_maps(model,
                    read_maps(kCommitted / "maps" / (network_of(GetParam()) + ".safetensors")));
}

// onnx/data_beside/: the weights in a file of their own, as PyTorch writes them by default.
TEST(GoldenExport, WithItsDataBesideIt) {
  const std::string name = "srvgg_gray_to_rgb_x2";
  const fs::path file = kCommitted / "onnx" / "data_beside" / (name + ".onnx");
  expect_equal_maps(value_or_fail(load_model(file)),
                    read_maps(kCommitted / "maps" / (name + ".safetensors")));
}

// The same operators run as for the state dict: nothing is slower for having been exported.
TEST_P(GoldenExports, RunAsTheWeightsDo) {
  const auto backend = value_or_fail(cpu::make_cpu_backend(cpu::supported_isas().back()));
  const auto operators_of = [&](const fs::path& file) {
    const Model model = value_or_fail(load_model(file));
    const Graph graph = value_or_fail(rewrite(model.graph, backend->rewrites()));
    std::vector<std::string> names;
    for (const Node& node : graph.nodes())
      names.push_back(fmt::format("{} of {} channels", operator_name(node.op),
                                  graph.value(node.output).channels));
    std::sort(names.begin(), names.end());
    return names;
  };
  EXPECT_EQ(operators_of(kCommitted / "onnx" / (GetParam() + ".onnx")),
            operators_of(kCommitted / "models" / (network_of(GetParam()) + ".safetensors")));
}

// What `fovea convert` writes of an ONNX file: the tensors of the state dict, bit for bit.
TEST_P(GoldenExports, HoldTheWeights) {
  const std::string name = network_of(GetParam());
  LoadLimits limits;
  if (name == "srvgg_leakyrelu_x2") limits.metadata["act_type"] = "leakyrelu";
  const auto loaded = load_weights(kCommitted / "onnx" / (GetParam() + ".onnx"), limits);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto bytes = read_file(kCommitted / "models" / (name + ".safetensors"), size_t{1} << 24,
                               ErrorCode::kModel);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const Weights expected = value_or_fail(read_safetensors(*bytes));
  for (const WeightTensor& tensor : loaded->weights.tensors())
    EXPECT_TRUE(expected.contains(tensor.name)) << tensor.name;
  for (const WeightTensor& tensor : expected.tensors()) {
    // SPAN's own collapsed weights, which nothing reads.
    if (tensor.name.find(".eval_conv.") != tensor.name.npos) continue;
    const WeightTensor* found = loaded->weights.find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
    ASSERT_EQ(found->dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(std::memcmp(found->bytes.get(), tensor.bytes.get(), tensor.byte_count()), 0)
        << tensor.name;
  }
}

// LeakyReLU is not what the file computes where the caller says ReLU.
TEST(GoldenExport, OfAnotherNetworkThanItsNamesSay) {
  const fs::path file = kCommitted / "onnx" / "srvgg_leakyrelu_x2.dynamo18.open.onnx";
  const auto message = [&](const LoadLimits& limits) {
    const auto loaded = load_weights(file, limits);
    return loaded ? std::string("accepted") : loaded.error().message;
  };
  LoadLimits relu;
  relu.metadata["act_type"] = "relu";
  EXPECT_NE(message(relu).find("its tensors are SRVGGNetCompact's, its graph is another"),
            std::string::npos)
      << message(relu);
  EXPECT_NE(message({}).find("act_type"), std::string::npos) << message({});
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenExports, testing::ValuesIn(file_stems(kCommitted / "onnx")),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

// A sample is rounded the other way where a boundary lies between the exact value and f32's: of all
// samples that is the share that the error has of a sample's step. Of 16-bit samples, errors of
// 8e-7 turn 65535 * 8e-7 = 5 %.
struct Expectation {
  DeviceKind device;
  double equal_share_8;
  double equal_share_16;
};
constexpr Expectation kExpectations[] = {
    {DeviceKind::kReference, 0.999, 0.95},
    // Errors a few times as large turn as many times more samples.
    {DeviceKind::kCpu, 0.9975, 0.75}};

// No sample off by more than 1, and at least `equal_share` of them equal; of pictures so small that
// the share is less than two samples, all but two.
void expect_equal_pictures(const Picture& expected, const Picture& actual, double equal_share) {
  ASSERT_EQ(actual.size(), expected.size());
  ASSERT_EQ(actual.channels(), expected.channels());
  ASSERT_EQ(actual.bit_depth(), expected.bit_depth());
  int64_t equal = 0, worst = 0, samples = 0;
  for (int64_t y = 0; y < expected.height(); ++y) {
    for (int64_t x = 0; x < expected.width(); ++x) {
      for (int c = 0; c < expected.channels(); ++c, ++samples) {
        const int64_t error = std::abs(expected.sample(y, x, c) - actual.sample(y, x, c));
        equal += error == 0;
        worst = std::max(worst, error);
      }
    }
  }
  EXPECT_LE(worst, 1);
  const double may_differ = std::max(2.0, (1 - equal_share) * static_cast<double>(samples));
  EXPECT_LE(static_cast<double>(samples - equal), may_differ) << "of " << samples << " samples";
}

Picture upscale(const std::vector<fs::path>& chain, const Picture& picture, DeviceKind device) {
  std::vector<SharedModel> models;
  for (const fs::path& file : chain) {
    auto model = load_model(file);
    if (!model) {
      ADD_FAILURE() << model.error().message;
      return {};
    }
    models.push_back(std::make_shared<const Model>(std::move(*model)));
  }
  UpscalerOptions options;
  options.device = device;
  auto upscaler = Upscaler::create(std::move(models), options);
  if (!upscaler) {
    ADD_FAILURE() << upscaler.error().message;
    return {};
  }
  return value_or_fail(upscaler->upscale(picture));
}

// PICTURE.MODEL.png is what MODEL makes of PICTURE.png, PICTURE.A+B.png what A and then B make of
// it.
std::vector<std::string> picture_results() {
  std::vector<std::string> results = file_stems(kFolder / "pictures");
  std::erase_if(results, [](const std::string& stem) { return stem.find('.') == stem.npos; });
  return results;
}

class GoldenPictures : public testing::TestWithParam<std::string> {};

// A folder of FOVEA_GOLDEN may have maps alone (golden/catalogue.py).
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenPictures);

TEST_P(GoldenPictures, EqualPyTorchs) {
  const size_t dot = GetParam().find('.');
  const fs::path folder = kFolder / "pictures";
  const Picture input = read_picture(folder / (GetParam().substr(0, dot) + ".png"));
  const Picture expected = read_picture(folder / (GetParam() + ".png"));
  std::vector<fs::path> chain;
  for (size_t begin = dot + 1; begin <= GetParam().size();) {
    const size_t end = std::min(GetParam().find('+', begin), GetParam().size());
    chain.push_back(kFolder / "models" / (GetParam().substr(begin, end - begin) + ".safetensors"));
    begin = end + 1;
  }
  for (const Expectation& on : kExpectations)
    expect_equal_pictures(expected, upscale(chain, input, on.device),
                          expected.bit_depth() == 8 ? on.equal_share_8 : on.equal_share_16);
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenPictures, testing::ValuesIn(picture_results()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           std::replace(name.begin(), name.end(), '+', '_');
                           return name;
                         });

// A blend's metadata say what it is of, as --blend does: MODEL:FACTOR,MODEL:FACTOR.
std::vector<BlendFile> blend_files(const std::string& text) {
  std::vector<BlendFile> files;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const size_t colon = text.rfind(':', end);
    files.push_back({kFolder / "models" / (text.substr(begin, colon - begin) + ".safetensors"),
                     std::stod(text.substr(colon + 1, end - colon - 1))});
    begin = end + 1;
  }
  return files;
}

class GoldenBlends : public testing::TestWithParam<std::string> {};

TEST_P(GoldenBlends, EqualPyTorchs) {
  const Weights maps = read_maps(kFolder / "blends" / (GetParam() + ".safetensors"));
  const Model model = value_or_fail(load_blend(blend_files(maps.metadata.at("blend"))));
  EXPECT_EQ(model.format, "blend");
  const auto backend = make_reference_backend(ReferenceAccumulator::kF64);
  for (const char* size : {"7x9"}) {
    const Tensor expected = to_map(*maps.find(std::string("output_") + size));
    const Tensor input = to_map(*maps.find(std::string("input_") + size));
    const Tensor actual = value_or_fail(run_whole(*backend, model.graph, input));
    EXPECT_TRUE(test::all_within(expected.view(), actual.view(),
                                 relative_tolerance(model.graph, ReferenceAccumulator::kF64) *
                                     test::max_magnitude(expected.view())));
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenBlends, testing::ValuesIn(file_stems(kFolder / "blends")),
                         [](const auto& test) { return test.param; });

// tfjs/NAME holds a network, its maps, and a picture with what the network makes of it.
class GoldenTfjs : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTfjs, EqualsPyTorchs) {
  const fs::path folder = kCommitted / "tfjs" / GetParam();
  const Model model = value_or_fail(load_model(folder / "model.json"));
  EXPECT_EQ(model.format, "TensorFlow.js");
  EXPECT_EQ(model.architecture, GetParam().starts_with("rdn") ? "RDN" : "RRDN");
  expect_equal_maps(model, read_maps(folder / "maps.safetensors"));
  const Picture expected = read_picture(folder / "result.png");
  for (const Expectation& on : kExpectations)
    expect_equal_pictures(
        expected, upscale({folder / "model.json"}, read_picture(folder / "picture.png"), on.device),
        on.equal_share_8);
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenTfjs, testing::ValuesIn(folder_names(kCommitted / "tfjs")),
                         [](const auto& test) { return test.param; });

struct PublishedNetwork {
  std::string result;   // in FOVEA_TEST_DATA/golden
  std::string picture;  // in FOVEA_TEST_DATA/data
  std::string model;    // in FOVEA_MODELS
};

void PrintTo(const PublishedNetwork& tested, std::ostream* out) { *out << tested.result; }

class PublishedGolden : public testing::TestWithParam<PublishedNetwork> {};

TEST_P(PublishedGolden, IsReproduced) {
  const auto data = folder_from_environment("FOVEA_TEST_DATA");
  const auto models = folder_from_environment("FOVEA_MODELS");
  if (!data || !fs::exists(*data / "golden")) GTEST_SKIP() << "no FOVEA_TEST_DATA with golden/";
  if (!models) GTEST_SKIP() << "FOVEA_MODELS is not set";
  const fs::path model = *models / (GetParam().model + ".param");
  if (!fs::exists(model)) GTEST_SKIP() << model << " is not there; make models fetches it";
  const Picture input = read_picture(*data / "data" / GetParam().picture);
  for (const Expectation& on : kExpectations)
    expect_equal_pictures(read_picture(*data / "golden" / GetParam().result),
                          upscale({model}, input, on.device), on.equal_share_8);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, PublishedGolden,
    testing::Values(PublishedNetwork{"bird.x4plus.png", "set5/x4/bird_LR.png", "realesrgan-x4plus"},
                    PublishedNetwork{"bird.x4plus-anime.png", "set5/x4/bird_LR.png",
                                     "realesrgan-x4plus-anime"},
                    PublishedNetwork{"bird.animevideov3-x4.png", "set5/x4/bird_LR.png",
                                     "realesr-animevideov3-x4"},
                    PublishedNetwork{"butterfly.animevideov3-x4.png", "set5/x4/butterfly_LR.png",
                                     "realesr-animevideov3-x4"},
                    PublishedNetwork{"monarch.animevideov3-x4.png", "set14/x4/monarch_LR.png",
                                     "realesr-animevideov3-x4"}),
    [](const auto& test) {
      std::string name = test.param.result.substr(0, test.param.result.rfind('.'));
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
      return name;
    });

}  // namespace
}  // namespace fovea

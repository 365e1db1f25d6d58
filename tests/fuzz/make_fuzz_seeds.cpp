// make_fuzz_seeds FOLDER: a few valid inputs for each fuzz target, in FOLDER/TARGET/. All are made
// here, by the tests' own writers.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/codec_files.h"
#include "tests/ncnn_files.h"
#include "tests/onnx_files.h"
#include "tests/random_values.h"
#include "tests/tfjs_files.h"
#include "tests/torch_files.h"
#include "tools/codecs/codec.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using codecs::File;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

  void add(std::string_view bytes) {
    std::ofstream file(folder_ / fmt::format("seed-{:03}", count_++), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    good_ = good_ && file.good();
  }
  void add(const File& file) {
    add(std::string_view(reinterpret_cast<const char*>(file.data()), file.size()));
  }

  bool good() const { return good_; }

 private:
  fs::path folder_;
  int count_ = 0;
  bool good_ = true;
};

bool make_pictures(const fs::path& folder) {
  Seeds seeds(folder);
  // Every pair of colour type and depth that PNG has.
  const std::pair<int, int> kinds[] = {{0, 1}, {0, 2},  {0, 4},  {0, 8}, {0, 16},
                                       {2, 8}, {2, 16}, {3, 1},  {3, 2}, {3, 4},
                                       {3, 8}, {4, 8},  {4, 16}, {6, 8}, {6, 16}};
  for (const auto& [colour_type, bit_depth] : kinds) {
    for (const bool interlaced : {false, true}) {
      codecs::PngSpec spec;
      spec.width = 9;
      spec.height = 7;
      spec.colour_type = colour_type;
      spec.bit_depth = bit_depth;
      spec.interlaced = interlaced;
      const int samples = 1 << bit_depth;
      spec.sample = [samples](int64_t y, int64_t x, int c) {
        return static_cast<int>((7 * y + 3 * x + c) % samples);
      };
      if (colour_type == 3) {
        spec.palette = File(static_cast<size_t>(3 * samples), std::byte{90});
        spec.transparency = File(static_cast<size_t>(samples), std::byte{200});
      }
      spec.extra = codecs::png_chunk("eXIf", codecs::exif_block(6, interlaced));
      seeds.add(codecs::make_png(spec));
    }
  }
  for (const int channels : {1, 2, 3, 4}) {
    const Picture picture = codecs::smooth_picture({13, 11}, channels);
    for (const codecs::Format format :
         {codecs::Format::kPng, codecs::Format::kJpeg, codecs::Format::kWebp}) {
      std::vector<std::string> warnings;
      const auto fitted = codecs::fit_to_format(picture.copy().value(), format, warnings);
      if (!fitted) return false;
      const auto file = codecs::encode(*fitted, format, {}, "seed");
      if (!file) return false;
      seeds.add(*file);
      if (format == codecs::Format::kJpeg)
        seeds.add(codecs::with_jpeg_segment(
            *file, 0xe1, codecs::exif_segment(codecs::exif_block(channels + 4, true))));
    }
  }
  return seeds.good();
}

// Safetensors of `tensors`, small random weights.
std::string safetensors(const std::vector<std::pair<std::string, std::vector<int64_t>>>& tensors) {
  test::RandomValues random(1);
  std::string header = R"({"__metadata__":{"made":"by hand"})", data;
  for (const auto& [name, shape] : tensors) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    const size_t begin = data.size();
    data += test::floats(random.normals(count, 0.1f));
    header += fmt::format(R"(,"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", name,
                          fmt::join(shape, ","), begin, data.size());
  }
  return test::safetensors_file(header + "}", data);
}

std::vector<std::string> safetensors_files() {
  const std::string compact = safetensors({{"body.0.weight", {2, 3, 3, 3}},
                                           {"body.0.bias", {2}},
                                           {"body.1.weight", {2}},
                                           {"body.2.weight", {12, 2, 3, 3}},
                                           {"body.2.bias", {12}}});
  const std::string srcnn = safetensors({{"conv1.weight", {2, 1, 5, 5}},
                                         {"conv1.bias", {2}},
                                         {"conv2.weight", {2, 2, 1, 1}},
                                         {"conv2.bias", {2}},
                                         {"conv3.weight", {1, 2, 3, 3}},
                                         {"conv3.bias", {1}}});
  std::vector<std::pair<std::string, std::vector<int64_t>>> dense;
  const auto convolution = [&](const std::string& name, int64_t out, int64_t in) {
    dense.push_back({name + ".weight", {out, in, 3, 3}});
    dense.push_back({name + ".bias", {out}});
  };
  convolution("conv_first", 2, 3);
  for (int block = 1; block <= 3; ++block) {
    for (int i = 1; i <= 5; ++i)
      convolution(fmt::format("body.0.rdb{}.conv{}", block, i), i == 5 ? 2 : 1, 1 + i);
  }
  for (const char* name : {"conv_body", "conv_up1", "conv_up2", "conv_hr"}) convolution(name, 2, 2);
  convolution("conv_last", 3, 2);
  return {compact, srcnn, safetensors(dense)};
}

// Files of torch.save: a network in both formats, wrapped, and tensors of every kind.
std::vector<std::string> torch_files() {
  using namespace test::pickled;
  test::RandomValues random(3);
  std::vector<test::NamedValues> compact;
  const std::pair<const char*, std::vector<int64_t>> shapes[] = {{"body.0.weight", {2, 3, 3, 3}},
                                                                 {"body.0.bias", {2}},
                                                                 {"body.1.weight", {2}},
                                                                 {"body.2.weight", {12, 2, 3, 3}},
                                                                 {"body.2.bias", {12}}};
  for (const auto& [name, shape] : shapes) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    compact.push_back({name, shape, random.normals(count, 0.1f)});
  }
  const std::string view = tuple({text("v"), number(2), number(4)});
  const std::string few = test::floats({1, 2, 3, 4, 5, 6, 7, 8});
  const std::string parameter = call(
      global("torch._utils", "_rebuild_parameter"),
      {tensor(storage("HalfStorage", "0", 16), 3, {2, 2}, {1, 2}), truth(true), ordered_dict({})});
  return {test::torch_zip_of(compact),
          test::torch_zip_of(compact, "params_ema"),
          test::torch_legacy_of(compact),
          test::torch_zip(
              dict({{text("module.a"), tensor(storage("DoubleStorage", "0", 4), 0, {}, {})},
                    {text("module.b"), tensor(storage("DoubleStorage", "0", 4), 0, {0, 3}, {1, 1})},
                    {text("module.c"), tensor(storage("DoubleStorage", "0", 4), 1, {3}, {0})}}),
              {{"0", few}}),
          test::torch_zip(ordered_dict({{text("p"), parameter}}) +
                              dict({{text("_metadata"), ordered_dict({})}}) + "b",
                          {{"0", few}}),
          test::torch_legacy(
              dict({{text("a"), tensor(legacy_storage("FloatStorage", "7", 8, view), 1, {3}, {1})},
                    {text("b"), tensor(legacy_storage("FloatStorage", "7", 8), 0, {2, 4}, {1, 2})},
                    {text("c"), tensor(legacy_storage("LongStorage", "8", 4), 0, {4}, {1})},
                    {text("lr"), real(0.5)}}),
              {{"7", few}, {"8", few, 8}})};
}

// An ncnn text, a NUL, its weights.
std::string ncnn_file(const std::vector<std::string>& layers, const std::string& bin) {
  return test::param_text(layers) + '\0' + bin;
}

std::vector<std::string> ncnn_files() {
  using test::kFloat16Tag;
  using test::tagged;
  using test::zeros;
  const std::string halves(2 * 54, '\0');
  return {ncnn_file({test::kNcnnInput}, ""),
          ncnn_file({test::kNcnnInput, "Split s 1 2 data a b",
                     "Convolution c 1 1 a d 0=2 1=3 4=1 5=1 6=54", "PReLU p 1 1 d e 0=2",
                     "Convolution f 1 1 e g 0=12 1=3 4=1 5=1 6=216", "PixelShuffle q 1 1 g h 0=2",
                     "Interp i 1 1 b j 0=1 1=2.0 2=2.0", "BinaryOp k 2 1 h j out 0=0"},
                    tagged(kFloat16Tag, halves) + zeros(2) + zeros(2) + tagged(0, zeros(216)) +
                        zeros(12)),
          ncnn_file({test::kNcnnInput, "Split s 1 2 data a b",
                     "Convolution c 1 1 a d 0=3 1=1 6=9 9=2 -23310=1,0.2", "Concat k 2 1 d b e 0=0",
                     "Interp i 1 1 e out 0=2 1=2.0 2=2.0"},
                    tagged(0, zeros(9))),
          ncnn_file({test::kNcnnInput, "ConvolutionDepthWise c 1 1 data a 0=3 1=3 4=1 6=27 7=3",
                     "Sigmoid s 1 1 a b", "Reorg r 1 1 b out 0=2"},
                    tagged(0, zeros(27)))};
}

// A TensorFlow.js JSON, a NUL, its shard.
std::vector<std::string> tfjs_files() {
  using test::keras_layer;
  using test::tfjs_tensor;
  const std::string conv = keras_layer(
      "Conv2D", "a", R"("filters":12,"kernel_size":[3,3],"padding":"same","activation":"relu")",
      {"in"});
  const std::string quantised = R"(,"quantization":{"dtype":"uint8","scale":0.1,"min":-1})";
  return {
      test::tfjs_json(
          {test::kTfjsInput, conv, keras_layer("MultiplyBeta", "b", R"("beta":0.2)", {"a"}),
           keras_layer("Add", "c", "", {"a", "b"}),
           keras_layer("PixelShuffle2x", "out", R"("scale":2)", {"c"})},
          {tfjs_tensor("a/kernel", "[3,3,3,12]", quantised), tfjs_tensor("a/bias", "[12]")}) +
          '\0' + std::string(324, '\1') + test::zeros(12),
      test::tfjs_json(
          {test::kTfjsInput, keras_layer("PReLU", "p", R"("shared_axes":[1,2])", {"in"}),
           keras_layer("Concatenate", "c", R"("axis":3)", {"in", "p"}),
           keras_layer("Conv2D", "d",
                       R"("filters":3,"kernel_size":[1,1],"padding":"valid","use_bias":false)",
                       {"c"}),
           keras_layer("LeakyReLU", "l", R"("alpha":0.2)", {"d"}),
           keras_layer("Multiply", "m", "", {"l", "in"}),
           keras_layer("UpSampling2D", "out", R"("size":[2,2],"interpolation":"nearest")", {"m"})},
          {tfjs_tensor("p/alpha", "[1,1,3]"),
           tfjs_tensor("d/kernel", "[1,1,6,3]", R"(,"quantization":{"dtype":"float16"})")}) +
          '\0' + test::zeros(3) + test::zeros(9)};
}

// Nodes that depend on each other, so that changing one leaves the others' ways open.
std::vector<std::string> onnx_files() {
  using namespace test;
  const auto real = [](const char* name, std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    RandomValues random(4);
    return onnx_floats(name, shape, random.normals(count, 0.1f));
  };
  const auto whole = [](const char* name, int64_t value) { return onnx_attribute(name, value); };
  const std::vector<int64_t> ones = {1, 1, 1, 1}, twos = {2, 2};
  OnnxFile compact{
      {onnx_node("Conv", {"x", "w", "b"}, {"c"}, {onnx_attribute("pads", ones)}),
       onnx_node("PRelu", {"c", "s"}, {"p"}),
       onnx_node("Conv", {"p", "v"}, {"d"}, {onnx_attribute("auto_pad", "SAME_UPPER")}),
       onnx_node("DepthToSpace", {"d"}, {"h"},
                 {whole("blocksize", 2), onnx_attribute("mode", "DCR")}),
       onnx_node("Resize", {"x", "", "f"}, {"r"},
                 {onnx_attribute("nearest_mode", "floor"),
                  onnx_attribute("coordinate_transformation_mode", "asymmetric")}),
       onnx_node("Mul", {"h", "k"}, {"m"}), onnx_node("Add", {"m", "r"}, {"y"})},
      {real("w", {2, 3, 3, 3}), real("b", {2}), real("s", {2, 1, 1}), real("v", {12, 2, 2, 2}),
       onnx_floats("f", {4}, {1, 1, 2, 2}), real("k", {})}};
  OnnxFile shapes{
      {onnx_node("Shape", {"x"}, {"s"}), onnx_node("Slice", {"s", "two", "four"}, {"sides"}),
       onnx_node("Div", {"sides", "two"}, {"half"}),
       onnx_node("Gather", {"half", "zero"}, {"rows"}),
       onnx_node("Gather", {"half", "one"}, {"columns"}),
       onnx_node("Concat", {"one", "three", "rows", "two", "columns", "two"}, {"apart"},
                 {whole("axis", 0)}),
       onnx_node("Reshape", {"x", "apart"}, {"a"}),
       onnx_node("Transpose", {"a"}, {"t"}, {onnx_attribute("perm", {0, 1, 3, 5, 2, 4})}),
       onnx_node("Concat", {"one", "twelve", "rows", "columns"}, {"again"}, {whole("axis", 0)}),
       onnx_node("Reshape", {"t", "again"}, {"u"}),
       onnx_node("Split", {"u", "parts"}, {"left", "right"}, {whole("axis", 1)}),
       onnx_node("Clip", {"left", "low", "high"}, {"y"})},
      {onnx_integers("zero", {0}), onnx_integers("one", {1}), onnx_integers("two", {2}),
       onnx_integers("three", {3}), onnx_integers("four", {4}), onnx_integers("twelve", {12}),
       onnx_integers("parts", {3, 9}), onnx_floats("low", {}, {0}), onnx_floats("high", {}, {1})}};
  OnnxFile branches{
      {onnx_node("Constant", {}, {"p"},
                 {onnx_tensor_attribute("value", onnx_integers("", {0, 0, 1, 1, 0, 0, 1, 1}))}),
       onnx_node("Pad", {"x", "p"}, {"large"}), onnx_node("Conv", {"large", "i", "b"}, {"first"}),
       onnx_node("Conv", {"first", "w", "b"}, {"second"}),
       onnx_node("Conv", {"x", "i", "b"}, {"beside"}),
       onnx_node("Add", {"second", "beside"}, {"sum"}), onnx_node("Sigmoid", {"sum"}, {"gate"}),
       onnx_node("Mul", {"sum", "gate"}, {"silu"}), onnx_node("Softplus", {"silu"}, {"soft"}),
       onnx_node("Tanh", {"soft"}, {"tanh"}), onnx_node("Mul", {"silu", "tanh"}, {"mish"}),
       onnx_node("ConvTranspose", {"mish", "t"}, {"up"}, {onnx_attribute("strides", twos)}),
       onnx_node("Conv", {"up", "w"}, {"down"},
                 {onnx_attribute("strides", twos), onnx_attribute("pads", ones)}),
       onnx_node("BatchNormalization", {"down", "b", "b", "b", "v"}, {"y"})},
      {real("i", {3, 3, 1, 1}), real("w", {3, 3, 3, 3}), real("b", {3}), real("t", {3, 3, 2, 2}),
       onnx_floats("v", {3}, {1, 2, 3})}};
  branches.input = onnx_value("x", {1, 3, 8, 8});
  return {compact.bytes(), shapes.bytes(), branches.bytes()};
}

bool make_all(const fs::path& folder) {
  Seeds safe(folder / "fuzz_safetensors"), ncnn(folder / "fuzz_ncnn"),
      any(folder / "fuzz_load_model"), network(folder / "fuzz_network"),
      torch(folder / "fuzz_torch"), tfjs(folder / "fuzz_tfjs"), onnx(folder / "fuzz_onnx");
  for (const std::string& file : onnx_files()) {
    onnx.add(file);
    any.add(file);
  }
  for (const std::string& file : tfjs_files()) {
    tfjs.add(file);
    any.add(file);
  }
  for (const std::string& file : torch_files()) {
    torch.add(file);
    any.add(file);
  }
  for (const std::string& file : safetensors_files()) {
    safe.add(file);
    any.add(file);
  }
  for (const std::string& file : ncnn_files()) {
    ncnn.add(file);
    any.add(file);
  }
  // A recipe may be anything.
  test::RandomValues random(2);
  for (int i = 0; i < 20; ++i) {
    std::string recipe(80, '\0');
    for (char& byte : recipe) byte = static_cast<char>(random.integer(0, 255));
    network.add(recipe);
  }
  return safe.good() && ncnn.good() && any.good() && network.good() && torch.good() &&
         onnx.good() && tfjs.good() && make_pictures(folder / "fuzz_picture");
}

}  // namespace
}  // namespace fovea

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: make_fuzz_seeds FOLDER\n");
    return 2;
  }
  if (fovea::make_all(arguments[1])) return 0;
  std::fprintf(stderr, "make_fuzz_seeds: %s could not be filled\n", arguments[1]);
  return 1;
}

// ncnn: every way in which a file is refused, and damage of any kind.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "loaders/formats/ncnn.h"
#include "tests/ncnn_files.h"

namespace fovea::test {
namespace {

struct Broken {
  const char* what;
  std::string param;
  std::string bin;
  const char* message;
};

std::vector<Broken> broken_files() {
  const auto text = [](const std::string& line) { return param_text({kNcnnInput, line}); };
  const auto conv = [&](const std::string& fields) {
    return text("Convolution conv 1 1 data out " + fields);
  };
  const std::string conv_bin = tagged(0, zeros(81));
  const std::string data = "Input in 0 1 data 2=3\n";
  const std::string long_name(256, 'n');
  const float nan = std::nanf("");
  return {
      {"empty", "", "", "does not begin with 7767517"},
      {"old magic", "7767516\n1 1\n" + data, "", "does not begin with 7767517"},
      {"magic only", "7767517\n", "", "ends before its layer and blob counts"},
      {"no layers", "7767517\n0 1\n", "", "line 2: the layer count is '0', expected 1...100000"},
      {"negative layers", "7767517\n-1 1\n", "", "the layer count is '-1'"},
      {"layers over int", "7767517\n99999999999999999999 1\n", "", "the layer count is '9999"},
      {"2^31 blobs", "7767517\n1 2147483648\n", "", "the blob count is '2147483648'"},
      {"hex count", "7767517\n0x1 1\n", "", "the layer count is '0x1'"},
      {"one count", "7767517\n1\n", "", "the blob count is ''"},
      {"too few layers", "7767517\n3 1\n" + data, "", "declares 3 layers and has 1"},
      {"too many layers", "7767517\n1 2\n" + data + "ReLU r 1 1 data out\n", "",
       "declares 1 layers and has more"},
      {"too few blobs", "7767517\n1 5\n" + data, "", "declares 5 blobs and its layers make 1"},
      {"too many blobs", "7767517\n2 1\n" + data + "ReLU r 1 1 data out\n", "",
       "declares 1 blobs and its layers make more"},
      {"line cut", text("ReLU r 1"), "", "line 4: the number of outputs is ''"},
      {"no blob name", text("ReLU r 1 1 data"), "", "ends before a blob's name"},
      {"negative inputs", text("ReLU r -1 1 data out"), "", "the number of inputs is '-1'"},
      {"65 inputs", text("Concat r 65 1 data out"), "", "expected 0...64"},
      {"no outputs", text("ReLU r 1 0 data"), "", "the number of outputs is '0'"},
      {"2^31 outputs", "7767517\n2 2\n" + data + "ReLU r 1 2147483648 data out\n", "",
       "the number of outputs is '2147483648', expected 1...64"},
      {"name of 256 bytes", text("ReLU " + long_name + " 1 1 data out"), "",
       "a layer's name of 256 bytes, limit 255"},
      {"name with a bell", text("ReLU r\a 1 1 data out"), "", "'r?' is not printable ASCII"},
      {"name not ASCII", text("ReLU \xff 1 1 data out"), "", "is not printable ASCII"},
      {"no equals sign", text("ReLU r 1 1 data out 0"), "", "'0' is not a parameter such as 0=64"},
      {"no key", text("ReLU r 1 1 data out =1"), "", "is not a parameter"},
      {"key 32", text("ReLU r 1 1 data out 32=1"), "", "parameter 32 is not within 0...31"},
      {"negative key", text("ReLU r 1 1 data out -1=1"), "", "parameter -1 is not within"},
      {"array key too far", text("ReLU r 1 1 data out -23400=1,1"), "", "parameter 100 is not"},
      {"no value", text("ReLU r 1 1 data out 0="), "", "'' is not a number within range"},
      {"text value", text("ReLU r 1 1 data out 0=\"w\""), "", "is not a number within range"},
      {"value over int32", text("PReLU r 1 1 data out 0=2147483648"), "", "within range"},
      {"value over float", text("ReLU r 1 1 data out 0=1.0e39"), "", "within range"},
      {"NaN value", text("ReLU r 1 1 data out 0=nan"), "", "'nan' is not a number"},
      {"infinite value", text("ReLU r 1 1 data out 0=-inf"), "", "'-inf' is not a number"},
      {"garbage behind", text("ReLU r 1 1 data out 0=0.5x"), "", "'0.5x' is not a number"},
      {"parameter twice", text("ReLU r 1 1 data out 0=0.5 0=0.5"), "",
       "parameter 0 is there twice"},
      {"array twice", text("Eltwise r 2 1 data data out -23301=1,1 1=1,1"), "",
       "parameter 1 is there twice"},
      {"array too short", text("ReLU r 1 1 data out -23310=2,1.0"), "",
       "declares 2 values and has 1"},
      {"array too long", text("ReLU r 1 1 data out -23310=0,1.0"), "",
       "declares 0 values and has 1"},
      {"array of 2^31", text("ReLU r 1 1 data out -23310=2147483647,1.0"), "",
       "the length of an array is '2147483647', expected 0...1024"},
      {"unknown parameter", text("ReLU r 1 1 data out 5=1"), "",
       "line 4, ReLU r: parameter 5 is not"},
      {"array for a number", text("ReLU r 1 1 data out -23300=1,0.5"), "", "is not one number"},
      {"fraction for a whole number", conv("0=3.0 1=3 4=1 6=81"), conv_bin,
       "parameter 0 (output channels) is not one whole number"},
      {"number for an array", conv("0=3 1=3 4=1 6=81 9=2 10=0.5"), conv_bin, "is not an array"},
      {"unknown layer", text("Warp w 1 1 data out"), "",
       "layers of the type Warp are not supported"},
      {"Crop", text("Crop w 1 1 data out"), "", "layers of the type Crop are not supported"},
      {"Deconvolution", text("Deconvolution w 1 1 data out"), "",
       "Deconvolution are not supported"},
      {"MemoryData", param_text({kNcnnInput, "MemoryData w 0 1 out"}), "", "MemoryData are not"},
      {"Input second", text("Input w 0 1 out"), "", "layers of the type Input are not supported"},
      {"no Input", param_text({"ReLU r 1 1 data out"}), "", "nothing tells how many channels"},
      {"Input with inputs", param_text({"Input in 1 1 x data 2=3"}), "", "not an Input without"},
      {"Input with two outputs", param_text({"Input in 0 2 data x 2=3"}), "",
       "not an Input without"},
      {"Input of 2^31 channels", param_text({"Input in 0 1 data 2=2147483647"}), "",
       "parameter 2 (channels) is 2147483647"},
      {"Input of 2 channels", param_text({"Input in 0 1 data 2=2"}), "",
       "2 -> 2 channels are no picture's"},
      {"channels by no whole number",
       param_text({"Input in 0 1 data", "Convolution c 1 1 data out 0=3.2e23 1=3 6=81"}), "",
       "nothing tells how many channels"},
      {"channels not told", param_text({"Input in 0 1 data", "ReLU r 1 1 data out"}), "",
       "add 2=3 to the Input layer"},
      {"blob not made", text("ReLU r 1 1 nothing out"), "",
       "reads the blob nothing, which no layer"},
      {"blob made later", param_text({kNcnnInput, "ReLU a 1 1 b out", "ReLU b 1 1 data b"}), "",
       "reads the blob b, which no layer before it makes"},
      {"blob of itself", text("ReLU r 1 1 out out"), "", "reads the blob out"},
      {"blob made twice", param_text({kNcnnInput, "ReLU a 1 1 data b", "ReLU c 1 1 b data"}), "",
       "makes the blob data, which another layer makes"},
      {"split into one name", text("Split s 1 2 data a a"), "", "makes the blob a, which another"},
      {"two outputs", param_text({kNcnnInput, "ReLU a 1 1 data b", "ReLU c 1 1 data d"}), "",
       "2 blobs are read by no layer (b, d...)"},
      {"too many inputs", text("ReLU r 2 1 data data out"), "", "has 2 inputs, expected 1...1"},
      {"too few inputs", text("Eltwise r 1 1 data out"), "", "has 1 inputs, expected 2...64"},
      {"too many outputs", text("ReLU r 1 2 data a b"), "", "has 2 outputs, expected 1"},
      {"no output channels", conv("1=3 4=1 6=81"), conv_bin, "parameter 0 (output channels) is 0"},
      {"negative channels", conv("0=-3 1=3 4=1 6=81"), conv_bin, "(output channels) is -3"},
      {"even kernel", conv("0=3 1=2 6=36"), tagged(0, zeros(36)), "kernel 2x2 is even"},
      {"kernel of 2^31", conv("0=3 1=2147483647 4=1 6=81"), conv_bin, "expected 1...63"},
      {"dilation", conv("0=3 1=3 2=2 4=1 6=81"), conv_bin,
       "parameter 2 (dilation) is 2, only 1 is supported"},
      {"stride", conv("0=3 1=3 3=2 4=1 6=81"), conv_bin, "parameter 3 (stride) is 2, only 1"},
      {"vertical stride", conv("0=3 1=3 13=2 4=1 6=81"), conv_bin,
       "parameter 13 (vertical stride)"},
      {"valid padding", conv("0=3 1=3 6=81"), conv_bin, "padding 0 0 0 0 (left right top bottom)"},
      {"one-sided padding", conv("0=3 1=3 4=1 15=0 6=81"), conv_bin, "padding 1 0 1 1"},
      {"mixed same padding", conv("0=3 1=3 4=-233 14=1 6=81"), conv_bin, "padding -233"},
      {"padding value", conv("0=3 1=3 4=1 18=0.5 6=81"), conv_bin, "(padding value) is 0.5"},
      {"bias of 2", conv("0=3 1=3 4=1 5=2 6=81"), conv_bin, "parameter 5 (bias) is 2"},
      {"weights too few", conv("0=3 1=3 4=1 6=80"), conv_bin, "is 80, the shape [3, 3, 3, 3] asks"},
      {"weights negative", conv("0=3 1=3 4=1 6=-81"), conv_bin, "(number of weights) is -81"},
      {"weights wrap", conv("0=65536 1=63 11=63 4=31 6=2147483647"), conv_bin,
       "is 2147483647, the shape [65536, 3, 63, 63] asks for 780337152"},
      {"int8 scales", conv("0=3 1=3 4=1 6=81 8=2"), conv_bin, "(int8 scales) is 2, only 0"},
      {"dynamic weights", conv("0=3 1=3 4=1 6=81 19=1"), conv_bin, "(weights from a blob) is 1"},
      {"activation 7", conv("0=3 1=3 4=1 6=81 9=7"), conv_bin, "(activation type) is 7"},
      {"activation without slope", conv("0=3 1=3 4=1 6=81 9=2"), conv_bin,
       "activation type 2 needs 1 parameters, has 0"},
      {"other hard swish", conv("0=3 1=3 4=1 6=81 9=6 -23310=2,0.2,0.5"), conv_bin,
       "HardSwish with alpha 0.2"},
      {"clip upside down", conv("0=3 1=3 4=1 6=81 9=3 -23310=2,1.0,0.0"), conv_bin, "clamp to 1"},
      {"groups of 0", text("ConvolutionDepthWise c 1 1 data out 0=3 1=3 4=1 6=27 7=0"), conv_bin,
       "parameter 7 (groups) is 0"},
      {"groups that do not divide",
       text("ConvolutionDepthWise c 1 1 data out 0=4 1=3 4=1 6=27 7=2"), conv_bin,
       "3 -> 4 channels do not divide into 2 groups"},
      {"no weights", conv("0=3 1=3 4=1 6=81"), "",
       "conv.weight in the .bin file at byte 0 needs 4"},
      {"weights cut", conv("0=3 1=3 4=1 6=81"), tagged(0, zeros(80)),
       "conv.weight in the .bin file at byte 4 needs 324 bytes, 320 are left"},
      {"float16 padding cut", conv("0=1 1=1 6=3"), tagged(kFloat16Tag, std::string(6, '\0')),
       "at byte 4 needs 8 bytes, 6 are left"},
      {"bias cut", conv("0=3 1=3 4=1 5=1 6=81"), conv_bin + zeros(2),
       "conv.bias in the .bin file at byte 328 needs 12 bytes, 8 are left"},
      {"bytes left over", conv("0=3 1=3 4=1 6=81"), conv_bin + "x",
       "1 bytes of the .bin file are left over at byte 328"},
      {"int8 weights", conv("0=3 1=3 4=1 6=81"), tagged(kInt8Tag, std::string(84, '\0')),
       "is int8, which is not supported"},
      {"quantised weights", conv("0=3 1=3 4=1 6=81"), tagged(0x01020304, std::string(2000, '\0')),
       "has the type 0x01020304: quantised by a table"},
      {"NaN weight", conv("0=1 1=1 6=3"), tagged(0, floats({1, nan, 1})),
       "tensor conv.weight holds a NaN or an infinity at element 1"},
      {"infinite half weight", conv("0=1 1=1 6=3"),
       tagged(kFloat16Tag, std::string("\0\0\0\0\0\x7c\0\0", 8)),
       "a NaN or an infinity at element 2"},
      {"NaN bias", conv("0=1 1=1 5=1 6=3"), tagged(0, zeros(3)) + floats({nan}), "conv.bias holds"},
      {"PReLU of 0", text("PReLU p 1 1 data out"), "", "(number of slopes) is 0"},
      {"PReLU of 2", text("PReLU p 1 1 data out 0=2"), zeros(2), "is 2, expected 1 or 3"},
      {"PReLU cut", text("PReLU p 1 1 data out 0=3"), zeros(2),
       "p.slope in the .bin file at byte 0"},
      {"NaN slope", text("PReLU p 1 1 data out 0=1"), floats({nan}), "p.slope holds a NaN"},
      {"fast GELU", text("GELU g 1 1 data out 0=1"), "", "(approximation by tanh) is 1"},
      {"ncnn's own HardSwish", text("HardSwish g 1 1 data out"), "", "alpha 0.2 and beta 0.5"},
      {"Scale by a blob", text("Scale s 1 1 data out 0=-233"), "", "(number of factors) is -233"},
      {"Scale of 2", text("Scale s 1 1 data out 0=2"), zeros(2), "only 3 is supported"},
      {"BatchNorm of 4", text("BatchNorm s 1 1 data out 0=4"), zeros(16), "only 3 is supported"},
      {"negative variance", text("BatchNorm s 1 1 data out 0=3"),
       floats({1, 1, 1, 0, 0, 0, 1, -1, 1, 0, 0, 0}), "s.factor holds a NaN"},
      {"BinaryOp of one blob", text("BinaryOp b 1 1 data out 0=0"), "", "has 1 inputs, expected 2"},
      {"BinaryOp of two and a number", text("BinaryOp b 2 1 data data out 1=1 2=1.0"), "",
       "has 2 inputs, expected 1"},
      {"power", text("BinaryOp b 2 1 data data out 0=6"), "", "operation 6 of two blobs is not"},
      {"operation 19", text("BinaryOp b 2 1 data data out 0=19"), "", "(operation) is 19"},
      {"division by zero", text("BinaryOp b 1 1 data out 0=3 1=1 2=0.0"), "", "overflows"},
      {"maximum of blobs", text("Eltwise e 2 1 data data out 0=2"), "", "operation 2 of blobs"},
      {"one coefficient of two", text("Eltwise e 2 1 data data out 0=1 -23301=1,1.0"), "",
       "has 1 coefficients for 2 inputs"},
      {"product with coefficients", text("Eltwise e 2 1 data data out 0=0 -23301=2,1.0,1.0"), "",
       "is for sums only"},
      {"sum of two shapes",
       param_text({kNcnnInput, "Reorg r 1 1 data a 0=2", "Eltwise e 2 1 data a b 0=1"}), "",
       "have different shapes"},
      {"Concat of rows", text("Concat c 2 1 data data out 0=1"), "", "parameter 0 (axis) is 1"},
      {"Interp without type", text("Interp i 1 1 data out 1=2.0 2=2.0"), "", "(resize type) is 0"},
      {"Interp type 4", text("Interp i 1 1 data out 0=4 1=2.0 2=2.0"), "", "(resize type) is 4"},
      {"Interp of two scales", text("Interp i 1 1 data out 0=1 1=2.0 2=3.0"), "", "2 and 3 differ"},
      {"Interp by 0", text("Interp i 1 1 data out 0=2 1=0.0 2=0.0"), "", "scale 0 is no fraction"},
      {"Interp by -2", text("Interp i 1 1 data out 0=2 1=-2.0 2=-2.0"), "", "scale -2 is no"},
      {"Interp by 65", text("Interp i 1 1 data out 0=2 1=65.0 2=65.0"), "", "scale 65 is no"},
      {"Interp by pi", text("Interp i 1 1 data out 0=2 1=3.141593 2=3.141593"), "",
       "is no fraction"},
      {"nearest by 3/2", text("Interp i 1 1 data out 0=1 1=1.5 2=1.5"), "",
       "nearest resize by 1.5"},
      {"Interp to a size", text("Interp i 1 1 data out 0=2 3=64 4=64"), "",
       "(output height) is 64"},
      {"Interp to a blob", text("Interp i 1 1 data out 0=2 5=1"), "", "(size from a blob) is 1"},
      {"aligned corners", text("Interp i 1 1 data out 0=2 1=2.0 2=2.0 6=1"), "",
       "(aligned corners)"},
      {"shuffle by 17", text("PixelShuffle p 1 1 data out 0=17"), "", "parameter 0 (factor) is 17"},
      {"shuffle of 3 channels", text("PixelShuffle p 1 1 data out 0=2"), "",
       "not a multiple of 2^2"},
      {"TensorFlow's shuffle", text("PixelShuffle p 1 1 data out 0=2 1=1"), "",
       "parameter 1 (order of channels) is 1, only 0 is supported"},
      {"TensorFlow's unshuffle", text("Reorg p 1 1 data out 0=2 1=1"), "", "(order of channels)"},
      {"channels explode",
       param_text(
           {kNcnnInput, "Reorg a 1 1 data b 0=16", "Reorg c 1 1 b d 0=16", "ReLU e 1 1 d f"}),
       "", "channels are not within 1...65536"},
      {"scale explodes",
       param_text({kNcnnInput, "Interp a 1 1 data b 0=2 1=64.0 2=64.0",
                   "Interp c 1 1 b d 0=2 1=64.0 2=64.0"}),
       "", "the output's scale 4096 is not within 1/64...64"},
      {"sides of 512",
       param_text({kNcnnInput, "Interp a 1 1 data b 0=2 1=0.015625 2=0.015625",
                   "Interp c 1 1 b d 0=2 1=0.125 2=0.125", "Interp e 1 1 d f 0=2 1=64 2=64",
                   "Interp g 1 1 f h 0=2 1=16 2=16"}),
       "", "multiples of more than 256"},
      {"4 -> 3 channels",
       param_text({"Input in 0 1 data 2=4", "Convolution c 1 1 data d 0=3 1=1 6=12"}),
       tagged(0, zeros(12)), "4 -> 3 channels are no picture's"},
  };
}

TEST(Ncnn, RefusesWhatIsBroken) {
  const auto files = broken_files();
  EXPECT_GE(files.size(), 30u);
  for (const Broken& broken : files) {
    const auto model = read_ncnn_text(broken.param, broken.bin);
    ASSERT_FALSE(model) << broken.what;
    EXPECT_EQ(model.error().code, ErrorCode::kModel) << broken.what;
    EXPECT_NE(model.error().message.find(broken.message), std::string::npos)
        << broken.what << ": " << model.error().message;
  }
}

// 200 bytes of text must not ask for gigabytes: every constant of 65,536 channels is 256 KiB.
TEST(Ncnn, ConstantsAreLimited) {
  std::vector<std::string> layers = {"Input in 0 1 d0 2=3", "Reorg r 1 1 d0 d1 0=16",
                                     "Concat c 64 1"};
  for (int i = 0; i < 64; ++i) layers[2] += " d1";
  layers[2] += " d2";
  for (int i = 0; i < 1000; ++i)
    layers.push_back(fmt::format("BinaryOp b{} 1 1 d{} d{} 0=0 1=1 2=0.5", i, i + 2, i + 3));
  const auto model = read_ncnn_layers(layers);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("constants pass"), std::string::npos)
      << model.error().message;
}

TEST(Ncnn, LongTextIsRefused) {
  const auto model = read_ncnn_text("7767517\n1 1\n" + std::string(kMaxNcnnParamBytes, ' '));
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("limit 4194304"), std::string::npos);
}

// Whatever the damage: no crash, no read outside (under sanitizers), and what is accepted is a
// network whose weights are finite and whose sizes can be told.
TEST(Ncnn, MutatedFilesAreRefusedOrSound) {
  constexpr uint32_t kSeed = 7767517;
  constexpr int kRounds = 6000;
  const std::string param = param_text(
      {"Input in 0 1 data", "Split s 1 3 data a b c",
       "Convolution c1 1 1 a d 0=4 1=3 4=1 5=1 6=108 9=2 -23310=1,2.0e-01", "PReLU p 1 1 d e 0=4",
       "Concat cat 2 1 e b f", "Convolution c2 1 1 f g 0=12 1=1 6=84",
       "PixelShuffle ps 1 1 g h 0=2", "Interp i 1 1 c j 0=1 1=2.0 2=2.0",
       "Eltwise el 2 1 h j k 0=1 -23301=2,0.2,1.0", "BatchNorm n 1 1 k l 0=3 1=1.0e-05",
       "Reorg r 1 1 l m 0=2", "PixelShuffle q 1 1 m o 0=2",
       "Interp u 1 1 o v 0=3 1=7.5e-01 2=7.5e-01", "BinaryOp w 1 1 v out 0=2 1=1 2=0.5"});
  const std::string bin = tagged(kFloat16Tag, std::string(216, '\x2c')) + floats({1, 2, 3, 4}) +
                          floats({0.1f, 0.2f, 0.3f, 0.4f}) + tagged(0, std::string(336, '\x3c')) +
                          floats({1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0});
  const auto whole = read_ncnn_text(param, bin);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->scale, (Scale{3, 2}));

  std::mt19937 random(kSeed);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
    const bool of_text = random() % 3 != 0;
    const auto model = of_text ? read_ncnn_text(mutated(param, random), bin)
                               : read_ncnn_text(param, mutated(bin, random));
    if (!model) {
      EXPECT_EQ(model.error().code, ErrorCode::kModel);
      EXPECT_FALSE(model.error().message.empty());
      continue;
    }
    ++accepted;
    for (const WeightTensor& tensor : model->graph.parameters()) EXPECT_TRUE(check_finite(tensor));
    const int64_t side = 6 * model->padding_multiple;
    EXPECT_TRUE(infer_sizes(model->graph, {side, side}));
  }
  EXPECT_GT(accepted, kRounds / 50);
}

}  // namespace
}  // namespace fovea::test

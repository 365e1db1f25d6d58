// TensorFlow.js layers, one by one, against their definitions on pictures that fit on a line. Whole
// networks are in test_golden, refusals in tests/broken.
#include <gtest/gtest.h>

#include "engine/run_whole.h"
#include "tests/tfjs_files.h"

namespace fovea::test {
namespace {

const std::vector<float> kPicture = {0.25f, -0.5f, 0.75f, 1.0f, 2.0f, -3.0f};  // 1 x 2 x 3

// What a network of these layers makes of kPicture.
std::vector<float> result_of(const std::vector<std::string>& layers,
                             const std::vector<std::string>& tensors = {},
                             std::string_view shard = "") {
  std::vector<std::string> all = layers;
  all.insert(all.begin(), kTfjsInput);
  const auto model = read_tfjs_text(tfjs_json(all, tensors), shard);
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return {};
  }
  Tensor input({1, 2}, 3);
  std::copy(kPicture.begin(), kPicture.end(), input.values().begin());
  const auto backend = make_reference_backend();
  const auto output = run_whole(*backend, model->graph, input);
  if (!output) {
    ADD_FAILURE() << output.error().message;
    return {};
  }
  return {output->values().begin(), output->values().end()};
}

TEST(Tfjs, Activations) {
  EXPECT_EQ(result_of({keras_layer("ReLU", "out", R"("max_value":null,"threshold":0.0)", {"in"})}),
            (std::vector<float>{0.25f, 0, 0.75f, 1, 2, 0}));
  EXPECT_EQ(result_of({keras_layer("Activation", "out", R"("activation":"relu")", {"in"})}),
            (std::vector<float>{0.25f, 0, 0.75f, 1, 2, 0}));
  EXPECT_EQ(result_of({keras_layer("LeakyReLU", "out", R"("alpha":0.5)", {"in"})}),
            (std::vector<float>{0.25f, -0.25f, 0.75f, 1, 2, -1.5f}));
  EXPECT_EQ(result_of({keras_layer("PReLU", "out", R"("shared_axes":[1,2])", {"in"})},
                      {tfjs_tensor("out/alpha", "[1,1,3]")}, floats({2, 4, 8})),
            (std::vector<float>{0.25f, -2, 0.75f, 1, 2, -24}));
  EXPECT_EQ(result_of({keras_layer("Dropout", "out", R"("rate":0.5)", {"in"})}), kPicture);
}

TEST(Tfjs, SumsProductsAndFactors) {
  const std::string half = keras_layer("MultiplyBeta", "half", R"("beta":0.5)", {"in"});
  EXPECT_EQ(result_of({half, keras_layer("Add", "out", "", {"in", "half", "half"})}),
            (std::vector<float>{0.5f, -1, 1.5f, 2, 4, -6}));
  EXPECT_EQ(result_of({half, keras_layer("Multiply", "out", "", {"in", "half"})}),
            (std::vector<float>{0.03125f, 0.125f, 0.28125f, 0.5f, 2, 4.5f}));
  EXPECT_EQ(result_of({keras_layer("MultiplyBeta", "out", R"("beta":-2)", {"in"})}),
            (std::vector<float>{-0.5f, 1, -1.5f, -2, -4, 6}));
}

// Kernels are (rows, columns, in, out); a 1x1 one of "valid" padding reads no neighbours.
TEST(Tfjs, Convolutions) {
  const std::string out = keras_layer(
      "Conv2D", "out", R"("filters":3,"kernel_size":[1,1],"padding":"valid","activation":"relu")",
      {"in"});
  const std::vector<std::string> tensors = {tfjs_tensor("out/kernel", "[1,1,3,3]"),
                                            tfjs_tensor("out/bias", "[3]")};
  // Output 0 is input 1 and more, output 1 twice input 0, output 2 minus input 2.
  const std::string weights = floats({0, 2, 0, 1, 0, 0, 0, 0, -1}) + floats({10, 0, 1});
  EXPECT_EQ(result_of({out}, tensors, weights), (std::vector<float>{9.5f, 0.5f, 0.25f, 12, 2, 4}));
  // Without a bias, and through a neighbour: the kernel's left column is the pixel before.
  const std::string left = keras_layer(
      "Conv2D", "out", R"("filters":3,"kernel_size":3,"padding":"same","use_bias":false)", {"in"});
  std::vector<float> kernel(81, 0.0f);
  for (size_t channel = 0; channel < 3; ++channel)
    kernel[((1 * 3 + 0) * 3 + channel) * 3 + channel] = 1;
  EXPECT_EQ(result_of({left}, {tfjs_tensor("out/kernel", "[3,3,3,3]")}, floats(kernel)),
            (std::vector<float>{0, 0, 0, 0.25f, -0.5f, 0.75f}));
}

// Channel (2 dy + dx) C + c of a pixel goes to channel c at (dy, dx), behind a convolution and
// without one, and where something else reads that convolution too.
TEST(Tfjs, ShufflesAsDepthToSpace) {
  const std::string four =
      keras_layer("Concatenate", "four", R"("axis":-1)", {"in", "b", "c", "d"});
  const std::vector<std::string> before = {keras_layer("MultiplyBeta", "b", R"("beta":2)", {"in"}),
                                           keras_layer("MultiplyBeta", "c", R"("beta":4)", {"in"}),
                                           keras_layer("MultiplyBeta", "d", R"("beta":8)", {"in"}),
                                           four};
  const std::string shuffle = keras_layer("PixelShuffle2x", "out", R"("scale":2)", {"four"});
  std::vector<std::string> layers = before;
  layers.push_back(shuffle);
  const auto pixel = [](size_t at, float factor) {
    std::vector<float> rgb(kPicture.begin() + at * 3, kPicture.begin() + at * 3 + 3);
    for (float& value : rgb) value *= factor;
    return rgb;
  };
  std::vector<float> expected;
  for (const auto& [first, second] : {std::pair{1.0f, 2.0f}, {4.0f, 8.0f}}) {
    for (const size_t at : {0u, 1u}) {
      for (const float factor : {first, second}) {
        const auto rgb = pixel(at, factor);
        expected.insert(expected.end(), rgb.begin(), rgb.end());
      }
    }
  }
  EXPECT_EQ(result_of(layers), expected);

  // The same four by one convolution: the identity times 1, 2, 4, 8.
  std::vector<float> kernel;
  for (size_t in = 0; in < 3; ++in) {
    for (size_t out = 0; out < 12; ++out)
      kernel.push_back(out % 3 == in ? static_cast<float>(1 << (out / 3)) : 0.0f);
  }
  const std::string by_convolution =
      keras_layer("Conv2D", "four", R"("filters":12,"kernel_size":[1,1],"use_bias":false)", {"in"});
  const std::vector<std::string> tensors = {tfjs_tensor("four/kernel", "[1,1,3,12]")};
  EXPECT_EQ(result_of({by_convolution, shuffle}, tensors, floats(kernel)), expected);
  const std::string twice = keras_layer("Add", "twice", "", {"four", "four"});
  EXPECT_EQ(result_of({by_convolution, twice, shuffle}, tensors, floats(kernel)), expected);
}

TEST(Tfjs, RepeatsPixels) {
  EXPECT_EQ(result_of({keras_layer("UpSampling2D", "out", R"("size":[2,2])", {"in"})}),
            (std::vector<float>{0.25f, -0.5f, 0.75f, 0.25f, -0.5f, 0.75f, 1, 2, -3, 1, 2, -3,
                                0.25f, -0.5f, 0.75f, 0.25f, -0.5f, 0.75f, 1, 2, -3, 1, 2, -3}));
}

// value * scale + min in f64, rounded once.
TEST(Tfjs, Dequantises) {
  const std::string out =
      keras_layer("Conv2D", "out", R"("filters":3,"kernel_size":1,"use_bias":false)", {"in"});
  const auto weights = [&](std::string_view quantization, std::string_view shard) {
    const auto model =
        read_tfjs_text(tfjs_json({kTfjsInput, out},
                                 {tfjs_tensor("out/kernel", "[1,1,3,3]",
                                              fmt::format(R"(,"quantization":{})", quantization))}),
                       shard);
    EXPECT_TRUE(model) << model.error().message;
    return model ? *to_f32(model->graph.parameters().front()) : std::vector<float>();
  };
  // Of the transposed kernel the first column is steps 0, 3, 6.
  const std::string bytes("\x00\x01\xff\x80\x04\x05\x06\x07\x08", 9);
  const auto eight = weights(R"({"dtype":"uint8","scale":0.1,"min":-1.7})", bytes);
  ASSERT_EQ(eight.size(), 9u);
  EXPECT_EQ(eight[0], static_cast<float>(-1.7));
  EXPECT_EQ(eight[1], static_cast<float>(128 * 0.1 + -1.7));
  EXPECT_EQ(eight[6], static_cast<float>(255 * 0.1 + -1.7));
  std::string wide;
  for (int i = 0; i < 9; ++i) wide += little_endian(static_cast<uint16_t>(7001 * i));
  const auto sixteen = weights(R"({"dtype":"uint16","scale":1e-5,"min":0.25})", wide);
  ASSERT_EQ(sixteen.size(), 9u);
  EXPECT_EQ(sixteen[8], static_cast<float>(7001 * 8 * 1e-5 + 0.25));
  std::string halves;
  for (int i = 0; i < 9; ++i) halves += little_endian(float_to_half(0.1f * static_cast<float>(i)));
  const auto half = weights(R"({"dtype":"float16"})", halves);
  ASSERT_EQ(half.size(), 9u);
  EXPECT_EQ(half[8], half_to_float(float_to_half(0.8f)));
}

TEST(Tfjs, TellsRangeScaleAndColour) {
  std::string json =
      tfjs_json({kTfjsInput, keras_layer("UpSampling2D", "out", R"("size":3)", {"in"})});
  const auto model = read_tfjs_text(json);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->scale, (Scale{3, 1}));
  EXPECT_EQ(model->colour, ColourMode::kRgb);
  EXPECT_EQ(model->range, 1.0f);
  json.replace(json.find("\"range\":1"), 9, "\"range\":255,\"license\":\"MIT\"");
  const auto other = read_tfjs_text(json);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->range, 255.0f);
  EXPECT_EQ(other->metadata.at("license"), "MIT");
}

// Whatever is changed in a whole model, an answer comes back, never a crash.
TEST(Tfjs, TakesOrRefusesWhateverIsChanged) {
  const std::string conv =
      keras_layer("Conv2D", "a", R"("filters":12,"kernel_size":[3,3],"padding":"same")", {"in"});
  const std::string json =
      tfjs_json({kTfjsInput, conv, keras_layer("PixelShuffle2x", "out", R"("scale":2)", {"a"})},
                {tfjs_tensor("a/kernel", "[3,3,3,12]",
                             R"(,"quantization":{"dtype":"uint8","scale":0.1,"min":0})"),
                 tfjs_tensor("a/bias", "[12]")});
  const std::string shard = std::string(324, '\1') + floats(std::vector<float>(12, 0.5f));
  ASSERT_TRUE(read_tfjs_text(json, shard));
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto model =
        read_tfjs_text(mutated(json, random), i % 2 == 0 ? shard : mutated(shard, random));
    if (!model) {
      EXPECT_FALSE(model.error().message.empty());
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace fovea::test

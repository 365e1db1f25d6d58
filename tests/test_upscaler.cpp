// Pictures through the Upscaler: channels, depth, alpha, padding, scales, and what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/colour.h"
#include "engine/network_chain.h"
#include "engine/run_whole.h"
#include "engine/upscaler.h"
#include "tests/compare.h"
#include "tests/random_networks.h"

namespace fovea::test {
namespace {

Picture random_picture(Size size, int channels, int depth, uint32_t seed) {
  RandomValues random(seed);
  Picture picture = *Picture::create(size, channels, depth);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c)
        picture.set_sample(y, x, c, random.integer(0, picture.max_sample()));
    }
  }
  return picture;
}

std::shared_ptr<const Model> shared(Model model) {
  return std::make_shared<const Model>(std::move(model));
}

Model rgb_model(Network network, Scale scale) {
  Model model;
  model.graph = std::move(network.graph);
  model.scale = scale;
  model.padding_multiple = network.padding_multiple;
  return model;
}

std::shared_ptr<const Model> nearest_model() { return shared(*classical_model("nearest")); }

UpscalerOptions at_scale(Scale scale) {
  UpscalerOptions options;
  options.scale = scale;
  return options;
}

Result<Picture> upscale(const std::shared_ptr<const Model>& model, const UpscalerOptions& options,
                        const Picture& picture) {
  FOVEA_ASSIGN_OR_RETURN(Upscaler upscaler, Upscaler::create(model, options));
  return upscaler.upscale(picture);
}

bool same_samples(const Picture& a, const Picture& b) {
  if (!(a.size() == b.size()) || a.channels() != b.channels() || a.bit_depth() != b.bit_depth())
    return false;
  for (int64_t y = 0; y < a.height(); ++y) {
    if (!std::equal(a.row_bytes(y), a.row_bytes(y) + a.row_byte_count(), b.row_bytes(y)))
      return false;
  }
  return true;
}

// Nearest is exact, so every sample of every kind of picture must come out as it went in.
TEST(Upscaler, KeepsChannelsDepthAndSamples) {
  for (const int channels : {1, 2, 3, 4}) {
    for (const int depth : {8, 16}) {
      SCOPED_TRACE(::testing::Message() << channels << " channels, " << depth << " bits");
      const Picture picture = random_picture({5, 7}, channels, depth, 1);
      const auto large = upscale(nearest_model(), at_scale({3, 1}), picture);
      ASSERT_TRUE(large) << large.error().message;
      ASSERT_EQ(large->size(), (Size{15, 21}));
      ASSERT_EQ(large->channels(), channels);
      ASSERT_EQ(large->bit_depth(), depth);
      for (int64_t y = 0; y < 15; ++y) {
        for (int64_t x = 0; x < 21; ++x) {
          for (int c = 0; c < channels; ++c)
            ASSERT_EQ(large->sample(y, x, c), picture.sample(y / 3, x / 3, c));
        }
      }
    }
  }
}

TEST(Upscaler, SpendsNoRunOnConstantAlpha) {
  Picture picture = random_picture({6, 6}, 4, 8, 2);
  for (int64_t y = 0; y < 6; ++y) {
    for (int64_t x = 0; x < 6; ++x) picture.set_sample(y, x, 3, 77);
  }
  const auto model = shared(rgb_model(shuffle_network(3, 3, 2, {1, 1}), {2, 1}));
  const auto large = upscale(model, {}, picture);
  ASSERT_TRUE(large);
  for (int64_t y = 0; y < 12; ++y) {
    for (int64_t x = 0; x < 12; ++x) ASSERT_EQ(large->sample(y, x, 3), 77);
  }
}

// Colour of an RGBA picture equals that of the same picture without alpha; alpha equals a gray
// picture of it.
TEST(Upscaler, TakesAlphaThroughTheNetworkAsGray) {
  const auto model = shared(rgb_model(shuffle_network(4, 3, 2, {1, 1}), {2, 1}));
  const Picture rgba = random_picture({9, 8}, 4, 16, 3);
  Picture rgb = *Picture::create(rgba.size(), 3, 16);
  Picture alpha = *Picture::create(rgba.size(), 1, 16);
  for (int64_t y = 0; y < 9; ++y) {
    for (int64_t x = 0; x < 8; ++x) {
      for (int c = 0; c < 3; ++c) rgb.set_sample(y, x, c, rgba.sample(y, x, c));
      alpha.set_sample(y, x, 0, rgba.sample(y, x, 3));
    }
  }
  const auto large = upscale(model, {}, rgba);
  const auto large_rgb = upscale(model, {}, rgb);
  const auto large_alpha = upscale(model, {}, alpha);
  ASSERT_TRUE(large && large_rgb && large_alpha);
  for (int64_t y = 0; y < 18; ++y) {
    for (int64_t x = 0; x < 16; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(large->sample(y, x, c), large_rgb->sample(y, x, c));
      ASSERT_EQ(large->sample(y, x, 3), large_alpha->sample(y, x, 0));
    }
  }
}

TEST(Upscaler, BandsAndThreadsNeverChangeASample) {
  const auto model = shared(rgb_model(dense_network(5, 1, 2, 2), {2, 1}));
  const Picture picture = random_picture({21, 9}, 4, 8, 4);
  const auto expected = upscale(model, {}, picture);
  ASSERT_TRUE(expected) << expected.error().message;
  for (const int64_t band : {1, 2, 5, 16}) {
    for (const int threads : {1, 2, 8}) {
      UpscalerOptions options;
      options.band_height = band;
      options.threads = threads;
      const auto result = upscale(model, options, picture);
      ASSERT_TRUE(result);
      EXPECT_TRUE(same_samples(*expected, *result)) << band << " rows, " << threads << " threads";
    }
  }
}

// A network that wants multiples of 4, given any size: exactly scale x, from 1x1 up; and the part
// that is far from the padding equals that of a picture that needed none.
TEST(Upscaler, PadsByReflectionAndCrops) {
  const auto model = shared(rgb_model(dense_network(6, 1, 2, 4), {1, 1}));
  for (const Size size : {Size{1, 1}, Size{1, 3}, Size{2, 5}, Size{3, 5}, Size{7, 6}}) {
    const auto result = upscale(model, {}, random_picture(size, 3, 8, 5));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->size(), size);
  }
  // Reflected by hand: the padded picture's result, cropped, must be the same bits.
  const Picture picture = random_picture({6, 7}, 3, 8, 6);
  Picture padded = *Picture::create({8, 8}, 3, 8);
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 8; ++x) {
      for (int c = 0; c < 3; ++c)
        padded.set_sample(y, x, c, picture.sample(y < 6 ? y : 10 - y, x < 7 ? x : 12 - x, c));
    }
  }
  const auto small = upscale(model, {}, picture);
  const auto large = upscale(model, {}, padded);
  ASSERT_TRUE(small && large);
  for (int64_t y = 0; y < 6; ++y) {
    for (int64_t x = 0; x < 7; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(small->sample(y, x, c), large->sample(y, x, c));
    }
  }
}

TEST(Upscaler, ResizesToTheScaleAskedFor) {
  const Picture picture = random_picture({5, 7}, 3, 8, 7);
  const auto plain = shared(rgb_model(shuffle_network(7, 2, 4, {1, 1}), {4, 1}));
  const auto unshuffled = shared(rgb_model(dense_network(7, 1, 2, 2), {2, 1}));
  for (const auto& model : {plain, unshuffled}) {
    for (const Scale scale : {Scale{2, 1}, Scale{3, 1}, Scale{17, 10}, Scale{8, 1}, Scale{1, 2}}) {
      const auto upscaler = Upscaler::create(model, at_scale(scale));
      ASSERT_TRUE(upscaler) << upscaler.error().message;
      const auto result = upscale(model, at_scale(scale), picture);
      ASSERT_TRUE(result) << result.error().message;
      EXPECT_EQ(result->size(), (Size{scaled_length(5, scale), scaled_length(7, scale)}));
      EXPECT_EQ(result->size(), upscaler->output_size(picture.size()));
    }
  }
}

Result<Picture> upscale_chain(std::vector<SharedModel> chain, const UpscalerOptions& options,
                              const Picture& picture) {
  FOVEA_ASSIGN_OR_RETURN(Upscaler upscaler, Upscaler::create(std::move(chain), options));
  return upscaler.upscale(picture);
}

// Joined in one graph or not, in whatever bands: two networks behind each other are run_whole of
// the one and then of the other, on the map that the first gives.
TEST(Chain, IsOneNetworkBehindTheOther) {
  RandomValues random(13);
  for (const int64_t unshuffle : {1, 2}) {
    Model first = rgb_model(shuffle_network(20, 2, 3, {1, 1}), {3, 1});
    first.range = 255.0f;
    const Model second = rgb_model(dense_network(21, 1, 2, unshuffle), {4 / unshuffle, 1});
    const auto backend = make_reference_backend();
    const Tensor input = random.map({6, 4}, 3);
    Tensor middle = input;
    for (float& value : middle.values()) value *= 255.0f;
    middle = *run_whole(*backend, first.graph, middle);
    for (float& value : middle.values()) value *= 1.0f / 255.0f;
    const Tensor expected = *run_whole(*backend, second.graph, middle);
    ThreadTeam team(2);
    const std::vector<SharedModel> chain{shared(first), shared(second)};
    for (const bool join : {false, true}) {
      for (const int64_t band : {0, 1, 3}) {
        auto networks = NetworkChain::create(chain, {1, 1}, join, *backend, team);
        ASSERT_TRUE(networks) << networks.error().message;
        EXPECT_EQ(networks->output_size(input.size()), expected.size());
        ASSERT_TRUE(networks->prepare(input.size(), band, int64_t{1} << 30));
        Tensor actual(expected.size(), 3);
        UpscaleReport report;
        const int64_t width = input.size().width;
        const Status status = networks->run(
            [&](int64_t y, float* row) { std::copy_n(input.view().at(y, 0), width * 3, row); },
            [&](int64_t y, const float* row) {
              std::copy_n(row, expected.size().width * 3, actual.view().at(y, 0));
            },
            {}, {}, report);
        ASSERT_TRUE(status) << status.error().message;
        EXPECT_TRUE(
            all_within(expected.view(), actual.view(), 1e-6 * max_magnitude(expected.view())))
            << "unshuffle " << unshuffle << ", joined " << join << ", bands of " << band;
      }
    }
  }
}

// A first network that gives 3 x - 1 and a second that takes it back: what lies outside of 0...1
// between them comes back whole, so nothing was clamped or rounded there.
TEST(Chain, ClampsNothingInBetween) {
  const auto affine = [](float weight, float bias) {
    Model model;
    const ValueId input = model.graph.add_input(3);
    Affine op;
    const std::vector<float> weights(3, weight), biases(3, bias);
    op.weight = model.graph.add_parameter(make_weight("w", {3}, weights));
    op.bias = model.graph.add_parameter(make_weight("b", {3}, biases));
    model.graph.set_output(*model.graph.add(op, {input}, "affine"));
    model.scale = {1, 1};
    return shared(std::move(model));
  };
  const Picture picture = random_picture({5, 6}, 4, 16, 14);
  const auto same = upscale_chain({affine(3, -1), affine(1.0f / 3, 1.0f / 3)}, {}, picture);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_TRUE(same_samples(picture, *same));
}

TEST(Chain, MultipliesScalesAndResizesToTheOneAskedFor) {
  const auto twice = shared(rgb_model(dense_network(22, 1, 2, 2), {2, 1}));
  const auto thrice = shared(rgb_model(shuffle_network(23, 2, 3, {1, 1}), {3, 1}));
  const Picture picture = random_picture({5, 3}, 2, 8, 15);
  for (const auto& chain : {std::vector{twice, thrice}, std::vector{thrice, twice}}) {
    const auto large = upscale_chain(chain, {}, picture);
    ASSERT_TRUE(large) << large.error().message;
    EXPECT_EQ(large->size(), (Size{30, 18}));
    const auto smaller = upscale_chain(chain, at_scale({5, 2}), picture);
    ASSERT_TRUE(smaller);
    EXPECT_EQ(smaller->size(), (Size{13, 8}));
    UpscalerOptions tight;
    tight.memory_ceiling = 1000;
    const auto refused = upscale_chain(chain, tight, picture);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kMemory);
  }
  // A network without a scale of its own gets what is left of the one asked for.
  const auto before = upscale_chain({nearest_model(), thrice}, at_scale({6, 1}), picture);
  ASSERT_TRUE(before) << before.error().message;
  const auto enlarged = upscale(nearest_model(), at_scale({2, 1}), picture);
  const auto by_hand = upscale(thrice, {}, *enlarged);
  EXPECT_TRUE(same_samples(*before, *by_hand));
}

TEST(Chain, RefusesWhatDoesNotFit) {
  const auto rgb = shared(rgb_model(shuffle_network(24, 2, 2, {1, 1}), {2, 1}));
  Model gray = *rgb;
  gray.colour = ColourMode::kGray;
  Model colouring = *rgb;
  colouring.colour = ColourMode::kGrayToRgb;
  const auto code = [](std::vector<SharedModel> chain, std::optional<Scale> scale = {}) {
    UpscalerOptions options;
    options.scale = scale;
    const auto made = Upscaler::create(std::move(chain), options);
    return made ? std::string("made") : made.error().message;
  };
  EXPECT_EQ(code({rgb, rgb}), "made");
  EXPECT_NE(code({rgb, shared(gray)}).find("network 2 of the chain takes gray"), std::string::npos);
  EXPECT_NE(code({shared(colouring), shared(colouring)}).find("gives RGB"), std::string::npos);
  EXPECT_NE(code({nearest_model(), nearest_model()}, Scale{2, 1}).find("two networks"),
            std::string::npos);
  EXPECT_NE(code({nearest_model(), rgb}).find("-s"), std::string::npos);
  EXPECT_NE(code({nearest_model(), rgb}, Scale{3, 1}).find("whole scales"), std::string::npos);
  EXPECT_NE(code({}).find("no networks"), std::string::npos);
}

// A luma network that changes nothing: what is left is the colour transform there and back, which
// must not lose a sample, and chroma resized beside it.
TEST(Upscaler, LumaNetworksKeepColour) {
  Model model;
  const ValueId input = model.graph.add_input(1);
  const float identity[] = {1.0f};
  Convolution op;
  op.weight = model.graph.add_parameter(make_weight("w", {1, 1, 1, 1}, identity));
  op.out_channels = op.kernel_h = op.kernel_w = 1;
  ASSERT_TRUE(model.graph.add(op, {input}, "identity"));
  model.resize_before = Resize{};
  for (const ColourMode mode : {ColourMode::kLuma, ColourMode::kGray}) {
    model.colour = mode;
    const Picture picture = random_picture({6, 5}, 3, 8, 8);
    const auto same = upscale(shared(model), at_scale({1, 1}), picture);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_TRUE(same_samples(picture, *same));
    // Bicubic of all three channels is the same function, computed in another basis.
    const auto large = upscale(shared(model), at_scale({2, 1}), picture);
    const auto bicubic = upscale(shared(*classical_model("bicubic")), at_scale({2, 1}), picture);
    ASSERT_TRUE(large && bicubic);
    for (int64_t y = 0; y < 12; ++y) {
      for (int64_t x = 0; x < 10; ++x) {
        for (int c = 0; c < 3; ++c)
          ASSERT_LE(std::abs(large->sample(y, x, c) - bicubic->sample(y, x, c)), 1);
      }
    }
  }
  const Picture gray = random_picture({4, 4}, 2, 8, 9);
  const auto same = upscale(shared(model), at_scale({1, 1}), gray);
  ASSERT_TRUE(same);
  EXPECT_TRUE(same_samples(gray, *same));
}

TEST(Upscaler, AsksForTheScaleThatWeightsDoNotTell) {
  const auto refused = Upscaler::create(nearest_model(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_NE(refused.error().message.find("-s"), std::string::npos);
}

// Weights so large that sums leave the range of f32: never a picture, always the numeric error.
TEST(Upscaler, RefusesNonFiniteResults) {
  Model model;
  ValueId value = model.graph.add_input(3);
  const std::vector<float> huge(27 * 3, 1e30f);
  for (int i = 0; i < 2; ++i) {
    Convolution op;
    op.weight = model.graph.add_parameter(make_weight("w", {3, 3, 3, 3}, huge));
    op.out_channels = op.kernel_h = op.kernel_w = 3;
    value = *model.graph.add(op, {value}, "huge");
  }
  model.scale = {1, 1};
  const auto refused = upscale(shared(std::move(model)), {}, random_picture({4, 4}, 3, 8, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNumeric);
}

TEST(Upscaler, StopsWhenToldTo) {
  auto upscaler = Upscaler::create(shared(rgb_model(shuffle_network(8, 3, 2, {1, 1}), {2, 1})), {});
  ASSERT_TRUE(upscaler);
  const Picture picture = random_picture({20, 20}, 3, 8, 11);
  const auto stopped = upscaler->upscale(picture, [](double) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  UpscaleReport report;
  double last = 0;
  const auto done = upscaler->upscale(
      picture,
      [&](double share) {
        EXPECT_GE(share, last);
        last = share;
        return true;
      },
      &report);
  ASSERT_TRUE(done);
  EXPECT_NEAR(last, 1.0, 1e-9);
  EXPECT_EQ(report.output, (Size{40, 40}));
  EXPECT_GT(report.arena_bytes, 0);
  EXPECT_GE(report.bands, 1);
}

TEST(Upscaler, KeepsTheMemoryCeiling) {
  const auto model = shared(rgb_model(shuffle_network(9, 3, 2, {1, 1}), {2, 1}));
  const Picture picture = random_picture({1200, 600}, 3, 8, 12);
  auto free = Upscaler::create(model, {});
  ASSERT_TRUE(free);
  UpscaleReport report;
  const auto expected = free->upscale(picture, {}, &report);
  ASSERT_TRUE(expected) << expected.error().message;
  const auto told = free->forecast(picture);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->peak_bytes, report.foreseen_bytes);
  EXPECT_EQ(told->bands, report.bands);
  EXPECT_EQ(told->output, expected->size());
  const int64_t beside = 300 << 20;
  const auto more = free->forecast(picture, beside);
  ASSERT_TRUE(more);
  EXPECT_GE(more->peak_bytes, beside);

  // What is refused names the least that is not.
  UpscalerOptions options;
  options.memory_ceiling = 1000;
  auto small = Upscaler::create(model, options);
  ASSERT_TRUE(small);
  const auto refused = small->upscale(picture, {}, nullptr, beside);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMemory);
  const std::string& message = refused.error().message;
  const size_t at = message.find(" take ");
  ASSERT_NE(at, std::string::npos) << message;
  options.memory_ceiling = (std::stoll(message.substr(at + 6)) + 4) << 20;
  auto enough = Upscaler::create(model, options);
  ASSERT_TRUE(enough);
  const auto result = enough->upscale(picture, {}, &report, beside);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_LE(report.foreseen_bytes, options.memory_ceiling);
  EXPECT_TRUE(same_samples(*result, *expected));
}

TEST(Colour, GoesThereAndBack) {
  for (const YcbcrSpace* space : {&YcbcrSpace::studio(), &YcbcrSpace::full()}) {
    const float rgb[] = {0.0f, 0.0f, 0.0f, 1.0f, 1.0f, 1.0f, 0.9f, 0.1f, 0.4f};
    float y[3];
    float cbcr[6];
    float back[9];
    space->luma(rgb, 3, y);
    space->chroma(rgb, 3, cbcr);
    space->to_rgb(y, cbcr, 3, back);
    for (int i = 0; i < 9; ++i) EXPECT_NEAR(back[i], rgb[i], 1e-6);
  }
  // rgb2ycbcr's documented range: black 16, white 235.
  const float ends[] = {0, 0, 0, 1, 1, 1};
  float y[2];
  YcbcrSpace::studio().luma(ends, 2, y);
  EXPECT_NEAR(y[0] * 255, 16, 1e-4);
  EXPECT_NEAR(y[1] * 255, 235, 1e-4);
}

}  // namespace
}  // namespace fovea::test

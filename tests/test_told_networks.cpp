// Networks that are told a number of each picture, and results that are changed before they are
// rounded.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/upscaler.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

constexpr double kUnit = 100;

// colour + number in each of `channels`, at `scale` by repetition: a network whose result is known.
// With a padding multiple, behind an unshuffle and a shuffle back.
SharedModel adding_model(int64_t channels, int64_t scale = 1, int64_t multiple = 1) {
  Model model;
  Graph& graph = model.graph;
  ValueId value = graph.add_input(channels + 1);
  if (multiple > 1) {
    value = *graph.add(PixelUnshuffle{multiple}, {value}, "unshuffle");
    value = *graph.add(PixelShuffle{multiple}, {value}, "shuffle");
  }
  const ValueId colour = *graph.add(Slice{0, channels}, {value}, "colour");
  const ValueId number = *graph.add(Slice{channels, 1}, {value}, "number");
  const std::vector<ValueId> copies(static_cast<size_t>(channels), number);
  const ValueId numbers = channels == 1 ? number : *graph.add(Concat{}, copies, "numbers");
  value = *graph.add(Add{{1.0f, 1.0f}}, {colour, numbers}, "sum");
  if (scale > 1) value = *graph.add(Resize{ResizeFilter::kNearest, {scale, 1}}, {value}, "enlarge");
  graph.set_output(value);
  model.scale = {scale, 1};
  model.colour = channels == 1 ? ColourMode::kGray : ColourMode::kRgb;
  model.padding_multiple = multiple;
  model.condition = Condition{"strength", 0, 50, kUnit, 10.0};
  model.undoes_jpeg = true;
  return std::make_shared<const Model>(std::move(model));
}

SharedModel without_usual(const SharedModel& model) {
  Model changed = *model;
  changed.condition->usual.reset();
  return std::make_shared<const Model>(std::move(changed));
}

// Samples low enough that nothing is clamped.
Picture dark_picture(Size size, int channels, int depth, uint32_t seed) {
  RandomValues random(seed);
  Picture picture = *Picture::create(size, channels, depth);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c)
        picture.set_sample(y, x, c, random.integer(0, picture.max_sample() / 3));
    }
  }
  return picture;
}

// The colours of `result` are those of `picture` and `added`, at `scale`.
void expect_added(const Picture& picture, const Picture& result, double added, int64_t scale = 1) {
  ASSERT_EQ(result.size(), (Size{picture.height() * scale, picture.width() * scale}));
  ASSERT_EQ(result.channels(), picture.channels());
  const auto most = static_cast<double>(picture.max_sample());
  for (int64_t y = 0; y < result.height(); ++y) {
    for (int64_t x = 0; x < result.width(); ++x) {
      for (int c = 0; c < result.channels(); ++c) {
        const double sample = static_cast<double>(picture.sample(y / scale, x / scale, c));
        // Rounded once, from f32.
        ASSERT_NEAR(static_cast<double>(result.sample(y, x, c)), sample + added * most, 0.51)
            << y << " " << x << " " << c;
      }
    }
  }
}

Result<Picture> run(Upscaler& upscaler, const Picture& picture, const PictureOptions& options) {
  return upscaler.upscale(picture, {}, nullptr, 0, options);
}

TEST(ToldNetworks, AreToldANumberOfEachPicture) {
  for (const DeviceKind device : {DeviceKind::kReference, DeviceKind::kCpu}) {
    for (const int64_t multiple : {1, 2}) {
      UpscalerOptions options;
      options.device = device;
      options.threads = 2;
      options.band_height = 3;
      auto upscaler = Upscaler::create(adding_model(3, 1, multiple), options);
      ASSERT_TRUE(upscaler) << upscaler.error().message;
      for (const int channels : {1, 2, 3, 4}) {
        for (const int depth : {8, 16}) {
          SCOPED_TRACE(testing::Message() << channels << " channels, " << depth << " bits");
          const Picture picture = dark_picture({7, 5}, channels, depth, 3);
          for (const double number : {0.0, 20.0, 50.0, 7.5}) {
            const auto result = run(*upscaler, picture, {{{"strength", number}}, {}});
            ASSERT_TRUE(result) << result.error().message;
            expect_added(picture, *result, number / kUnit);
          }
          const auto usual = run(*upscaler, picture, {{{"other", 3}}, {}});
          ASSERT_TRUE(usual) << usual.error().message;
          expect_added(picture, *usual, 10 / kUnit);
        }
      }
    }
  }
}

TEST(ToldNetworks, TakeTheirPlaceInChains) {
  const Picture picture = dark_picture({5, 6}, 3, 8, 4);
  for (const auto& chain : {std::vector{adding_model(3), adding_model(3, 2, 2)},
                            {adding_model(3, 2), adding_model(3)}}) {
    auto upscaler = Upscaler::create(chain, {});
    ASSERT_TRUE(upscaler) << upscaler.error().message;
    const auto result = run(*upscaler, picture, {{{"strength", 12}}, {}});
    ASSERT_TRUE(result) << result.error().message;
    expect_added(picture, *result, 2 * 12 / kUnit, 2);
  }
}

TEST(ToldNetworks, RefuseNumbersThatDoNotSuit) {
  const Picture picture = dark_picture({4, 4}, 3, 8, 5);
  auto told = Upscaler::create(adding_model(3), {});
  auto untold = Upscaler::create(without_usual(adding_model(3)), {});
  ASSERT_TRUE(told && untold);
  for (const double number : {-1.0, 50.5, std::nan("")}) {
    const auto refused = run(*told, picture, {{{"strength", number}}, {}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
    EXPECT_NE(refused.error().message.find("(0 to 50)"), std::string::npos);
  }
  for (const bool forecast : {false, true}) {
    const Status refused = [&]() -> Status {
      if (forecast) {
        FOVEA_TRY(untold->forecast(picture));
      } else {
        FOVEA_TRY(untold->upscale(picture));
      }
      return {};
    }();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
    EXPECT_NE(refused.error().message.find("is told strength (0 to 50)"), std::string::npos);
  }
  EXPECT_TRUE(run(*untold, picture, {{{"strength", 3}}, {}}));
}

// What the filter was given, and the same with `added` put to it.
struct Adding {
  std::vector<float> seen;
  Size size;
  int64_t channels = 0;
  float added = 0;

  ResultFilter filter() {
    return [this](std::span<float> map, Size given, int64_t count, ThreadTeam&) -> Status {
      seen.assign(map.begin(), map.end());
      size = given;
      channels = count;
      for (float& value : map) value += added;
      return {};
    };
  }
};

TEST(ResultFilter, SeesTheFirstResultBeforeItIsRounded) {
  for (const bool in_chain : {false, true}) {
    for (const int channels : {1, 3}) {
      SCOPED_TRACE(testing::Message() << channels << " channels, chain " << in_chain);
      std::vector<SharedModel> chain(in_chain ? 2 : 1, adding_model(3, 1, 2));
      if (in_chain) chain[1] = adding_model(3, 2);
      UpscalerOptions options;
      options.device = DeviceKind::kCpu;
      options.threads = 2;
      options.band_height = 2;
      auto upscaler = Upscaler::create(chain, options);
      ASSERT_TRUE(upscaler);
      const Picture picture = dark_picture({7, 5}, channels, 8, 6);
      // Far below 0, where rounding would clamp it, and back in the next network.
      Adding adding;
      adding.added = in_chain ? -0.3f : -0.01f;
      const PictureOptions told{{{"strength", 40}}, adding.filter()};
      ASSERT_TRUE(upscaler->forecast(picture, 0, told));
      const auto result = run(*upscaler, picture, told);
      ASSERT_TRUE(result) << result.error().message;
      ASSERT_EQ(adding.size, picture.size());
      ASSERT_EQ(adding.channels, 3);
      for (size_t i = 0; i < adding.seen.size(); ++i) {
        const auto pixel = static_cast<int64_t>(i / 3);
        const int c = channels == 1 ? 0 : static_cast<int>(i % 3);
        const double sample = static_cast<double>(picture.sample(pixel / 5, pixel % 5, c)) / 255;
        ASSERT_NEAR(adding.seen[i], sample + 0.4, 1e-6);
      }
      const double sum = in_chain ? 0.4 + 0.4 - 0.3 : 0.4 - 0.01;
      expect_added(picture, *result, sum, in_chain ? 2 : 1);
      // Without it, by the same session.
      const auto plain = run(*upscaler, picture, {{{"strength", 10}}, {}});
      ASSERT_TRUE(plain);
      expect_added(picture, *plain, in_chain ? 0.2 : 0.1, in_chain ? 2 : 1);
    }
  }
}

// Luma of a colour picture through a network on gray; chroma is not the filter's.
TEST(ResultFilter, SeesLumaWhereTheNetworkDoes) {
  auto upscaler = Upscaler::create(adding_model(1), {});
  ASSERT_TRUE(upscaler);
  const Picture picture = dark_picture({4, 6}, 3, 8, 7);
  Adding adding;
  adding.added = 0.1f;
  const auto result = run(*upscaler, picture, {{{"strength", 0}}, adding.filter()});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(adding.channels, 1);
  for (size_t i = 0; i < adding.seen.size(); ++i) {
    const auto y = static_cast<int64_t>(i) / 6, x = static_cast<int64_t>(i) % 6;
    const auto sample = [&](int c) { return static_cast<double>(picture.sample(y, x, c)) / 255; };
    EXPECT_NEAR(adding.seen[i], 0.299 * sample(0) + 0.587 * sample(1) + 0.114 * sample(2), 1e-6);
  }
  expect_added(picture, *result, 0.1);
}

TEST(ResultFilter, IsRefusedWhereItDoesNotSuit) {
  const ResultFilter none = [](std::span<float>, Size, int64_t, ThreadTeam&) -> Status {
    return {};
  };
  const auto code = [&](const SharedModel& model, int channels) {
    auto upscaler = Upscaler::create(model, {});
    EXPECT_TRUE(upscaler);
    const auto result = run(*upscaler, dark_picture({4, 4}, channels, 8, 8), {{}, none});
    return result ? std::optional<ErrorCode>() : result.error().code;
  };
  Model other = *adding_model(3);
  other.undoes_jpeg = false;
  Model luma = *adding_model(1);
  luma.colour = ColourMode::kLuma;
  EXPECT_EQ(code(adding_model(3), 3), std::nullopt);
  EXPECT_EQ(code(adding_model(3), 4), ErrorCode::kUsage);
  EXPECT_EQ(code(std::make_shared<const Model>(other), 3), ErrorCode::kUsage);
  EXPECT_EQ(code(std::make_shared<const Model>(luma), 3), ErrorCode::kUsage);

  auto upscaler = Upscaler::create(adding_model(3), {});
  ASSERT_TRUE(upscaler);
  const ResultFilter failing = [](std::span<float>, Size, int64_t, ThreadTeam&) -> Status {
    return fail(ErrorCode::kPicture, "not like that");
  };
  const auto failed = run(*upscaler, dark_picture({4, 4}, 3, 8, 9), {{}, failing});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "not like that");
}

// The whole map that a filter needs is reckoned with.
TEST(ResultFilter, IsForeseen) {
  auto upscaler = Upscaler::create(adding_model(3), {});
  ASSERT_TRUE(upscaler);
  const Picture picture = dark_picture({512, 512}, 3, 8, 10);
  const ResultFilter none = [](std::span<float>, Size, int64_t, ThreadTeam&) -> Status {
    return {};
  };
  const auto without = upscaler->forecast(picture);
  const auto with = upscaler->forecast(picture, 0, {{}, none});
  ASSERT_TRUE(without && with);
  EXPECT_GE(with->peak_bytes - without->peak_bytes, 512 * 512 * 3 * 4 - (1 << 20));
}

}  // namespace
}  // namespace fovea::test

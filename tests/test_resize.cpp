// The taps of a resize, and classical resampling against the published figures of bicubic on Set5.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/colour.h"
#include "engine/resize_taps.h"
#include "engine/upscaler.h"
#include "tools/codecs/codec.h"

namespace fovea::test {
namespace {

TEST(ResizeTaps, WeightsSumToOneAndFirstsNeverFall) {
  for (const ResizeFilter filter : {ResizeFilter::kNearest, ResizeFilter::kBilinear,
                                    ResizeFilter::kBicubic, ResizeFilter::kLanczos3}) {
    for (const bool antialias : {true, false}) {
      for (const auto& [in, out] : {std::pair{1, 1},
                                    {1, 9},
                                    {9, 1},
                                    {7, 28},
                                    {28, 7},
                                    {10, 17},
                                    {17, 10},
                                    {5, 320},
                                    {320, 5}}) {
        const ResizeTaps taps({filter, {1, 1}, -0.5, antialias}, in, out);
        std::vector<double> weights;
        int64_t first = 0;
        int64_t last = 0;
        for (int64_t o = 0; o < out; ++o) {
          EXPECT_GE(taps.first(o), first);
          EXPECT_GE(taps.last(o), last);
          first = taps.first(o);
          last = taps.last(o);
          EXPECT_LE(first, last);
          EXPECT_LT(last, in);
          taps.weights(o, weights);
          ASSERT_EQ(static_cast<int64_t>(weights.size()), last - first + 1);
          double sum = 0;
          for (const double weight : weights) sum += weight;
          EXPECT_NEAR(sum, 1.0, 1e-12);
        }
      }
    }
  }
}

// Doubling with half-pixel centres meets the cubic at 1/4 and 3/4: Keys' kernel with a = -1/2
// there, by hand.
TEST(ResizeTaps, BicubicDoublingHasTheKnownWeights) {
  const ResizeTaps taps({ResizeFilter::kBicubic, {2, 1}, -0.5, true}, 8, 16);
  std::vector<double> weights;
  taps.weights(7, weights);  // u = 3.25: samples 2, 3, 4, 5 at 1.25, 0.25, 0.75, 1.75
  ASSERT_EQ(taps.first(7), 2);
  ASSERT_EQ(weights.size(), 4u);
  const double expected[] = {-0.0703125, 0.8671875, 0.2265625, -0.0234375};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(weights[i], expected[i], 1e-12);
}

Result<Picture> read_picture(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  FOVEA_ASSIGN_OR_RETURN(codecs::Decoded decoded,
                         codecs::decode(std::as_bytes(std::span(bytes)), path.string(), {}));
  return std::move(decoded.picture);
}

// Y of BT.601 in studio range from 8-bit RGB, unrounded; `border` pixels cropped; peak 255.
double luma_psnr(const Picture& a, const Picture& b, int64_t border) {
  double sum = 0;
  int64_t count = 0;
  std::vector<float> rgb(static_cast<size_t>(a.width() * 3));
  std::vector<float> luma[2];
  for (int64_t y = border; y < a.height() - border; ++y) {
    for (int n = 0; n < 2; ++n) {
      luma[n].resize(static_cast<size_t>(a.width()));
      (n == 0 ? a : b).load_row(y, 0, 3, rgb.data());
      YcbcrSpace::studio().luma(rgb.data(), a.width(), luma[n].data());
    }
    for (int64_t x = border; x < a.width() - border; ++x) {
      const double difference =
          255.0 * (luma[0][static_cast<size_t>(x)] - luma[1][static_cast<size_t>(x)]);
      sum += difference * difference;
      ++count;
    }
  }
  return 10 * std::log10(255.0 * 255.0 / (sum / static_cast<double>(count)));
}

// Bicubic on Set5, the figure that every table of super-resolution starts with.
TEST(Bicubic, HasThePublishedPsnrOnSet5) {
  const char* folder = std::getenv("FOVEA_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "FOVEA_TEST_DATA names no folder with data/set5";
  struct Published {
    int scale;
    double low;
    double high;
  };
  for (const Published& published :
       {Published{2, 33.65, 33.69}, {3, 30.38, 30.41}, {4, 28.41, 28.44}}) {
    const auto set =
        std::filesystem::path(folder) / "data" / "set5" / (fmt::format("x{}", published.scale));
    UpscalerOptions options;
    options.scale = Scale{published.scale, 1};
    auto upscaler =
        Upscaler::create(std::make_shared<const Model>(*classical_model("bicubic")), options);
    ASSERT_TRUE(upscaler);
    double mean = 0;
    for (const char* name : {"baby", "bird", "butterfly", "head", "woman"}) {
      const auto small = read_picture(set / fmt::format("{}_LR.png", name));
      const auto large = read_picture(set / fmt::format("{}_HR.png", name));
      ASSERT_TRUE(small) << small.error().message;
      ASSERT_TRUE(large) << large.error().message;
      const auto result = upscaler->upscale(*small);
      ASSERT_TRUE(result);
      ASSERT_EQ(result->size(), large->size());
      mean += luma_psnr(*result, *large, published.scale) / 5;
    }
    RecordProperty(fmt::format("psnr_x{}", published.scale), fmt::format("{:.4f}", mean));
    EXPECT_TRUE(mean >= published.low && mean <= published.high)
        << "x" << published.scale << ": " << mean << " dB";
  }
}

}  // namespace
}  // namespace fovea::test

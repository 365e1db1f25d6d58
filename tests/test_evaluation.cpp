// The measures and the resize that published tables are made with, against published figures.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "engine/upscaler.h"
#include "tests/read_picture.h"
#include "tools/evaluation/matlab_resize.h"
#include "tools/evaluation/metrics.h"

namespace fovea::test {
namespace {

namespace fs = std::filesystem;
using evaluation::Plane;

template <class T>
T value_or_fail(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? std::move(*result) : T();
}

// The test sets as SelfExSR's authors cropped and shrank them: NAME_HR.png, NAME_LR.png.
std::map<std::string, fs::path> pictures_of(const std::string& set, int scale) {
  std::map<std::string, fs::path> found;
  const char* folder = std::getenv("FOVEA_TEST_DATA");
  if (folder == nullptr) return found;
  for (const auto& entry :
       fs::directory_iterator(fs::path(folder) / "data" / set / fmt::format("x{}", scale))) {
    const std::string name = entry.path().stem().string();
    if (name.ends_with("_HR")) found[name.substr(0, name.size() - 3)] = entry.path();
  }
  return found;
}

Picture picture_beside(const fs::path& high, const std::string& name) {
  return read_picture(high.parent_path() / (name + "_LR.png"));
}

TEST(MatlabResize, MakesThePublishedSmallPicturesBitForBit) {
  int compared = 0;
  for (const char* set : {"set5", "set14"}) {
    for (const int scale : {2, 3, 4}) {
      for (const auto& [name, path] : pictures_of(set, scale)) {
        const Picture large = read_picture(path);
        const Picture small = picture_beside(path, name);
        const Picture made = value_or_fail(evaluation::matlab_resize(large, small.size()));
        ASSERT_EQ(made.channels(), small.channels());
        int64_t others = 0;
        for (int64_t y = 0; y < small.height(); ++y) {
          for (int64_t i = 0; i < small.row_byte_count(); ++i)
            others += made.row_bytes(y)[i] != small.row_bytes(y)[i] ? 1 : 0;
        }
        EXPECT_EQ(others, 0) << set << " x" << scale << " " << name;
        ++compared;
      }
    }
  }
  if (compared == 0) GTEST_SKIP() << "FOVEA_TEST_DATA names no folder with data/set5";
  EXPECT_EQ(compared, 57);
}

struct Published {
  int scale;
  double psnr;
  double ssim;
};

// Bicubic on Set5 as the tables since SRCNN have it: luma as uint8, shrunk in doubles, the result
// as uint8; by MATLAB's own resize to the last digit, and by this engine's, which clamps borders
// and so is 0.001 dB better.
TEST(Bicubic, HasThePublishedFiguresOnSet5) {
  for (const Published& published :
       {Published{2, 33.661, 0.9299}, {3, 30.392, 0.8682}, {4, 28.421, 0.8104}}) {
    const auto pictures = pictures_of("set5", published.scale);
    if (pictures.empty()) GTEST_SKIP() << "FOVEA_TEST_DATA names no folder with data/set5";
    UpscalerOptions options;
    options.scale = Scale{published.scale, 1};
    auto upscaler =
        Upscaler::create(std::make_shared<const Model>(*classical_model("bicubic")), options);
    ASSERT_TRUE(upscaler) << upscaler.error().message;
    double psnr = 0;
    double ssim = 0;
    double ours = 0;
    for (const auto& [name, path] : pictures) {
      const Plane large = evaluation::as_uint8(evaluation::luma_plane(read_picture(path)));
      const Plane small = evaluation::matlab_shrink(large, published.scale);
      const Plane by_matlab =
          evaluation::as_uint8(evaluation::matlab_enlarge(small, published.scale));
      psnr += evaluation::psnr(large, by_matlab, published.scale);
      ssim += evaluation::ssim(large, by_matlab, published.scale);
      const Picture result =
          value_or_fail(upscaler->upscale(value_or_fail(evaluation::as_picture(small))));
      const Plane made = evaluation::as_uint8(evaluation::luma_plane(result));
      ours += evaluation::psnr(large, made, published.scale);
    }
    const auto count = static_cast<double>(pictures.size());
    EXPECT_LE(std::abs(psnr / count - published.psnr), 0.0006) << "x" << published.scale;
    EXPECT_LE(std::abs(ssim / count - published.ssim), 0.00006) << "x" << published.scale;
    EXPECT_LE(std::abs(ours / count - published.psnr), 0.002) << "x" << published.scale;
  }
}

TEST(Psnr, IsOfTheMeanSquaredErrorInsideTheBorder) {
  Plane a{{4, 5}, std::vector<double>(20, 100.0)};
  Plane b = a;
  EXPECT_TRUE(std::isinf(evaluation::psnr(a, b, 0)));
  b.values[6] = 110;  // (1, 1)
  b.values[0] = 0;    // outside a border of 1
  EXPECT_NEAR(evaluation::psnr(a, b, 1), 10 * std::log10(255 * 255 / (100.0 / 6)), 1e-12);
  EXPECT_TRUE(std::isnan(evaluation::psnr(a, b, 2)));
}

TEST(Ssim, IsOneOfEqualsAndByHandOfConstants) {
  const Size size{13, 15};
  const auto constant = [&](double value) {
    return Plane{size, std::vector<double>(static_cast<size_t>(size.area()), value)};
  };
  EXPECT_NEAR(evaluation::ssim(constant(7), constant(7), 1), 1.0, 1e-12);
  const double c1 = 2.55 * 2.55;
  EXPECT_NEAR(evaluation::ssim(constant(50), constant(100), 1),
              (2 * 50 * 100 + c1) / (50 * 50 + 100 * 100 + c1), 1e-9);
  EXPECT_TRUE(std::isnan(evaluation::ssim(constant(1), constant(2), 2)));
}

TEST(Plane, LumaIsStudioOfColourAndTheGrayOfGray) {
  Picture gray = value_or_fail(Picture::create({1, 1}, 1, 8));
  gray.set_sample(0, 0, 0, 200);
  EXPECT_EQ(evaluation::luma_plane(gray).at(0, 0), 200);
  Picture white = value_or_fail(Picture::create({1, 1}, 3, 16));
  for (int c = 0; c < 3; ++c) white.set_sample(0, 0, c, 65535);
  EXPECT_NEAR(evaluation::luma_plane(white).at(0, 0), 235, 1e-9);
}

}  // namespace
}  // namespace fovea::test

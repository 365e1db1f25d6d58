// The projection onto a JPEG's quantisation box: what was encoded stays where it is, everything
// else comes nearer to it and ends inside.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/codec_expect.h"
#include "tests/jpeg_truth.h"
#include "tools/codecs/jpeg_projection.h"
#include "tools/codecs/orientation.h"

namespace fovea::codecs {
namespace {

constexpr uint32_t kSeed = 11;

JpegCoefficients coefficients_of(const File& file) {
  auto read = read_jpeg_coefficients(file, kName, {});
  EXPECT_TRUE(read && *read);
  return read && *read ? std::move(**read) : JpegCoefficients{};
}

std::vector<float> projected(const JpegCoefficients& file, std::vector<float> map, Size size,
                             int64_t channels, int threads = 1) {
  ThreadTeam team(threads);
  const Status status = project_onto_jpeg(file, map, size, channels, team);
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  return map;
}

// Pictures that a network might make of the file: the truth off by noise, the truth blurred, the
// decoded picture, and one that has nothing to do with it.
std::vector<std::vector<float>> guesses(const JpegTruth& truth, const File& file) {
  const std::vector<float> map = map_of(truth);
  std::vector<std::vector<float>> made;
  std::mt19937 random(kSeed);
  for (const double sigma : {1.0, 5.0, 30.0}) {
    std::normal_distribution<double> noise(0, sigma / 255);
    made.push_back(map);
    for (float& value : made.back()) value += static_cast<float>(noise(random));
  }
  const int64_t channels = truth.kind.components();
  const int64_t row = truth.size.width * channels;
  made.push_back(map);
  for (size_t i = 0; i < map.size(); ++i) {
    const size_t below = i + static_cast<size_t>(row), right = i + static_cast<size_t>(channels);
    made.back()[i] =
        (map[i] + map[below < map.size() ? below : i] + map[right < map.size() ? right : i]) / 3;
  }
  const Picture picture = decode_or_fail(file).picture;
  made.push_back(map);
  for (int64_t y = 0; y < truth.size.height; ++y)
    picture.load_row(y, 0, static_cast<int>(channels), made.back().data() + y * row);
  made.push_back(std::vector<float>(map.size(), 0.5f));
  return made;
}

// In f32, samples of up to 255 * 1.772 (of blue from chroma) pass about 16 roundings on their way
// to coefficients and back: an error e of a sample is then wrong by at most this, its square by
// 2 |e| times that, and a sum of squares S of n samples by 2 sqrt(n S) times that.
constexpr double kRounding = 16 * 452 * 0x1p-24;

double rounding_of_sum(double sum, int64_t samples) {
  return 2 * std::sqrt(sum * static_cast<double>(samples)) * kRounding +
         static_cast<double>(samples) * kRounding * kRounding;
}

const std::vector<int> kQualities = {1, 5, 10, 20, 40, 75, 90, 97, 100};

TEST(JpegProjection, LeavesWhatWasEncodedAsItIs) {
  for (const JpegKind& kind : jpeg_kinds()) {
    for (const Size size : {Size{1, 1}, {16, 32}, {24, 33}, {37, 24}, {45, 61}}) {
      const JpegTruth truth = make_truth(kind, size, kSeed);
      for (const int quality : kQualities) {
        const std::vector<float> map = map_of(truth);
        const JpegCoefficients file = coefficients_of(write_truth(truth, quality));
        EXPECT_TRUE(projected(file, map, size, kind.components()) == map)
            << kind.name << " " << size.height << " x " << size.width << " at " << quality;
      }
    }
  }
}

// Block by block where blocks lie within the picture; over all of it where it ends within blocks.
TEST(JpegProjection, NeverMovesAwayFromWhatWasEncoded) {
  for (const JpegKind& kind : jpeg_kinds()) {
    for (const Size size : {Size{5, 3}, {32, 64}, {41, 38}}) {
      const JpegTruth truth = make_truth(kind, size, kSeed + 1);
      for (const int quality : kQualities) {
        SCOPED_TRACE(testing::Message() << kind.name << " " << size.height << " x " << size.width
                                        << " at " << quality);
        const File file = write_truth(truth, quality);
        const JpegCoefficients coefficients = coefficients_of(file);
        size_t number = 0;
        for (const std::vector<float>& guess : guesses(truth, file)) {
          const std::vector<float> map = projected(coefficients, guess, size, kind.components());
          for (int c = 0; c < kind.components(); ++c) {
            const double before = squared_error(truth, guess, c);
            const double after = squared_error(truth, map, c);
            EXPECT_TRUE(after <= before + rounding_of_sum(before, size.area()))
                << "guess " << number << " component " << c << ": " << before << " to " << after;
          }
          for (int64_t y = 0; y + 32 <= size.height; y += 32) {
            for (int64_t x = 0; x + 32 <= size.width; x += 32) {
              for (int c = 0; c < kind.components(); ++c) {
                const double before = squared_error(truth, guess, c, y, x, 32);
                const double after = squared_error(truth, map, c, y, x, 32);
                EXPECT_TRUE(after <= before + rounding_of_sum(before, 32 * 32))
                    << "guess " << number << " at " << y << " " << x;
              }
            }
          }
          ++number;
        }
      }
    }
  }
}

// A guess that is off by much comes much nearer: the box is no formality.
TEST(JpegProjection, HelpsWhereAGuessIsWorseThanTheFile) {
  for (const JpegKind& kind : jpeg_kinds()) {
    const JpegTruth truth = make_truth(kind, {64, 64}, kSeed + 2);
    const File file = write_truth(truth, 90);
    const std::vector<float> guess = guesses(truth, file)[2];
    const std::vector<float> map =
        projected(coefficients_of(file), guess, truth.size, kind.components());
    for (int c = 0; c < kind.components(); ++c) {
      // Of noise of sigma 30 a box of coarse chroma sees what the cells' means have.
      const int pixels = c == 0 ? 1 : kind.cell_height * kind.cell_width;
      EXPECT_LT(squared_error(truth, map, c), (1 - 0.4 / pixels) * squared_error(truth, guess, c))
          << kind.name << " " << c;
    }
  }
}

// Once projected a picture lies in the box: to project it again moves nothing by more than
// rounding, and its blocks, encoded again, have the levels of the file.
TEST(JpegProjection, EndsInsideTheBox) {
  for (const JpegKind& kind : jpeg_kinds()) {
    const JpegTruth truth = make_truth(kind, {64, 64}, kSeed + 3);
    for (const int quality : {10, 40, 90}) {
      const JpegCoefficients file = coefficients_of(write_truth(truth, quality));
      for (const std::vector<float>& guess : guesses(truth, write_truth(truth, quality))) {
        const std::vector<float> once = projected(file, guess, truth.size, kind.components());
        const std::vector<float> twice = projected(file, once, truth.size, kind.components());
        double furthest = 0;
        for (size_t i = 0; i < once.size(); ++i)
          furthest = std::max(furthest, std::abs(255.0 * (once[i] - twice[i])));
        EXPECT_TRUE(furthest <= 64 * kRounding)
            << kind.name << " at " << quality << ": " << furthest;
      }
    }
  }
}

TEST(JpegProjection, TakesLumaAlone) {
  const JpegTruth truth = make_truth({"4:2:0", JpegColour::kYcbcr, 2, 2}, {40, 52}, kSeed + 4);
  const JpegCoefficients file = coefficients_of(write_truth(truth, 30));
  JpegTruth luma{{"gray", JpegColour::kGray}, truth.size, {}};
  for (size_t i = 0; i < truth.samples.size(); i += 3) luma.samples.push_back(truth.samples[i]);
  std::vector<float> guess = map_of(luma);
  EXPECT_TRUE(projected(file, guess, truth.size, 1) == guess);
  std::mt19937 random(kSeed);
  std::normal_distribution<float> noise(0, 20.0f / 255);
  for (float& value : guess) value += noise(random);
  EXPECT_LT(squared_error(luma, projected(file, guess, truth.size, 1), 0),
            squared_error(luma, guess, 0));
}

// Gray from three equal channels, as a colour network gives it.
TEST(JpegProjection, TakesGrayFilesAsColour) {
  const JpegTruth truth = make_truth({"gray", JpegColour::kGray}, {24, 31}, kSeed + 5);
  const File file = write_truth(truth, 20);
  const std::vector<float> guess = guesses(truth, file)[1];
  std::vector<float> spread;
  for (const float value : guess) spread.insert(spread.end(), 3, value);
  const std::vector<float> gray = projected(coefficients_of(file), guess, truth.size, 1);
  const std::vector<float> colour = projected(coefficients_of(file), spread, truth.size, 3);
  for (size_t i = 0; i < gray.size(); ++i) {
    for (size_t c = 0; c < 3; ++c)
      EXPECT_NEAR(255 * colour[3 * i + c], 255 * gray[i], 2 * kRounding);
  }
}

TEST(JpegProjection, WorksInTheFilesOwnOrientation) {
  const JpegTruth truth = make_truth({"4:2:0", JpegColour::kYcbcr, 2, 2}, {21, 35}, kSeed + 6);
  const File file = write_truth(truth, 15);
  const std::vector<float> guess = guesses(truth, file)[1];
  const std::vector<float> upright = projected(coefficients_of(file), guess, truth.size, 3);
  const auto turned = [&](const std::vector<float>& map, int orientation) {
    const TurnedLayout layout = turned_layout(truth.size, truth.size.width * 3, 3, orientation);
    std::vector<float> made;
    for (int64_t y = 0; y < layout.size.height; ++y) {
      for (int64_t x = 0; x < layout.size.width; ++x) {
        const float* const pixel =
            map.data() + layout.origin + y * layout.row_step + x * layout.column_step;
        made.insert(made.end(), pixel, pixel + 3);
      }
    }
    return made;
  };
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const JpegCoefficients coefficients =
        coefficients_of(with_jpeg_segment(file, 0xe1, exif_segment(exif_block(orientation, true))));
    EXPECT_EQ(coefficients.orientation, orientation);
    const Size size = orientation >= 5 ? Size{truth.size.width, truth.size.height} : truth.size;
    EXPECT_TRUE(projected(coefficients, turned(guess, orientation), size, 3) ==
                turned(upright, orientation))
        << orientation;
  }
}

TEST(JpegProjection, DoesNotDependOnThreads) {
  const JpegTruth truth = make_truth({"4:2:2", JpegColour::kYcbcr, 1, 2}, {77, 61}, kSeed + 7);
  const File file = write_truth(truth, 30);
  const JpegCoefficients coefficients = coefficients_of(file);
  const std::vector<float> guess = guesses(truth, file)[1];
  const std::vector<float> one = projected(coefficients, guess, truth.size, 3);
  for (const int threads : {2, 5})
    EXPECT_TRUE(projected(coefficients, guess, truth.size, 3, threads) == one) << threads;
}

// What the scans have not told binds nothing.
TEST(JpegProjection, HoldsOnlyToWhatIsKnown) {
  static const jpeg_scan_info kScans[] = {
      {1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 2, 0, 0}, {1, {0}, 3, 5, 0, 1}};
  const JpegTruth truth = make_truth({"gray", JpegColour::kGray}, {40, 40}, kSeed + 8);
  const JpegCoefficients file =
      coefficients_of(write_truth(truth, 80, [](jpeg_compress_struct& info) {
        info.scan_info = kScans;
        info.num_scans = 3;
      }));
  const std::vector<float> map = map_of(truth);
  EXPECT_TRUE(projected(file, map, truth.size, 1) == map);
}

// The levels of a damaged file may be anything; what comes of them is finite.
TEST(JpegProjection, SurvivesDamage) {
  const JpegTruth truth = make_truth({"4:2:0", JpegColour::kYcbcr, 2, 2}, {21, 35}, kSeed + 9);
  const File file = write_truth(truth, 70);
  const std::vector<float> map = map_of(truth);
  std::mt19937 random(kSeed);
  int projections = 0;
  for (int round = 0; round < 2000; ++round) {
    File damaged = file;
    for (int hits = 1 + static_cast<int>(random() % 3); hits > 0; --hits)
      damaged[random() % damaged.size()] ^= std::byte(1u << random() % 8);
    Limits limits;
    limits.max_pixels = 1 << 16;
    const auto read = read_jpeg_coefficients(damaged, kName, limits);
    if (!read || !*read) continue;
    ThreadTeam team(1);
    std::vector<float> guess = map;
    const Status status = project_onto_jpeg(**read, guess, truth.size, 3, team);
    ++projections;
    if (!status) {
      EXPECT_EQ(status.error().code, ErrorCode::kUsage);
      continue;
    }
    EXPECT_TRUE(std::all_of(guess.begin(), guess.end(), [](float v) { return std::isfinite(v); }));
  }
  EXPECT_GT(projections, 20);
}

TEST(JpegProjection, RefusesWhatDoesNotBelongToTheFile) {
  const JpegTruth truth = make_truth({"RGB", JpegColour::kRgb}, {20, 30}, kSeed);
  const JpegCoefficients file = coefficients_of(write_truth(truth, 50));
  ThreadTeam team(1);
  std::vector<float> map(20 * 30 * 3);
  EXPECT_FALSE(project_onto_jpeg(file, map, {30, 20}, 3, team));
  EXPECT_FALSE(project_onto_jpeg(file, map, {40, 60}, 3, team));
  EXPECT_FALSE(project_onto_jpeg(file, std::span(map).first(600), {20, 30}, 1, team));
  EXPECT_TRUE(project_onto_jpeg(file, map, {20, 30}, 3, team));
}

}  // namespace
}  // namespace fovea::codecs

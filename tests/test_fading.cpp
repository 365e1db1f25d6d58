// Fading that is known, and how much of it is undone.
#include "engine/fading.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/random_values.h"

namespace fovea {
namespace {

// Noise over the whole range, each channel with black and white in it.
Picture lively_picture(Size size, int channels, int depth) {
  test::RandomValues random(11);
  Picture picture = *Picture::create(size, channels, depth);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c)
        picture.set_sample(y, x, c, random.integer(0, picture.max_sample()));
    }
  }
  // More than a thousandth of all at both ends.
  for (int64_t x = 0; x < size.width; ++x) {
    for (int c = 0; c < channels; ++c) {
      picture.set_sample(0, x, c, 0);
      picture.set_sample(1, x, c, picture.max_sample());
    }
  }
  return picture;
}

constexpr std::array<double, 3> kBlack = {0.20, 0.15, 0.10};
constexpr std::array<double, 3> kWhite = {0.90, 0.80, 0.60};  // less of blue: yellow

Picture faded(const Picture& picture) {
  Picture result = *picture.copy();
  const auto most = static_cast<double>(picture.max_sample());
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < picture.colour_channels(); ++c) {
        const auto i = static_cast<size_t>(c);
        const double x_c = static_cast<double>(picture.sample(y, x, c)) / most;
        const double y_c = kBlack[i] + (kWhite[i] - kBlack[i]) * x_c;
        result.set_sample(y, x, c, std::llround(y_c * most));
      }
    }
  }
  return result;
}

// The largest difference of samples [first, first + count), of 0...1.
double distance(const Picture& a, const Picture& b, int first, int count) {
  double most = 0;
  for (int64_t y = 0; y < a.height(); ++y) {
    for (int64_t x = 0; x < a.width(); ++x) {
      for (int c = first; c < first + count; ++c) {
        const auto difference = static_cast<double>(a.sample(y, x, c) - b.sample(y, x, c));
        most = std::max(most, std::abs(difference));
      }
    }
  }
  return most / static_cast<double>(a.max_sample());
}

TEST(Fading, IsUndone) {
  for (const int depth : {8, 16}) {
    for (const int channels : {1, 2, 3, 4}) {
      for (const int threads : {1, 3}) {
        ThreadTeam team(threads);
        const Picture clean = lively_picture({40, 60}, channels, depth);
        const Picture old = faded(clean);
        Picture result = *old.copy();
        undo_fading(result, 1, team);
        const int colours = clean.colour_channels();
        EXPECT_GT(distance(old, clean, 0, colours), 0.1);
        // Rounded to samples of the faded picture, whose range is half of the clean one's, and then
        // to those of the result: half a sample each, and as much at each end.
        const double sample = 1 / static_cast<double>(clean.max_sample());
        EXPECT_LE(distance(result, clean, 0, colours), 4 * sample) << depth << " " << channels;
        EXPECT_EQ(distance(result, old, colours, channels - colours), 0) << "alpha";
      }
    }
  }
}

TEST(Fading, StrengthIsTheShareOfTheWay) {
  ThreadTeam team(1);
  const Picture old = faded(lively_picture({30, 50}, 3, 16));
  Picture none = *old.copy(), half = *old.copy(), all = *old.copy();
  undo_fading(none, 0, team);
  undo_fading(half, 0.5, team);
  undo_fading(all, 1, team);
  EXPECT_EQ(distance(none, old, 0, 3), 0);
  for (int64_t x = 0; x < old.width(); ++x) {
    for (int c = 0; c < 3; ++c) {
      const double middle = 0.5 * static_cast<double>(old.sample(7, x, c) + all.sample(7, x, c));
      EXPECT_LE(std::abs(static_cast<double>(half.sample(7, x, c)) - middle), 1.0);
    }
  }
}

TEST(Fading, IsNotSeenWhereThereIsNone) {
  ThreadTeam team(1);
  for (const int depth : {8, 16}) {
    const Picture clean = lively_picture({40, 60}, 4, depth);
    Picture result = *clean.copy();
    undo_fading(result, 1, team);
    EXPECT_EQ(distance(result, clean, 0, 4), 0);
  }
}

TEST(Fading, SpecksOfDustDoNotHideIt) {
  ThreadTeam team(1);
  const Picture clean = lively_picture({100, 100}, 3, 8);
  Picture old = faded(clean);
  // 9 of 10 000 pixels, brighter and darker than any of the print.
  for (int64_t x = 0; x < 9; ++x) {
    for (int c = 0; c < 3; ++c) old.set_sample(50, x, c, x % 2 == 0 ? 255 : 0);
  }
  Picture result = *old.copy();
  undo_fading(result, 1, team);
  for (int64_t x = 0; x < 9; ++x) {
    for (int c = 0; c < 3; ++c) result.set_sample(50, x, c, clean.sample(50, x, c));
  }
  EXPECT_LE(distance(result, clean, 0, 3), 4.0 / 255);
}

TEST(Fading, FlatPicturesAreNotBlownUp) {
  ThreadTeam team(1);
  Picture flat = *Picture::create({20, 20}, 3, 8);
  for (int64_t y = 0; y < 20; ++y) {
    for (int64_t x = 0; x < 20; ++x) {
      for (int c = 0; c < 3; ++c) flat.set_sample(y, x, c, 128 + x % 2);
    }
  }
  undo_fading(flat, 1, team);
  for (int64_t x = 0; x < 20; ++x) {
    // One sample apart; 4 at most afterwards.
    EXPECT_EQ(flat.sample(3, x, 0), x % 2 == 0 ? 0 : 4);
  }
}

}  // namespace
}  // namespace fovea

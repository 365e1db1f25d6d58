#include "engine/fading.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace fovea {
namespace {

// A clean photograph has some pixels of black and white; dust is less than this.
constexpr double kBeyond = 0.001;
// Less than this of 0...1 is no photograph any more, and noise if it were stretched.
constexpr double kLeastRange = 0.25;

using Counts = std::vector<int64_t>;  // by sample

Counts count_samples(const Picture& picture, int channel) {
  Counts counts(static_cast<size_t>(picture.max_sample() + 1), 0);
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x)
      ++counts[static_cast<size_t>(picture.sample(y, x, channel))];
  }
  return counts;
}

// The sample that a share kBeyond of all lies beyond, from `first` on by `step`.
int64_t end_of(const Counts& counts, int64_t first, int64_t step, double pixels) {
  int64_t beyond = 0, sample = first;
  const int64_t last = std::ssize(counts) - 1 - first;
  while (sample != last) {
    beyond += counts[static_cast<size_t>(sample)];
    if (static_cast<double>(beyond) > kBeyond * pixels) break;
    sample += step;
  }
  return sample;
}

// What becomes of each sample.
std::vector<int64_t> curve_of(const Counts& counts, double pixels, double strength) {
  const int64_t most = std::ssize(counts) - 1;
  const auto largest = static_cast<double>(most);
  const double black = static_cast<double>(end_of(counts, 0, 1, pixels)) / largest;
  const double white = static_cast<double>(end_of(counts, most, -1, pixels)) / largest;
  const double range = std::max(white - black, kLeastRange);
  std::vector<int64_t> curve(counts.size());
  for (int64_t sample = 0; sample <= most; ++sample) {
    const double faded = static_cast<double>(sample) / largest;
    const double stretched = std::clamp((faded - black) / range, 0.0, 1.0);
    const double mixed = faded + strength * (stretched - faded);
    curve[static_cast<size_t>(sample)] = std::llround(mixed * largest);
  }
  return curve;
}

}  // namespace

void undo_fading(Picture& picture, double strength, ThreadTeam& team) {
  if (!(strength > 0)) return;
  const double pixels =
      static_cast<double>(picture.width()) * static_cast<double>(picture.height());
  std::array<std::vector<int64_t>, 3> curves;
  const int channels = picture.colour_channels();
  team.run(channels, [&](int64_t c, int) {
    const int channel = static_cast<int>(c);
    curves[static_cast<size_t>(c)] =
        curve_of(count_samples(picture, channel), pixels, std::min(strength, 1.0));
  });
  team.run(picture.height(), [&](int64_t y, int) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < channels; ++c) {
        const auto sample = static_cast<size_t>(picture.sample(y, x, c));
        picture.set_sample(y, x, c, curves[static_cast<size_t>(c)][sample]);
      }
    }
  });
}

}  // namespace fovea

#include "tools/codecs/jpeg_projection.h"

#include <algorithm>
#include <cmath>

#include "tools/codecs/dct8.h"
#include "tools/codecs/orientation.h"

namespace fovea::codecs {
namespace {

constexpr int64_t kSide = 8;
constexpr float kSampleRange = 255;

// For blocks that reach beyond the picture.
constexpr int kMostRounds = 60;

// A component's sample of a pixel is offset + 255 * (from . pixel); a sample that grows by e moves
// the pixel by to * e / 255.
struct Axis {
  std::array<float, 3> from;
  std::array<float, 3> to;
  float offset;
};

// JFIF's Y, Cb, Cr, less what T.81 §A.3.1 takes off before the transform.
constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;
constexpr float share(double value) { return static_cast<float>(value); }
constexpr float kMiddle = -128;
constexpr Axis kYcbcr[3] = {{{share(kRed), share(kGreen), share(kBlue)}, {1, 1, 1}, kMiddle},
                            {{share(-kRed / 1.772), share(-kGreen / 1.772), 0.5f},
                             {0, share(-1.772 * kBlue / kGreen), share(1.772)},
                             0},
                            {{0.5f, share(-kGreen / 1.402), share(-kBlue / 1.402)},
                             {share(1.402), share(-1.402 * kRed / kGreen), 0},
                             0}};
constexpr Axis kRgb[3] = {{{1, 0, 0}, {1, 0, 0}, kMiddle},
                          {{0, 1, 0}, {0, 1, 0}, kMiddle},
                          {{0, 0, 1}, {0, 0, 1}, kMiddle}};
constexpr Axis kGray = {{1, 0, 0}, {1, 0, 0}, kMiddle};

// The upright map as the file stores its picture.
struct StoredMap {
  float* first;
  TurnedLayout layout;
  int64_t channels;

  float* pixel(int64_t y, int64_t x) const {
    return first + layout.origin + y * layout.row_step + x * layout.column_step;
  }
};

class ComponentProjection {
 public:
  ComponentProjection(const StoredMap& map, const Axis& axis, const JpegComponent& component)
      : map_(map), axis_(axis), component_(component) {}

  void project_block(int64_t row, int64_t column) const;

 private:
  // A block's samples: the part of each that comes of the picture's pixels, and how much of it
  // (`free`) is the mean of pixels beyond the picture, which `beyond` guesses.
  struct Samples {
    Block seen;
    Block free;
    Block beyond;
    bool is_whole = true;
  };
  // The pixels of the picture that a sample stands for.
  struct Cell {
    int64_t y, x, height, width;
  };

  Cell cell(int64_t row, int64_t column, int64_t i) const;
  Samples gather(int64_t row, int64_t column) const;
  bool find_corrections(int64_t row, int64_t column, const Block& samples,
                        Block& corrections) const;
  double safe_share(const Samples& samples, const Block& corrections) const;
  void project_border(int64_t row, int64_t column, Samples& samples) const;
  void scatter(int64_t row, int64_t column, const Block& corrections, float share) const;

  const StoredMap& map_;
  const Axis& axis_;
  const JpegComponent& component_;
};

ComponentProjection::Cell ComponentProjection::cell(int64_t row, int64_t column, int64_t i) const {
  const Size size = map_.layout.size;
  const int64_t y = (row * kSide + i / kSide) * component_.cell_height;
  const int64_t x = (column * kSide + i % kSide) * component_.cell_width;
  return {y, x, std::clamp<int64_t>(size.height - y, 0, component_.cell_height),
          std::clamp<int64_t>(size.width - x, 0, component_.cell_width)};
}

ComponentProjection::Samples ComponentProjection::gather(int64_t row, int64_t column) const {
  Samples samples;
  const auto all = static_cast<float>(component_.cell_height * component_.cell_width);
  int64_t last_row = 0, last_column = 0;
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const Cell here = cell(row, column, i);
    float sum = 0;
    for (int64_t y = here.y; y < here.y + here.height; ++y) {
      for (int64_t x = here.x; x < here.x + here.width; ++x) {
        const float* const pixel = map_.pixel(y, x);
        for (int64_t c = 0; c < map_.channels; ++c) sum += axis_.from[c] * pixel[c];
      }
    }
    const auto visible = static_cast<float>(here.height * here.width);
    samples.seen[i] = (kSampleRange * sum + visible * axis_.offset) / all;
    samples.free[i] = 1 - visible / all;
    samples.is_whole &= visible == all;
    samples.beyond[i] = visible > 0 ? samples.seen[i] * all / visible : 0;
    if (visible > 0) {
      last_row = std::max(last_row, i / kSide);
      last_column = std::max(last_column, i % kSide);
    }
  }
  // Where nothing is seen the guess is the nearest sample, as most encoders fill their blocks.
  for (int64_t i = 0; !samples.is_whole && i < kSide * kSide; ++i) {
    const int64_t near = std::min(i / kSide, last_row) * kSide + std::min(i % kSide, last_column);
    samples.beyond[i] = samples.beyond[near];
  }
  return samples;
}

// What the samples lack to lie within the box; false where they lack nothing.
bool ComponentProjection::find_corrections(int64_t row, int64_t column, const Block& samples,
                                           Block& corrections) const {
  const int16_t* const levels =
      component_.levels.data() + (row * component_.blocks.width + column) * kSide * kSide;
  Block coefficients;
  forward_dct(samples, coefficients);
  bool found = false;
  for (size_t i = 0; i < component_.steps.size(); ++i) {
    const auto step = static_cast<float>(component_.steps[i]);
    const float half = step / 2 + kCoefficientSlack;
    const float centre = step * static_cast<float>(levels[i]);
    const float held = component_.known[i]
                           ? std::clamp(coefficients[i], centre - half, centre + half)
                           : coefficients[i];
    coefficients[i] = held - coefficients[i];
    found |= coefficients[i] != 0;
  }
  if (found) inverse_dct(coefficients, corrections);
  return found;
}

void ComponentProjection::scatter(int64_t row, int64_t column, const Block& corrections,
                                  float share) const {
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const Cell here = cell(row, column, i);
    const float move = share * corrections[i] / kSampleRange;
    for (int64_t y = here.y; y < here.y + here.height; ++y) {
      for (int64_t x = here.x; x < here.x + here.width; ++x) {
        float* const pixel = map_.pixel(y, x);
        for (int64_t c = 0; c < map_.channels; ++c) pixel[c] += axis_.to[c] * move;
      }
    }
  }
}

// How far the pixels of the picture may go along the corrections e of (seen, beyond) = (s, b)
// without getting further from the truth (s', b'), whatever that is: a projection's corrections
// have <e, (s, b) - (s', b')> <= -|e|^2, of which the part of the seen pixels is at most
// -|e|^2 + |e_b| |b - b'|; and |s + a e_s - s'|^2 = |s - s'|^2 + 2 a <e_s, s - s'> + a^2 |e_s|^2.
double ComponentProjection::safe_share(const Samples& samples, const Block& corrections) const {
  double seen = 0, beyond = 0, distance = 0;
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const double free = samples.free[i];
    const double square = double{corrections[i]} * corrections[i];
    seen += (1 - free) * square;
    beyond += free * square;
    // With offsets taken off, samples are within half their range of 0.
    const double furthest = std::abs(samples.beyond[i]) - kMiddle;
    distance += free * furthest * furthest;
  }
  return seen > 0 ? 2 * (seen + beyond - std::sqrt(beyond * distance)) / seen : 0;
}

// Where the block reaches beyond the picture, the set is what remains of the box when the pixels
// there may be anything. Its nearest point is where alternating projections end (Cheney & Goldstein
// 1959, Proc. AMS 10): onto the box, then back to the pixels that are seen, keeping the others.
// Nesterov's momentum (as in FISTA, Beck & Teboulle 2009) makes it take a few rounds.
void ComponentProjection::project_border(int64_t row, int64_t column, Samples& samples) const {
  Block values, corrections, before;
  std::copy(std::begin(samples.beyond), std::end(samples.beyond), before);
  float momentum = 1;
  for (int round = 1;; ++round) {
    for (int i = 0; i < kSide * kSide; ++i)
      values[i] = samples.seen[i] + samples.free[i] * samples.beyond[i];
    if (!find_corrections(row, column, values, corrections)) return;
    const double share = safe_share(samples, corrections);
    if (share >= 1 || round == kMostRounds) {
      if (share > 0) scatter(row, column, corrections, static_cast<float>(std::min(share, 1.0)));
      return;
    }
    const float next = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    for (int i = 0; i < kSide * kSide; ++i) {
      const float moved = samples.beyond[i] + corrections[i];
      samples.beyond[i] = moved + (momentum - 1) / next * (moved - before[i]);
      before[i] = moved;
    }
    momentum = next;
  }
}

void ComponentProjection::project_block(int64_t row, int64_t column) const {
  Samples samples = gather(row, column);
  if (!samples.is_whole) {
    project_border(row, column, samples);
    return;
  }
  Block corrections;
  if (find_corrections(row, column, samples.seen, corrections))
    scatter(row, column, corrections, 1);
}

const Axis& axis_of(const JpegCoefficients& file, size_t component, int64_t channels) {
  if (channels == 1) return kGray;
  return file.colour == JpegColour::kRgb ? kRgb[component] : kYcbcr[component];
}

int64_t blocks_for(int64_t pixels, int64_t cell) {
  const int64_t block = kSide * cell;
  return (pixels + block - 1) / block;
}

}  // namespace

Status project_onto_jpeg(const JpegCoefficients& file, std::span<float> map, Size size,
                         int64_t channels, ThreadTeam& team) {
  const int back = inverse_orientation(file.orientation);
  const StoredMap stored{map.data(), turned_layout(size, size.width * channels, channels, back),
                         channels};
  if (!(stored.layout.size == file.size) ||
      map.size() != static_cast<size_t>(size.area() * channels)) {
    return fail(ErrorCode::kUsage, "a result of {} x {} does not belong to a JPEG of {} x {}",
                size.width, size.height, file.size.width, file.size.height);
  }
  if (channels != 3 && (channels != 1 || file.colour == JpegColour::kRgb))
    return fail(ErrorCode::kUsage, "a result of {} channels cannot be compared with this JPEG",
                channels);
  const size_t count = channels == 1 ? 1 : file.components.size();
  for (size_t i = 0; i < count; ++i) {
    const JpegComponent& component = file.components[i];
    const Size blocks = {blocks_for(file.size.height, component.cell_height),
                         blocks_for(file.size.width, component.cell_width)};
    if (!(component.blocks == blocks))
      return fail(ErrorCode::kUsage, "component {} has {} x {} blocks, not {} x {}", i,
                  component.blocks.width, component.blocks.height, blocks.width, blocks.height);
    const ComponentProjection projection(stored, axis_of(file, i, channels), component);
    team.run(component.blocks.height, [&](int64_t row, int) {
      for (int64_t column = 0; column < component.blocks.width; ++column)
        projection.project_block(row, column);
    });
  }
  return {};
}

}  // namespace fovea::codecs

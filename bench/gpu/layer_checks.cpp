#include "bench/gpu/layer_checks.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "bench/gpu/layer_problem.h"
#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {
namespace {

constexpr int64_t kSampledPixels = 100;
constexpr int64_t kRowPadding = 3;

/// Twice the l2 error of rounding the result alone. Rounding to p bits is off by at most 2^-p of a
/// value, evenly, and values spread evenly over a binade: 2^-p / sqrt(3) times about 3/4 in l2.
double tolerance_of(ElementType type) {
  const double unit = type == ElementType::kF16 ? 0x1p-11 : 0x1p-8;
  return 2.0 * unit * 0.75 / std::sqrt(3.0) * 1.2;  // 1.2: few values do not spread evenly
}

/// Corners, and others at random; all where there are few.
std::vector<LayerSize> sampled_pixels(int64_t height, int64_t width, uint32_t seed) {
  std::vector<LayerSize> pixels;
  if (height * width <= kSampledPixels) {
    for (int64_t y = 0; y < height; y++) {
      for (int64_t x = 0; x < width; x++) pixels.push_back({y, x});
    }
    return pixels;
  }
  for (int64_t y : {int64_t{0}, int64_t{1}, height - 1}) {
    for (int64_t x : {int64_t{0}, int64_t{1}, width - 1})
      pixels.push_back({std::min(y, height - 1), std::min(x, width - 1)});
  }
  std::mt19937 generator(seed);
  while (static_cast<int64_t>(pixels.size()) < kSampledPixels)
    pixels.push_back(
        {static_cast<int64_t>(generator()) % height, static_cast<int64_t>(generator()) % width});
  return pixels;
}

bool is_finite(uint16_t bits, ElementType type) {
  const uint16_t exponent = type == ElementType::kF16 ? 0x7c00 : 0x7f80;
  return (bits & exponent) != exponent;
}

void look_at_all(const PoisonedMap& output, const std::vector<uint16_t>& values,
                 LayerCheck& result) {
  const DeviceMap& map = output.map();
  result.padding_is_zero = true;
  for (int64_t plane = 0; plane < map.planes(); plane++) {
    for (int64_t row = 0; row < map.height; row++) {
      const int64_t begin = output.place(plane, row, 0);
      for (int64_t i = 0; i < map.width * kPlaneChannels; i++) {
        const uint16_t bits = values[static_cast<size_t>(begin + i)];
        if (plane * kPlaneChannels + i % kPlaneChannels >= map.channels) {
          result.padding_is_zero = result.padding_is_zero && (bits & 0x7fff) == 0;
        } else if (!is_finite(bits, map.type)) {
          result.not_finite++;
        }
      }
    }
  }
}

using Expected = std::function<double(int64_t row, int64_t column, int64_t channel)>;

void compare(const PoisonedMap& output, const std::vector<uint16_t>& values, uint32_t seed,
             const Expected& expected, LayerCheck& result) {
  const DeviceMap& map = output.map();
  double difference = 0.0, size = 0.0;
  for (const LayerSize& pixel : sampled_pixels(map.height, map.width, seed)) {
    for (int64_t c = 0; c < map.channels; c++) {
      const int64_t place =
          output.place(c / kPlaneChannels, pixel.height, pixel.width) + c % kPlaneChannels;
      const double found = from_16_bits(map.type, values[static_cast<size_t>(place)]);
      const double wanted = expected(pixel.height, pixel.width, c);
      difference += (found - wanted) * (found - wanted);
      size += wanted * wanted;
      // A NaN stays: neither is it less, nor the other way round.
      const double off = std::abs(found - wanted);
      if (!(off <= result.max_error)) result.max_error = off;
    }
  }
  result.relative_error = std::sqrt(difference / size);
}

}  // namespace

std::vector<LayerSize> checked_sizes(bool small) {
  if (small) return {{7, 5}, {65, 33}};
  return {{1, 1}, {7, 5}, {64, 64}, {65, 33}, {500, 311}, {24, 1280}};
}

LayerCheck check_output(const PoisonedMap& output, const std::vector<uint16_t>& first,
                        const std::vector<uint16_t>& again, uint32_t seed,
                        const Expected& expected) {
  LayerCheck result;
  look_at_all(output, first, result);
  compare(output, first, seed, expected, result);
  result.tolerance = tolerance_of(output.map().type);
  result.guards_intact = output.guards_intact(first);
  result.deterministic = first == again;
  result.ok = result.relative_error <= result.tolerance && result.not_finite == 0 &&
              result.padding_is_zero && result.guards_intact && result.deterministic;
  return result;
}

CudaError check_layer(const MeasuredLayer& layer, const MeasuredKernel& kernel, LayerSize size,
                      uint32_t seed, int capability, bool& supported, LayerCheck& result) {
  LayerProblem problem(layer, size.height, size.width, kRowPadding, seed);
  if (CudaError error = problem.prepare(1)) return error;
  supported = problem.choose(kernel, capability);
  if (!supported) return 0;
  if (CudaError error = problem.upload_weights()) return error;
  const PoisonedMap& output = *problem.maps(0).output;
  const int64_t rows = problem.output_height();

  std::vector<uint16_t> first, again, parts;
  if (CudaError error = problem.launch(0, 0, rows, nullptr)) return error;
  if (CudaError error = output.download(first, nullptr)) return error;
  const auto poison = [&] { return problem.maps(0).output->poison(nullptr); };
  if (CudaError error = poison()) return error;
  if (CudaError error = problem.launch(0, 0, rows, nullptr)) return error;
  if (CudaError error = output.download(again, nullptr)) return error;
  parts = again;
  if (rows > 1) {
    if (CudaError error = poison()) return error;
    const int64_t middle = rows / 3 + 1;
    if (CudaError error = problem.launch(0, middle, rows, nullptr)) return error;
    if (CudaError error = problem.launch(0, 0, middle, nullptr)) return error;
    if (CudaError error = output.download(parts, nullptr)) return error;
  }
  result = check_output(output, first, again, seed, [&](int64_t row, int64_t column, int64_t c) {
    return problem.expected(row, column, c);
  });
  result.guards_intact = result.guards_intact && output.guards_intact(parts);
  result.deterministic = result.deterministic && first == parts;
  result.ok = result.ok && result.guards_intact && result.deterministic;
  return 0;
}

}  // namespace fovea::cuda

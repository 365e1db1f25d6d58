// Correctness of kernels on the device at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "bench/gpu/measured_layers.h"
#include "bench/gpu/random_map.h"

namespace fovea::cuda {

struct LayerSize {
  int64_t height = 0;
  int64_t width = 0;
};

/// {1x1, 7x5, 64x64, 65x33, 500x311, a strip of 720p}; small: those that a sanitizer gets through.
std::vector<LayerSize> checked_sizes(bool small);

struct LayerCheck {
  double relative_error = 0.0;  // l2 over the sampled pixels, against f64
  double max_error = 0.0;
  double tolerance = 0.0;
  int64_t not_finite = 0;  // of all outputs: NaN is also what was not written
  bool padding_is_zero = false;
  bool guards_intact = false;
  bool deterministic = false;  // twice, and in two parts
  bool ok = false;
};

/// What `first` and `again`, two runs of a kernel as output.download() gave them, are like:
/// everything of LayerCheck. `expected` is asked for sampled pixels, all channels of one after the
/// other.
LayerCheck check_output(
    const PoisonedMap& output, const std::vector<uint16_t>& first,
    const std::vector<uint16_t>& again, uint32_t seed,
    const std::function<double(int64_t row, int64_t column, int64_t channel)>& expected);

/// Runs `kernel` on a problem. `supported` is false where there was nothing to run.
CudaError check_layer(const MeasuredLayer& layer, const MeasuredKernel& kernel, LayerSize size,
                      uint32_t seed, int capability, bool& supported, LayerCheck& result);

}  // namespace fovea::cuda

// Correctness of kernels on the device at hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/gpu/measured_layers.h"

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

/// Runs `kernel` on a problem. `supported` is false where there was nothing to run.
CudaError check_layer(const MeasuredLayer& layer, const MeasuredKernel& kernel, LayerSize size,
                      uint32_t seed, int capability, bool& supported, LayerCheck& result);

}  // namespace fovea::cuda

// Whether a network stands f16, the type of maps and weights on a GPU.
#pragma once

#include "engine/model.h"

namespace fovea::cli {

/// What a probe picture of 32x32 pixels (a ramp, noise, and edges from black to white) told.
struct HalfSafety {
  double largest_weight = 0;  ///< magnitude
  double largest_value = 0;   ///< magnitude of any value of any map, the network run in f32
  /// How far the result moves (root mean square), in steps of 1/255, with the weights and every map
  /// rounded to f16; infinite where that gives an infinity or a NaN.
  double result_error = 0;
  /// f16 holds 65504: values up to a 16th of that leave room for pictures that are not the probe.
  /// And the result moves by no more than rounding it to 8 bits moves it, 1 / sqrt(12) of a step.
  bool safe = false;
};

/// Runs the network twice on the CPU. kModel where it refuses the probe.
Result<HalfSafety> judge_half_safety(const Model& model);

}  // namespace fovea::cli

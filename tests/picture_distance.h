// How far one result of a network is from another, as people who look at the pictures count it.
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace fovea::test {

struct PictureDistance {
  int64_t samples = 0;
  int64_t differing = 0;  // of the 8-bit values
  int64_t steps = 0;      // the most an 8-bit value is off
  double squares = 0;
  double largest = 0;
  bool finite = true;

  /// dB, the range being 1.
  double psnr() const;
  /// Of 8-bit values that differ.
  double share() const { return static_cast<double>(differing) / static_cast<double>(samples); }
};

/// Between two maps of one shape; not finite when a value of either is not.
PictureDistance picture_distance(const Tensor& expected, const Tensor& actual);

}  // namespace fovea::test

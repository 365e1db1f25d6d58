// Which input samples each output sample of a resize reads, and with which weights: one axis of a
// separable resize.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/operators.h"

namespace fovea {

/// One axis of a Resize of `in_length` samples to `out_length`, by the conventions of MATLAB's
/// imresize: sample centres at half pixels, so that output o lies at input u = (o + 1/2) / s - 1/2
/// with s = out_length / in_length; the kernel stretched by 1/s when shrinking with antialiasing;
/// weights normalised to sum 1; samples beyond a border are the border's (old imresize; new
/// versions mirror). Kernels: bilinear 1-|t|; bicubic Keys 1981 with parameter a; Lanczos3 sinc(t)
/// sinc(t/3); nearest the sample whose cell holds u.
class ResizeTaps {
 public:
  ResizeTaps(const Resize& resize, int64_t in_length, int64_t out_length);

  /// The first and the last input sample that output `index` reads, within 0 ... in_length - 1.
  /// Neither falls as `index` grows.
  int64_t first(int64_t index) const;
  int64_t last(int64_t index) const;

  /// Weights of samples first(index) ... last(index), replacing what `weights` held.
  void weights(int64_t index, std::vector<double>& weights) const;

 private:
  double centre(int64_t index) const;
  double kernel(double t) const;
  int64_t clamp(int64_t sample) const;

  Resize resize_;
  int64_t in_length_;
  int64_t out_length_;
  double stretch_;  // >= 1: the kernel's width in input samples over its own
  double radius_;   // half the stretched kernel's width, in input samples
};

}  // namespace fovea

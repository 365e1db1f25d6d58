// A convolution with random maps and weights, its result in f64 from the same rounded values, and
// the ways in which tests run a kernel on it: whole maps, pieces of rows, rings.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/tensor.h"
#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"
#include "tests/emulation/map_buffer.h"

namespace fovea::test {

struct ConvolutionShape {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel_h = 0;
  int64_t kernel_w = 0;
  int64_t groups = 1;
  bool upsample = false;  ///< UpsampleConvolution; the kernel is 2x2 a phase
};

struct TrialEpilogue {
  cuda::EpilogueActivation activation = cuda::EpilogueActivation::kNone;
  int residuals = 0;
};

class ConvolutionTrial {
 public:
  /// Enqueues a kernel; the trial fills everything in `args` but the weights.
  using Launch = std::function<cuda::CudaError(const cuda::ConvolutionArgs& args)>;

  ConvolutionTrial(const ConvolutionShape& shape, Size input, cuda::ElementType type,
                   const TrialEpilogue& epilogue, uint32_t seed);

  /// (phases, out, in / groups, kernel_h, kernel_w), of values that `type` has.
  const std::vector<float>& weight() const { return weight_; }

  /// The output of one call for all rows. EXPECTs success, no fault of the kernel's, zeros in the
  /// channels that fill up the last plane and nothing else written.
  Tensor run_whole(const Launch& launch) const;
  /// EXPECTs the bits of `whole` from calls of `rows` rows each.
  void expect_same_in_pieces(const Launch& launch, const Tensor& whole, int64_t rows) const;
  /// The same on rings that hold no row more than a call needs.
  void expect_same_in_rings(const Launch& launch, const Tensor& whole, int64_t rows) const;
  /// The same with input and output as neighbours in one buffer of planes.
  void expect_same_in_place(const Launch& launch, const Tensor& whole) const;

  /// The output in f64, (rows, width, out).
  std::vector<double> expected() const;
  /// The error of `actual` in the norm of all values is at most twice that of one rounding of the
  /// expected values; in f32, where sums round too, at most that of all roundings.
  ::testing::AssertionResult is_accurate(const std::vector<double>& expected,
                                         const Tensor& actual) const;

  std::string name() const;

 private:
  Size output_size() const;
  RowRange rows_needed(RowRange rows) const;
  void run(const Launch& launch, const cuda::DeviceMap& input, const cuda::DeviceMap& output,
           const std::vector<MapBuffer>& residuals, RowRange rows) const;
  std::vector<MapBuffer> residual_buffers(RowRange rows, int64_t ring_rows) const;

  ConvolutionShape shape_;
  cuda::ElementType type_;
  TrialEpilogue epilogue_;
  uint32_t seed_;
  Tensor input_;
  std::vector<Tensor> residuals_;
  std::vector<float> weight_;
  std::vector<float> bias_;    // whole planes
  std::vector<float> slopes_;  // whole planes
};

}  // namespace fovea::test

// The layers that are checked and timed on a GPU, and the kernels that may run them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// One convolution of the networks, as the backend runs it, or two in one.
struct MeasuredLayer {
  std::string name;  // as in layers.py, which predicts its time
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int kernel = 3;
  EpilogueActivation activation = EpilogueActivation::kNone;
  int residuals = 0;
  int scale = 1;  // its map is so much larger than the network's input
  /// An UpsampleConvolution: four phases of 2x2, the output twice as large.
  bool upsample = false;
  ElementType type = ElementType::kF16;
  /// Outputs of a 3x3 convolution with LeakyReLU before it, of which it is the second; 0: none.
  int64_t middle_channels = 0;

  int64_t phases() const { return upsample ? 4 : 1; }
  int64_t taps() const { return upsample ? 4 : int64_t{kernel} * kernel; }
  int64_t output_scale() const { return upsample ? 2 : 1; }
  /// Multiply-adds of a pixel of the output.
  int64_t multiply_adds() const {
    return taps() * (in_channels * middle_channels + last_in_channels() * out_channels);
  }
  /// Values of its weights, (phases, out, in, taps); those of the first of two before the others.
  int64_t weight_count() const {
    return first_weights() + phases() * out_channels * last_weights();
  }
  int64_t first_weights() const { return taps() * in_channels * middle_channels; }
  int64_t last_weights() const { return taps() * last_in_channels(); }  // of an output
  int64_t last_in_channels() const { return middle_channels > 0 ? middle_channels : in_channels; }
};

/// Those of the networks, and some that only a check wants (bf16, odd channels).
std::vector<MeasuredLayer> timed_layers();
std::vector<MeasuredLayer> checked_layers();

/// A kernel behind one form of call.
struct MeasuredKernel {
  std::string name;
  bool (*supports)(const ConvolutionArgs& args, const MeasuredLayer& layer, int capability);
  /// `weights` as MeasuredLayer::weight_count says. For two convolutions bias and slopes are those
  /// of the second, whole planes of them, then those of the first.
  std::vector<uint8_t> (*pack)(const MeasuredLayer& layer, const std::vector<float>& weights);
  CudaError (*launch)(const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream);
  bool is_pair = false;  // of two convolutions in one
};

/// The fastest first.
const std::vector<MeasuredKernel>& measured_kernels();

}  // namespace fovea::cuda

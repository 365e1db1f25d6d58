// The layers that are checked and timed on a GPU, and the kernels that may run them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// One convolution of the networks, as the backend runs it.
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

  int64_t phases() const { return upsample ? 4 : 1; }
  int64_t taps() const { return upsample ? 4 : int64_t{kernel} * kernel; }
  int64_t output_scale() const { return upsample ? 2 : 1; }
  /// Multiply-adds of a pixel of the output.
  int64_t multiply_adds() const { return taps() * in_channels * out_channels; }
  /// Values of its weights, (phases, out, in, taps).
  int64_t weight_count() const { return phases() * out_channels * in_channels * taps(); }
};

/// Those of the networks, and some that only a check wants (bf16, odd channels).
std::vector<MeasuredLayer> timed_layers();
std::vector<MeasuredLayer> checked_layers();

/// A kernel behind one form of call.
struct MeasuredKernel {
  std::string name;
  bool (*supports)(const ConvolutionArgs& args, const MeasuredLayer& layer, int capability);
  /// `weights` as MeasuredLayer::weight_count says.
  std::vector<uint8_t> (*pack)(const MeasuredLayer& layer, const std::vector<float>& weights);
  CudaError (*launch)(const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream);
};

/// The fastest first.
const std::vector<MeasuredKernel>& measured_kernels();

}  // namespace fovea::cuda

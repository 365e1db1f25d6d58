// The launcher of conv_pair_wgmma.cuh.
#include "kernels/cuda/conv_pair_wgmma.h"

#include <algorithm>

#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/conv_pair_wgmma.cuh"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/multiprocessor_count.h"

namespace fovea::cuda {
namespace {

using Shape = ConvPairWgmmaShape;

PairEpilogue boiled_down(const EpilogueArgs& epilogue) {
  return {epilogue.bias,
          epilogue.activation == EpilogueActivation::kPrelu ? epilogue.slopes : nullptr,
          epilogue.activation == EpilogueActivation::kNone ? 1.0f : epilogue.slope};
}

ConvPairWgmmaParams params_of(const ConvolutionPairArgs& args) {
  const DeviceMap& input = args.convolution.input;
  const DeviceMap& output = args.convolution.output;
  ConvPairWgmmaParams params{};
  params.weights = static_cast<const uint8_t*>(args.convolution.weights);
  params.middle = boiled_down(args.middle);
  params.last = boiled_down(args.convolution.epilogue);
  params.height = static_cast<int32_t>(input.height);
  params.width = static_cast<int32_t>(input.width);
  params.first_row = static_cast<int32_t>(args.convolution.first_row);
  params.last_row = static_cast<int32_t>(args.convolution.last_row);
  params.input_ring_rows = static_cast<int32_t>(input.ring_rows);
  params.output_ring_rows = static_cast<int32_t>(output.ring_rows);
  params.output_row_bytes = output.row_stride * output.pixel_bytes();
  params.output = static_cast<uint8_t*>(output.data);
  return params;
}

bool middle_is_sound(const EpilogueArgs& middle) {
  return middle.bias != nullptr &&
         (middle.activation != EpilogueActivation::kPrelu || middle.slopes != nullptr);
}

}  // namespace

bool conv_pair_wgmma_supports(const ConvolutionPairArgs& args) {
  const ConvolutionArgs& convolution = args.convolution;
  return convolution.epilogue.residual_count == 0 && args.middle.residual_count == 0 &&
         Shape::has(convolution.input.channels, args.middle_channels,
                    convolution.output.channels) &&
         convolution.input.type == convolution.output.type &&
         convolution.input.type != ElementType::kF32;
}

CudaError launch_conv_pair_wgmma(const ConvolutionPairArgs& args, Stream stream, int blocks) {
  constexpr int64_t kRowsSeen = 5;  // of the input, by an output
  const ConvolutionArgs& convolution = args.convolution;
  if (!conv_pair_wgmma_supports(args) || !convolution_is_sound(convolution, kRowsSeen, 1) ||
      !middle_is_sound(args.middle) || share_memory(convolution.input, convolution.output))
    return kInvalidArgument;
  if (blocks == 0) {
    if (const CudaError error = multiprocessor_count(blocks); error != 0) return error;
  }
  // More blocks than give each warpgroup a row would only load weights.
  const int64_t strips = (convolution.input.width + Shape::kStripPixels - 1) / Shape::kStripPixels;
  const int64_t rows = strips * (convolution.last_row - convolution.first_row);
  const int64_t most = (rows + Shape::kFirst.warpgroups - 1) / Shape::kFirst.warpgroups;

  TensorMap input;
  if (const CudaError error = encode_row_boxes(convolution.input, Conv3x3WgmmaShape::kRowPixels,
                                               Shape::kFirst.planes(), input);
      error != 0)
    return error;
  LaunchShape grid;
  grid.grid_x = static_cast<unsigned>(std::clamp<int64_t>(blocks, 1, most));
  grid.threads = static_cast<unsigned>(Shape::kFirst.threads());
  grid.shared_bytes = static_cast<size_t>(Shape::kSharedBytes);
  grid.dependent = true;
  const ConvPairWgmmaParams params = params_of(args);
  return launch(convolution.input.type == ElementType::kF16 ? conv_pair_wgmma_kernel<Half>
                                                            : conv_pair_wgmma_kernel<Bfloat16>,
                grid, stream, input, params);
}

}  // namespace fovea::cuda

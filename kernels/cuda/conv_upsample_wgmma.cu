// The launcher of conv_upsample_wgmma.cuh.
#include "kernels/cuda/conv_upsample_wgmma.h"

#include <algorithm>

#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/conv_upsample_wgmma.cuh"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/multiprocessor_count.h"

namespace fovea::cuda {
namespace {

using Shape = ConvUpsampleWgmmaShape;

ConvUpsampleWgmmaParams params_of(const ConvolutionArgs& args) {
  const EpilogueArgs& epilogue = args.epilogue;
  const DeviceMap& output = args.output;
  ConvUpsampleWgmmaParams params{};
  params.weights = static_cast<const uint8_t*>(args.weights);
  params.bias = epilogue.bias;
  params.slopes = epilogue.activation == EpilogueActivation::kPrelu ? epilogue.slopes : nullptr;
  params.slope = epilogue.activation == EpilogueActivation::kNone ? 1.0f : epilogue.slope;
  params.height = static_cast<int32_t>(args.input.height);
  params.width = static_cast<int32_t>(args.input.width);
  params.first_row = static_cast<int32_t>(args.first_row);
  params.last_row = static_cast<int32_t>(args.last_row);
  params.input_ring_rows = static_cast<int32_t>(args.input.ring_rows);
  params.output_ring_rows = static_cast<int32_t>(output.ring_rows);
  params.output_row_bytes = output.row_stride * output.pixel_bytes();
  params.output_plane_bytes = output.plane_stride * output.pixel_bytes();
  params.output = static_cast<uint8_t*>(output.data);
  return params;
}

}  // namespace

bool conv_upsample_wgmma_supports(const ConvolutionArgs& args) {
  return Shape::has(args.input.channels, args.output.channels) &&
         args.input.type == args.output.type && args.input.type != ElementType::kF32 &&
         args.epilogue.residual_count == 0;
}

CudaError launch_conv_upsample_wgmma(const ConvolutionArgs& args, Stream stream, int blocks) {
  constexpr int64_t kKernelRows = 3;
  if (!conv_upsample_wgmma_supports(args) || !convolution_is_sound(args, kKernelRows, 2) ||
      share_memory(args.input, args.output))
    return kInvalidArgument;
  if (blocks == 0) {
    if (const CudaError error = multiprocessor_count(blocks); error != 0) return error;
  }
  TensorMap input;
  if (const CudaError error =
          encode_row_boxes(args.input, Shape::kRowPixels, Shape::kPlanes, input);
      error != 0)
    return error;
  const int64_t strips = (args.input.width + Shape::kStripPixels - 1) / Shape::kStripPixels;
  const int64_t pairs = args.last_row / 2 + 1 - (args.first_row + 1) / 2;
  LaunchShape grid;
  grid.grid_x = static_cast<unsigned>(std::clamp<int64_t>(blocks, 1, strips * pairs));
  grid.threads = Shape::kThreads;
  grid.shared_bytes = Shape::kSharedBytes;
  grid.dependent = true;
  const auto kernel = args.input.type == ElementType::kF16 ? conv_upsample_wgmma_kernel<Half>
                                                           : conv_upsample_wgmma_kernel<Bfloat16>;
  return launch(kernel, grid, stream, input, params_of(args));
}

}  // namespace fovea::cuda

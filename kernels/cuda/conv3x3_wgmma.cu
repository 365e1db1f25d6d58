// The launcher of conv3x3_wgmma.cuh.
#include "kernels/cuda/conv3x3_wgmma.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/conv3x3_wgmma.cuh"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/multiprocessor_count.h"

namespace fovea::cuda {
namespace {

using Kernel = void (*)(TensorMap, Conv3x3WgmmaParams);

constexpr size_t kShapes = std::size(kConv3x3WgmmaShapes);

template <class T, size_t... kIndex>
constexpr std::array<Kernel, kShapes> kernels_of(std::index_sequence<kIndex...>) {
  return {conv3x3_wgmma_kernel<
      T, kConv3x3WgmmaShapes[kIndex].in_channels, kConv3x3WgmmaShapes[kIndex].group,
      kConv3x3WgmmaShapes[kIndex].warpgroups, kConv3x3WgmmaShapes[kIndex].stages>...};
}

Kernel kernel_of(ElementType type, const Conv3x3WgmmaShape* shape) {
  static constexpr auto kHalf = kernels_of<Half>(std::make_index_sequence<kShapes>());
  static constexpr auto kBfloat16 = kernels_of<Bfloat16>(std::make_index_sequence<kShapes>());
  const auto index = static_cast<size_t>(shape - kConv3x3WgmmaShapes);
  return type == ElementType::kF16 ? kHalf[index] : kBfloat16[index];
}

const Conv3x3WgmmaShape* shape_of(const ConvolutionArgs& args) {
  return find_conv3x3_wgmma_shape(args.input.channels, args.output.channels);
}

EpilogueMap in_bytes(const DeviceMap& map) {
  return {static_cast<uint8_t*>(map.data), map.row_stride * map.pixel_bytes(),
          map.plane_stride * map.pixel_bytes(), static_cast<int32_t>(map.ring_rows)};
}

Conv3x3WgmmaParams params_of(const ConvolutionArgs& args, const Conv3x3WgmmaShape& shape) {
  const EpilogueArgs& epilogue = args.epilogue;
  Conv3x3WgmmaParams params{};
  params.weights = static_cast<const uint8_t*>(args.weights);
  params.bias = epilogue.bias;
  params.slopes = epilogue.activation == EpilogueActivation::kPrelu ? epilogue.slopes : nullptr;
  params.slope = epilogue.activation == EpilogueActivation::kNone ? 1.0f : epilogue.slope;
  params.groups = static_cast<int32_t>(conv3x3_wgmma_groups(shape, args.output.channels));
  params.height = static_cast<int32_t>(args.input.height);
  params.width = static_cast<int32_t>(args.input.width);
  params.first_row = static_cast<int32_t>(args.first_row);
  params.last_row = static_cast<int32_t>(args.last_row);
  params.input_ring_rows = static_cast<int32_t>(args.input.ring_rows);
  params.residual_count = epilogue.residual_count;
  params.output = in_bytes(args.output);
  for (int32_t i = 0; i < epilogue.residual_count; ++i) {
    params.residuals[i] = in_bytes(epilogue.residuals[i].map);
    params.scales[i] = epilogue.residuals[i].scale;
    params.residual_scales[i] = epilogue.residuals[i].residual_scale;
  }
  return params;
}

}  // namespace

bool conv3x3_wgmma_supports(const ConvolutionArgs& args) {
  // A residual may be a slice, with other channels where the output must have zeros.
  if (args.epilogue.residual_count > 0 && args.output.channels % kPlaneChannels != 0) return false;
  return shape_of(args) != nullptr && args.input.type == args.output.type &&
         args.input.type != ElementType::kF32;
}

CudaError launch_conv3x3_wgmma(const ConvolutionArgs& args, Stream stream, int blocks) {
  constexpr int64_t kKernelRows = 3;
  if (!conv3x3_wgmma_supports(args) || !convolution_is_sound(args, kKernelRows, 1) ||
      share_memory(args.input, args.output))
    return kInvalidArgument;
  const Conv3x3WgmmaShape& shape = *shape_of(args);
  const Conv3x3WgmmaParams params = params_of(args, shape);
  if (blocks == 0) {
    if (const CudaError error = multiprocessor_count(blocks); error != 0) return error;
  }
  // More blocks of a group than give each warpgroup a row would only load weights.
  const int64_t strips =
      (args.input.width + Conv3x3WgmmaShape::kStripPixels - 1) / Conv3x3WgmmaShape::kStripPixels;
  const int64_t most =
      (strips * (args.last_row - args.first_row) + shape.warpgroups - 1) / shape.warpgroups;
  const int64_t group_blocks = std::clamp<int64_t>(blocks / params.groups, 1, most);

  TensorMap input;
  if (const CudaError error =
          encode_row_boxes(args.input, Conv3x3WgmmaShape::kRowPixels, shape.planes(), input);
      error != 0)
    return error;
  LaunchShape grid;
  grid.grid_x = static_cast<unsigned>(group_blocks * params.groups);
  grid.threads = static_cast<unsigned>(shape.threads());
  grid.shared_bytes = static_cast<size_t>(shape.shared_bytes());
  grid.dependent = true;
  return launch(kernel_of(args.input.type, &shape), grid, stream, input, params);
}

}  // namespace fovea::cuda

#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"

#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/pointwise.h"

namespace fovea::cuda::ladder {

bool dense_block_is_sound(const DenseBlockArgs& args) {
  const DeviceMap& buffer = args.buffer;
  const DeviceMap& output = args.output;
  if (!map_is_sound(buffer) || !map_is_sound(output) || args.convolution == nullptr) return false;
  for (int n = 0; n < kDenseConvolutions; ++n) {
    if (args.weights[n] == nullptr || args.bias[n] == nullptr) return false;
  }
  return buffer.type == ElementType::kF16 && output.type == ElementType::kF16 &&
         buffer.channels == kDenseChannels && output.channels == kDenseFeatures &&
         buffer.height == output.height && buffer.width == output.width &&
         buffer.ring_rows == buffer.height && output.ring_rows == output.height &&
         !share_memory(buffer, output);
}

ConvolutionArgs plain_dense_convolution(const DenseBlockArgs& args, int n) {
  ConvolutionArgs result;
  result.input = args.buffer.slice(0, dense_inputs(n));
  result.output =
      n < kDenseConvolutions ? args.buffer.slice(dense_inputs(n), dense_outputs(n)) : args.output;
  result.weights = args.weights[n - 1];
  result.epilogue.bias = args.bias[n - 1];
  result.last_row = args.buffer.height;
  return result;
}

ConvolutionArgs fused_dense_convolution(const DenseBlockArgs& args, int n) {
  ConvolutionArgs result = plain_dense_convolution(args, n);
  if (n < kDenseConvolutions) {
    result.epilogue.activation = EpilogueActivation::kLeakyRelu;
    result.epilogue.slope = kDenseSlope;
  } else {
    result.epilogue.residual_count = 1;
    result.epilogue.residuals[0] = {args.buffer.slice(0, kDenseFeatures), kDenseScale, 1.0f};
  }
  return result;
}

CudaError launch_dense_activation(const DenseBlockArgs& args, int n, Stream stream) {
  ActivateArgs activate;
  activate.input = activate.output = args.buffer.slice(dense_inputs(n), kDenseGrowth);
  activate.kind = ActivationKind::kLeakyRelu;
  activate.slope = kDenseSlope;
  activate.last_row = args.buffer.height;
  return launch_activate(activate, stream);
}

CudaError launch_dense_sum(const DenseBlockArgs& args, Stream stream) {
  AddArgs add;
  add.inputs[0] = add.output = args.output;
  add.inputs[1] = args.buffer.slice(0, kDenseFeatures);
  add.scales[0] = kDenseScale;
  add.scales[1] = 1.0f;
  add.input_count = 2;
  add.last_row = args.buffer.height;
  return launch_add(add, stream);
}

}  // namespace fovea::cuda::ladder

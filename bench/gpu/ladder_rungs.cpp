#include "bench/gpu/ladder_rungs.h"

#include <cstring>

#include "kernels/cuda/conv_direct.h"
#include "kernels/cuda/ladder/conv3x3/conv3x3_ladder.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/pack_conv_mma.h"

namespace fovea::cuda {
namespace {

constexpr int kOldest = 80;  // what the ladder is compiled for

bool is_conv3x3(const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
  return capability >= kOldest && layer.kernel == 3 && !layer.upsample &&
         ladder::conv3x3_is_sound(args);
}

std::vector<uint8_t> pack_f32(const MeasuredLayer& layer, const std::vector<float>& weights) {
  const std::vector<float> packed =
      pack_conv_direct(weights, layer.out_channels, layer.in_channels, layer.kernel, layer.kernel);
  std::vector<uint8_t> bytes(packed.size() * sizeof(float));
  std::memcpy(bytes.data(), packed.data(), bytes.size());
  return bytes;
}

}  // namespace

const std::vector<MeasuredKernel>& conv3x3_rungs() {
  static const std::vector<MeasuredKernel> rungs = {
      {"ladder 1 naive", is_conv3x3, pack_f32,
       [](const ConvolutionArgs& args, const MeasuredLayer&, Stream stream) {
         return ladder::launch_naive(args, stream);
       }},
      {"ladder 2 shared memory", is_conv3x3, pack_f32,
       [](const ConvolutionArgs& args, const MeasuredLayer&, Stream stream) {
         return ladder::launch_shared_memory(args, stream);
       }},
      {"ladder 3 tensor cores",
       [](const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
         return is_conv3x3(args, layer, capability) && ladder::tensor_cores_support(args);
       },
       [](const MeasuredLayer& layer, const std::vector<float>& weights) {
         return pack_conv_mma(layer.type, weights, layer.kernel, layer.in_channels,
                              layer.out_channels);
       },
       [](const ConvolutionArgs& args, const MeasuredLayer&, Stream stream) {
         return ladder::launch_tensor_cores(args, stream);
       }},
      {"ladder 4 ky-stack",
       [](const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
         return is_conv3x3(args, layer, capability) && ladder::ky_stack_supports(args, capability);
       },
       [](const MeasuredLayer& layer, const std::vector<float>& weights) {
         return pack_conv3x3_wgmma(layer.type, weights, layer.in_channels, layer.out_channels);
       },
       [](const ConvolutionArgs& args, const MeasuredLayer&, Stream stream) {
         return ladder::launch_ky_stack(args, stream);
       }},
  };
  return rungs;
}

std::vector<MeasuredLayer> conv3x3_rung_layers() {
  std::vector<MeasuredLayer> layers;
  for (const MeasuredLayer& layer : timed_layers()) {
    if (layer.name == "conv1" || layer.name == "conv5") layers.push_back(layer);
  }
  return layers;
}

}  // namespace fovea::cuda

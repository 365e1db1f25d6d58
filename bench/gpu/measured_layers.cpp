#include "bench/gpu/measured_layers.h"

#include <cstring>

#include "kernels/cuda/conv3x3_wgmma.h"
#include "kernels/cuda/conv_direct.h"
#include "kernels/cuda/conv_mma.h"
#include "kernels/cuda/conv_pair_wgmma.h"
#include "kernels/cuda/conv_upsample_wgmma.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/pack_conv_pair_wgmma.h"
#include "kernels/cuda/pack_conv_upsample_wgmma.h"

namespace fovea::cuda {
namespace {

constexpr auto kLeaky = EpilogueActivation::kLeakyRelu;
constexpr auto kPrelu = EpilogueActivation::kPrelu;
constexpr auto kNone = EpilogueActivation::kNone;

DirectConvolutionArgs direct_args(const ConvolutionArgs& args, const MeasuredLayer& layer) {
  return {args, layer.kernel, layer.kernel, 1};
}

constexpr int kHopper = 90;

ConvolutionPairArgs pair_args(const ConvolutionArgs& args, const MeasuredLayer& layer) {
  ConvolutionPairArgs pair;
  pair.convolution = args;
  pair.middle_channels = layer.middle_channels;
  pair.middle.bias = args.epilogue.bias + args.output.planes() * kPlaneChannels;
  pair.middle.activation = kLeaky;
  pair.middle.slope = args.epilogue.slope;
  return pair;
}

const MeasuredKernel kWgmma = {
    "conv3x3_wgmma",
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
      return capability == kHopper && layer.kernel == 3 && !layer.upsample &&
             conv3x3_wgmma_supports(args);
    },
    [](const MeasuredLayer& layer, const std::vector<float>& weights) {
      return pack_conv3x3_wgmma(layer.type, weights, layer.in_channels, layer.out_channels);
    },
    [](const ConvolutionArgs& args, const MeasuredLayer&, Stream stream) {
      return launch_conv3x3_wgmma(args, stream);
    }};

const MeasuredKernel kUpsample = {
    "conv_upsample_wgmma",
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
      return capability == kHopper && layer.upsample && conv_upsample_wgmma_supports(args);
    },
    [](const MeasuredLayer& layer, const std::vector<float>& weights) {
      return pack_conv_upsample_wgmma(layer.type, weights, layer.in_channels, layer.out_channels);
    },
    [](const ConvolutionArgs& args, const MeasuredLayer&, Stream stream) {
      return launch_conv_upsample_wgmma(args, stream);
    }};

const MeasuredKernel kPair = {
    "conv_pair_wgmma",
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
      return capability == kHopper && conv_pair_wgmma_supports(pair_args(args, layer));
    },
    [](const MeasuredLayer& layer, const std::vector<float>& weights) {
      const std::span<const float> both = weights;
      const auto first = static_cast<size_t>(layer.first_weights());
      return pack_conv_pair_wgmma(layer.type, both.first(first), both.subspan(first),
                                  layer.in_channels, layer.middle_channels, layer.out_channels);
    },
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream) {
      return launch_conv_pair_wgmma(pair_args(args, layer), stream);
    },
    true};

const MeasuredKernel kMma = {
    "conv_mma",
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, int capability) {
      return layer.upsample ? upsample_mma_supports(args, capability)
                            : conv_mma_supports(args, layer.kernel, capability);
    },
    [](const MeasuredLayer& layer, const std::vector<float>& weights) {
      return layer.upsample
                 ? pack_upsample_mma(layer.type, weights, layer.in_channels, layer.out_channels)
                 : pack_conv_mma(layer.type, weights, layer.kernel, layer.in_channels,
                                 layer.out_channels);
    },
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream) {
      return layer.upsample ? launch_upsample_mma(args, stream)
                            : launch_conv_mma(args, layer.kernel, stream);
    }};

const MeasuredKernel kDirect = {
    "conv_direct",
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, int) {
      return !layer.upsample && conv_direct_supports(direct_args(args, layer));
    },
    [](const MeasuredLayer& layer, const std::vector<float>& weights) {
      const std::vector<float> packed = pack_conv_direct(
          weights, layer.out_channels, layer.in_channels, layer.kernel, layer.kernel);
      std::vector<uint8_t> bytes(packed.size() * sizeof(float));
      std::memcpy(bytes.data(), packed.data(), bytes.size());
      return bytes;
    },
    [](const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream) {
      return launch_conv_direct(direct_args(args, layer), stream);
    }};

MeasuredLayer end_of_rrdbnet() {
  MeasuredLayer layer = {"hr + last", 64, 3, 3, kNone, 0, 4};
  layer.middle_channels = 64;
  return layer;
}

}  // namespace

std::vector<MeasuredLayer> timed_layers() {
  return {
      {"first", 3, 64, 3, kNone, 0, 1},        {"conv1", 64, 32, 3, kLeaky, 0, 1},
      {"conv2", 96, 32, 3, kLeaky, 0, 1},      {"conv3", 128, 32, 3, kLeaky, 0, 1},
      {"conv4", 160, 32, 3, kLeaky, 0, 1},     {"conv5", 192, 64, 3, kNone, 1, 1},
      {"conv5 + x0", 192, 64, 3, kNone, 2, 1}, {"trunk", 64, 64, 3, kNone, 1, 1},
      {"body", 64, 64, 3, kPrelu, 0, 1},       {"up1", 64, 64, 3, kLeaky, 0, 1, true},
      {"up2", 64, 64, 3, kLeaky, 0, 2, true},  {"hr", 64, 64, 3, kLeaky, 0, 4},
      {"last", 64, 3, 3, kNone, 0, 4},         end_of_rrdbnet(),
  };
}

std::vector<MeasuredLayer> checked_layers() {
  std::vector<MeasuredLayer> layers = timed_layers();
  layers.push_back({"shuffle x4", 64, 48, 3, kNone, 0, 1});
  layers.push_back({"shuffle x3", 64, 27, 3, kNone, 0, 1});
  layers.push_back({"first of x2", 12, 64, 3, kNone, 0, 1});
  layers.push_back({"odd channels", 20, 13, 3, kPrelu, 1, 1});
  layers.push_back({"1x1", 64, 32, 1, kLeaky, 0, 1});
  layers.push_back({"5x5", 32, 16, 5, kLeaky, 0, 1});
  layers.push_back({"9x9", 3, 64, 9, kLeaky, 0, 1});
  for (const char* name : {"conv2", "conv5", "up1", "hr + last"}) {
    for (const MeasuredLayer& layer : timed_layers()) {
      if (layer.name != name) continue;
      layers.push_back(layer);
      layers.back().type = ElementType::kBf16;
      layers.back().name += " bf16";
    }
  }
  return layers;
}

const std::vector<MeasuredKernel>& measured_kernels() {
  static const std::vector<MeasuredKernel> kernels = {kWgmma, kUpsample, kPair, kMma, kDirect};
  return kernels;
}

}  // namespace fovea::cuda

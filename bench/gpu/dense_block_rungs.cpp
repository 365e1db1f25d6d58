#include "bench/gpu/dense_block_rungs.h"

#include <cmath>

#include "kernels/cuda/conv3x3_wgmma.h"
#include "kernels/cuda/conv_mma.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"

namespace fovea::cuda {
namespace {

using ladder::DenseBlockArgs;
using ladder::kDenseConvolutions;

constexpr auto kType = ElementType::kF16;
constexpr int kHopper = 90;
constexpr int kOldest = 80;  // what the ladder is compiled for
// 24 MB of a row of 1280 pixels: half of an H200's second-level cache.
constexpr int64_t kBandRows = 48;

bool on_any(int capability) { return capability >= kOldest; }

CudaError fused_epilogues(const DenseBlockArgs& args, const DeviceMap&, Stream stream) {
  return ladder::launch_fused_epilogues(args, stream);
}

// Values of x_n, (side, side, channels), zero outside the map.
struct Patch {
  int64_t side = 0;
  int64_t channels = 0;
  std::vector<double> values;

  Patch(int64_t side_, int64_t channels_)
      : side(side_), channels(channels_), values(static_cast<size_t>(side_ * side_ * channels_)) {}
  double* at(int64_t y, int64_t x) { return values.data() + (y * side + x) * channels; }
  const double* at(int64_t y, int64_t x) const { return values.data() + (y * side + x) * channels; }
};

}  // namespace

const std::vector<DenseBlockRung>& dense_block_rungs() {
  static const std::vector<DenseBlockRung> rungs = {
      {"ladder 1 separate", on_any, false,
       [](const DenseBlockArgs& args, const DeviceMap& joined, Stream stream) {
         return ladder::launch_separate(args, joined, stream);
       }},
      {"ladder 2 growing buffer", on_any, false,
       [](const DenseBlockArgs& args, const DeviceMap&, Stream stream) {
         return ladder::launch_growing_buffer(args, stream);
       }},
      {"ladder 3 fused epilogues", on_any, false, fused_epilogues},
      {"ladder 3 by mma.sync", on_any, true, fused_epilogues},
      {"ladder 4 one kernel", ladder::one_kernel_runs_on, true,
       [](const DenseBlockArgs& args, const DeviceMap&, Stream stream) {
         return ladder::launch_one_kernel(args, stream);
       }},
      {"ladder 5 depth first", on_any, false,
       [](const DenseBlockArgs& args, const DeviceMap&, Stream stream) {
         return ladder::launch_depth_first(args, kBandRows, stream);
       }},
  };
  return rungs;
}

DenseBlockProblem::DenseBlockProblem(LayerSize size, int64_t padding, uint32_t seed)
    : size_(size), padding_(padding), seed_(seed) {
  for (int n = 1; n <= kDenseConvolutions; n++) {
    // Sums of about the inputs' size: layer_problem.cpp.
    const int64_t products = 9 * ladder::dense_inputs(n);
    const auto each = static_cast<uint32_t>(n);
    weights_[n - 1] = random_values(kType, products * ladder::dense_outputs(n),
                                    std::sqrt(3.0f / static_cast<float>(products)), seed + each);
    bias_[n - 1] = random_values(kType, ladder::dense_outputs(n), 0.1f, seed + 10 + each);
  }
}

int64_t DenseBlockProblem::flop() const {
  int64_t products = 0;
  for (const auto& weights : weights_) products += static_cast<int64_t>(weights.size());
  return 2 * products * size_.height * size_.width;
}

CudaError DenseBlockProblem::prepare(int sets) {
  const auto poisoned = [&](int64_t channels, std::unique_ptr<PoisonedMap>& map) {
    map = std::make_unique<PoisonedMap>(kType, size_.height, size_.width, channels,
                                        size_.width + padding_);
    if (CudaError error = map->allocate()) return error;
    return map->poison(nullptr);
  };
  for (int n = 0; n < kDenseConvolutions; n++) {
    if (CudaError error = device_bias_[n].upload(bias_[n])) return error;
  }
  if (CudaError error = poisoned(ladder::kDenseChannels, joined_)) return error;
  for (int set = 0; set < sets; set++) {
    buffers_.push_back(std::make_unique<RandomMap>(kType, size_.height, size_.width,
                                                   ladder::kDenseChannels, size_.width + padding_,
                                                   seed_ + 100 + static_cast<uint32_t>(set)));
    if (CudaError error = buffers_.back()->upload()) return error;
    outputs_.emplace_back();
    if (CudaError error = poisoned(ladder::kDenseFeatures, outputs_.back())) return error;
  }
  return synchronize(nullptr);
}

CudaError DenseBlockProblem::choose(const DenseBlockRung& rung, int capability) {
  const bool mma = rung.by_mma || capability != kHopper;
  rung_ = &rung;
  convolution_ = [](const ConvolutionArgs& args, Stream stream) {
    return launch_conv3x3_wgmma(args, stream);
  };
  if (mma) {
    convolution_ = [](const ConvolutionArgs& args, Stream stream) {
      return launch_conv_mma(args, 3, stream);
    };
  }
  device_weights_.clear();
  for (int n = 1; n <= kDenseConvolutions; n++) {
    const int64_t in = ladder::dense_inputs(n);
    const int64_t out = ladder::dense_outputs(n);
    device_weights_.emplace_back();
    const std::vector<uint8_t> packed = mma ? pack_conv_mma(kType, weights_[n - 1], 3, in, out)
                                            : pack_conv3x3_wgmma(kType, weights_[n - 1], in, out);
    if (CudaError error = device_weights_.back().upload(packed)) return error;
  }
  return 0;
}

CudaError DenseBlockProblem::launch(int set, Stream stream) const {
  const auto index = static_cast<size_t>(set);
  DenseBlockArgs args{};
  args.buffer = buffers_[index]->map();
  args.output = outputs_[index]->map();
  args.convolution = convolution_;
  for (size_t n = 0; n < kDenseConvolutions; n++) {
    args.weights[n] = device_weights_[n].data();
    args.bias[n] = device_bias_[n].data<float>();
  }
  return rung_->launch(args, joined_->map(), stream);
}

CudaError DenseBlockProblem::check(LayerCheck& result) {
  PoisonedMap& output = *outputs_[0];
  std::vector<uint16_t> runs[2];
  for (std::vector<uint16_t>& run : runs) {
    if (CudaError error = output.poison(nullptr)) return error;
    if (CudaError error = launch(0, nullptr)) return error;
    if (CudaError error = output.download(run, nullptr)) return error;
  }
  result = check_output(output, runs[0], runs[1], seed_,
                        [&](int64_t row, int64_t column, int64_t channel) {
                          const auto [found, is_new] = known_.try_emplace({row, column});
                          if (is_new) found->second = expected(row, column);
                          return found->second[static_cast<size_t>(channel)];
                        });
  return 0;
}

// From x on 11 x 11 pixels x_1 on 9 x 9, and so on to y on one.
DenseBlockProblem::Pixel DenseBlockProblem::expected(int64_t row, int64_t column) const {
  const auto inside = [&](int64_t y, int64_t x) {
    return y >= 0 && y < size_.height && x >= 0 && x < size_.width;
  };
  Patch buffer(2 * kDenseConvolutions + 1, ladder::kDenseChannels);
  for (int64_t y = 0; y < buffer.side; y++) {
    for (int64_t x = 0; x < buffer.side; x++) {
      for (int64_t c = 0; c < ladder::kDenseFeatures; c++)
        buffer.at(y, x)[c] =
            buffers_[0]->at(row + y - kDenseConvolutions, column + x - kDenseConvolutions, c);
    }
  }
  Pixel result{};
  for (int n = 1; n <= kDenseConvolutions; n++) {
    const int64_t in = ladder::dense_inputs(n);
    const bool last = n == kDenseConvolutions;
    Patch made(2 * (kDenseConvolutions - n) + 1, ladder::dense_outputs(n));
    for (int64_t y = 0; y < made.side; y++) {
      for (int64_t x = 0; x < made.side; x++) {
        if (!inside(row + y - made.side / 2, column + x - made.side / 2)) continue;
        for (int64_t k = 0; k < made.channels; k++) {
          double sum = bias_[n - 1][static_cast<size_t>(k)];
          for (int64_t tap = 0; tap < 9; tap++) {
            const double* input = buffer.at(n - 1 + y + tap / 3, n - 1 + x + tap % 3);
            for (int64_t c = 0; c < in; c++)
              sum +=
                  double{weights_[n - 1][static_cast<size_t>((k * in + c) * 9 + tap)]} * input[c];
          }
          made.at(y, x)[k] = sum < 0 && !last ? double{ladder::kDenseSlope} * sum : sum;
        }
      }
    }
    for (int64_t y = 0; y < made.side && !last; y++) {
      for (int64_t x = 0; x < made.side; x++) {
        for (int64_t k = 0; k < made.channels; k++)
          buffer.at(n + y, n + x)[in + k] = made.at(y, x)[k];
      }
    }
    for (int64_t k = 0; k < ladder::kDenseFeatures && last; k++)
      result[static_cast<size_t>(k)] = double{ladder::kDenseScale} * made.at(0, 0)[k] +
                                       buffer.at(kDenseConvolutions, kDenseConvolutions)[k];
  }
  return result;
}

}  // namespace fovea::cuda

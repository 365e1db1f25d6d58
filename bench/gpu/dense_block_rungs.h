// The rungs of the residual dense block's ladder, checked against f64 and timed.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/gpu/layer_checks.h"
#include "bench/gpu/random_map.h"
#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"

namespace fovea::cuda {

struct DenseBlockRung {
  std::string name;
  bool (*runs_on)(int capability);
  bool by_mma;  ///< conv_mma on every GPU; else conv3x3_wgmma where there is Hopper
  CudaError (*launch)(const ladder::DenseBlockArgs& args, const DeviceMap& joined, Stream stream);
};

/// The first first; rung 3 a second time by conv_mma, beside which rung 4 stands.
const std::vector<DenseBlockRung>& dense_block_rungs();

/// A dense block of random weights on `sets` random maps of a size, in f16.
class DenseBlockProblem {
 public:
  /// Rows are `padding` pixels longer in memory.
  DenseBlockProblem(LayerSize size, int64_t padding, uint32_t seed);

  CudaError prepare(int sets);
  /// Packs and uploads the weights as `rung` wants them. The rung runs on `capability`.
  CudaError choose(const DenseBlockRung& rung, int capability);
  CudaError launch(int set, Stream stream) const;
  /// Runs the chosen rung twice and compares; EXPECTs nothing.
  CudaError check(LayerCheck& result);

  /// x read once and y written once.
  int64_t bytes() const { return size_.height * size_.width * 2 * ladder::kDenseFeatures * 2; }
  int64_t flop() const;

 private:
  using Pixel = std::array<double, ladder::kDenseFeatures>;

  Pixel expected(int64_t row, int64_t column) const;

  LayerSize size_;
  int64_t padding_;
  uint32_t seed_;
  std::vector<float> weights_[ladder::kDenseConvolutions];  // (out, in, 3, 3)
  std::vector<float> bias_[ladder::kDenseConvolutions];
  std::vector<std::unique_ptr<RandomMap>> buffers_;
  std::vector<std::unique_ptr<PoisonedMap>> outputs_;
  std::unique_ptr<PoisonedMap> joined_;
  DeviceMemory device_bias_[ladder::kDenseConvolutions];
  std::vector<DeviceMemory> device_weights_;
  CudaError (*convolution_)(const ConvolutionArgs& args, Stream stream) = nullptr;
  const DenseBlockRung* rung_ = nullptr;
  std::map<std::pair<int64_t, int64_t>, Pixel> known_;  // of expected(), for all rungs
};

}  // namespace fovea::cuda

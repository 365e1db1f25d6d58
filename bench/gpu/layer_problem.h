// One layer at one size with everything a kernel needs, and the f64 value of any of its outputs.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "bench/gpu/measured_layers.h"
#include "bench/gpu/random_map.h"

namespace fovea::cuda {

/// The maps of one call; several take turns where a cache must not keep them.
struct LayerMaps {
  std::unique_ptr<RandomMap> input;
  std::vector<std::unique_ptr<RandomMap>> residuals;
  std::unique_ptr<PoisonedMap> output;
};

class LayerProblem {
 public:
  /// A map of height x width; rows are `padding` pixels longer in memory.
  LayerProblem(MeasuredLayer layer, int64_t height, int64_t width, int64_t padding, uint32_t seed);

  /// Device memory of bias, slopes and `sets` of maps.
  CudaError prepare(int sets);
  /// Packs the weights for `kernel`. False where it does not support the layer.
  bool choose(const MeasuredKernel& kernel, int capability);
  CudaError upload_weights();

  /// The chosen kernel over rows [first, last) of the output of a set.
  CudaError launch(int set, int64_t first_row, int64_t last_row, Stream stream) const;

  /// The f64 value from the same rounded numbers, rounded nowhere but between two convolutions.
  double expected(int64_t row, int64_t column, int64_t channel) const;

  const MeasuredLayer& layer() const { return layer_; }
  const LayerMaps& maps(int set) const { return maps_[static_cast<size_t>(set)]; }
  int64_t output_height() const { return height_ * layer_.output_scale(); }
  int64_t output_width() const { return width_ * layer_.output_scale(); }
  /// Read once and written once.
  int64_t bytes() const;
  int64_t flop() const { return 2 * output_height() * output_width() * layer_.multiply_adds(); }

 private:
  ConvolutionArgs args(int set) const;
  // What is between two convolutions, rounded to the type; zeros outside.
  const std::vector<double>& middle(int64_t row, int64_t column) const;
  double activated(double value, EpilogueActivation activation, int64_t channel) const;

  MeasuredLayer layer_;
  int64_t height_, width_, padding_;
  uint32_t seed_;
  std::vector<float> weights_;  // as MeasuredLayer::weight_count says
  std::vector<float> bias_;     // (8 planes), for each of two
  std::vector<float> slopes_;
  std::vector<LayerMaps> maps_;
  mutable std::map<std::pair<int64_t, int64_t>, std::vector<double>> middle_;  // as it is needed
  DeviceMemory device_bias_, device_slopes_;
  std::unique_ptr<DeviceMemory> device_weights_;
  std::vector<uint8_t> packed_;
  const MeasuredKernel* kernel_ = nullptr;
};

}  // namespace fovea::cuda

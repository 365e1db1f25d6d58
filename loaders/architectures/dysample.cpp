#include "loaders/architectures/dysample.h"

#include <cmath>

#include "loaders/architectures/parameters.h"

namespace fovea {

Result<DySampleParameters> read_dysample(const Weights& weights, const std::string& name,
                                         int64_t scale) {
  DySampleParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto offset, convolution_shape(weights, name + ".offset"));
  p.in_channels = p.out_channels = offset.in_channels;
  const int64_t positions = 2 * scale * scale;
  p.groups = offset.out_channels / positions;
  if (offset.out_channels % positions != 0 || p.in_channels % p.groups != 0)
    return fail(ErrorCode::kModel, "{}.offset has {} channels of {} for a scale of {}", name,
                offset.out_channels, p.in_channels, scale);
  if (weights.contains(name + ".end_conv.weight")) {
    FOVEA_ASSIGN_OR_RETURN(const auto end, convolution_shape(weights, name + ".end_conv"));
    p.out_channels = end.out_channels;
    p.end_kernel = end.kernel;
  }
  return p;
}

Result<int64_t> dysample_scale(const Weights& weights, const std::string& name) {
  const std::string tensor = name + ".init_pos";
  const WeightTensor* stored = weights.find(tensor);
  if (stored == nullptr) return fail(ErrorCode::kModel, "tensor {} is missing", tensor);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> positions, to_f32(*stored));
  if (positions.empty()) return fail(ErrorCode::kModel, "tensor {} is empty", tensor);
  // The first is (1 - scale) / 2 / scale.
  for (int64_t scale = 1; scale <= 16; ++scale) {
    const double first = (1.0 - static_cast<double>(scale)) / 2 / static_cast<double>(scale);
    if (std::abs(positions[0] - first) < 1e-3) return scale;
  }
  return fail(ErrorCode::kModel, "tensor {} begins with {}, no position of a scale up to 16",
              tensor, positions[0]);
}

ValueId dysample(GraphBuilder& b, const Weights& weights, ValueId x, const std::string& name,
                 const DySampleParameters& p, int64_t scale) {
  const int64_t count = 2 * p.groups * scale * scale;
  ValueId offset = b.convolution(x, name + ".offset", count, 1);
  ValueId scope = b.convolution_without_bias(x, name + ".scope", count, 1);
  scope = b.sigmoid(scope, name + ".sigmoid");
  offset = b.multiply(offset, scope, name + ".scoped");
  // Halved, around where the output's pixels lie.
  const ParameterId positions = b.parameter(name + ".init_pos", {1, count, 1, 1});
  const WeightTensor* stored = weights.find(name + ".init_pos");
  if (positions == kNoParameter || stored == nullptr) return kNoValue;
  const auto values = to_f32(*stored);
  if (!values) return kNoValue;
  offset = b.affine(offset, std::vector<float>(values->size(), 0.5f), *values, name + ".positions");
  x = b.apply(GridSample{scale, p.groups}, {x, offset}, name + ".sample");
  if (p.end_kernel == 0) return x;
  return b.convolution(x, name + ".end_conv", p.out_channels, p.end_kernel);
}

}  // namespace fovea

#include "loaders/architectures/enhanced_attention.h"

#include "loaders/architectures/parameters.h"

namespace fovea {

ValueId enhanced_attention(GraphBuilder& b, const Weights& weights, ValueId x,
                           const std::string& name) {
  const auto first = convolution_shape(weights, name + ".conv1");
  const int64_t narrow = first ? first->out_channels : 0;
  const auto convolved = [&](ValueId value, const char* part, int64_t kernel) {
    return b.convolution(value, name + part, narrow, kernel);
  };
  const ValueId reduced = convolved(x, ".conv1", 1);
  // Of stride 2 without padding: every second pixel of the same convolution of stride 1.
  ValueId y = convolved(reduced, ".conv2", 3);
  y = b.apply(Pool{PoolKind::kMax, 1, 2, 1}, {y}, name + ".conv2.stride");
  y = b.apply(Pool{PoolKind::kMax, 7, 3, 0}, {y}, name + ".pool");
  if (weights.contains(name + ".conv_max.weight")) {
    y = b.relu(convolved(y, ".conv_max", 3), name + ".conv_max.relu");
    y = b.relu(convolved(y, ".conv3", 3), name + ".conv3.relu");
    y = convolved(y, ".conv3_", 3);
  } else {
    y = convolved(y, ".conv3", 3);
  }
  Resize resize;
  resize.filter = ResizeFilter::kBilinear;
  resize.scale = kUnknownScale;
  resize.antialias = false;
  y = b.apply(resize, {y, x}, name + ".interpolate");
  const bool has_beside = weights.contains(name + ".conv_f.weight");
  const ValueId beside = has_beside ? convolved(reduced, ".conv_f", 1) : reduced;
  y = b.add(y, 1.0f, beside, 1.0f, name + ".add");
  y = b.sigmoid(b.convolution(y, name + ".conv4", b.channels(x), 1), name + ".sigmoid");
  return b.multiply(x, y, name + ".multiply");
}

}  // namespace fovea

// Networks of convolutions without padding, as convolutions that are padded: what those make of the
// padding lies in a margin that is known, and is cut off where something else would read it.
#pragma once

#include <string>

#include "loaders/architectures/graph_builder.h"

namespace fovea {

/// A map of which the outermost `margin` pixels on each side are no part of the network's.
struct Bordered {
  ValueId map = kNoValue;
  int64_t margin = 0;
};

/// The layers of such a network, each by its tensors. As GraphBuilder's methods, none returns an
/// error.
class ValidLayers {
 public:
  ValidLayers(GraphBuilder& builder, const Weights& weights) : b_(builder), weights_(weights) {}

  /// Conv2d of an odd kernel without padding.
  Bordered convolution(const Bordered& x, const std::string& name, int64_t out_channels,
                       int64_t kernel);

  /// Conv2d of kernel 2 and stride 2. The network's map must have even sides.
  Bordered halved(const Bordered& x, const std::string& name);

  /// ConvTranspose2d of `kernel`, `stride` and `padding`.
  Bordered transposed(const Bordered& x, const std::string& name, int64_t stride, int64_t padding);

  Bordered leaky_relu(const Bordered& x, float negative_slope, const std::string& name);

  /// x times a gate for each channel, which NAME.conv1 and NAME.conv2 make of its means (Hu et al.
  /// 2018, arXiv 1709.01507).
  Bordered squeeze_and_excite(const Bordered& x, const std::string& name);

  /// The sum of the network's maps, of which `a` goes `more` pixels further on each side.
  Bordered add(const Bordered& a, int64_t more, const Bordered& b, const std::string& name);

  /// x without its margin.
  Bordered trimmed(const Bordered& x, const std::string& name);

 private:
  GraphBuilder& b_;
  const Weights& weights_;
};

}  // namespace fovea

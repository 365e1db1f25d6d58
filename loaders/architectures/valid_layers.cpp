#include "loaders/architectures/valid_layers.h"

#include <algorithm>

#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/strided_convolution.h"
#include "loaders/rewriting/transposed_convolution.h"

namespace fovea {

Bordered ValidLayers::convolution(const Bordered& x, const std::string& name, int64_t out_channels,
                                  int64_t kernel) {
  return {b_.convolution(x.map, name, out_channels, kernel), x.margin + kernel / 2};
}

Bordered ValidLayers::halved(const Bordered& x, const std::string& name) {
  // Pairs of pixels begin where the network's map does.
  Bordered y = x;
  if (x.margin % 2 == 1) y = {b_.apply(Crop{1}, {x.map}, name + ".crop"), x.margin - 1};
  auto read = read_convolution(weights_, name);
  if (read && read->kernel != 2)
    read = fail(ErrorCode::kModel, "tensor {}.weight has a kernel of {}, expected 2", name,
                read->kernel);
  if (!read) return {b_.convolution_of(y.map, read, name), 0};
  auto moved = rewrite_strided(*read, {2, 0, 0});
  if (!moved) return {b_.convolution_of(y.map, tl::unexpected(moved.error()), name), 0};
  const ValueId pairs = b_.pixel_unshuffle(y.map, 2, name + ".unshuffle");
  return {b_.convolution_of(pairs, moved->convolution, name), y.margin / 2};
}

Bordered ValidLayers::transposed(const Bordered& x, const std::string& name, int64_t stride,
                                 int64_t padding) {
  auto read = read_transposed_convolution(weights_, name);
  if (!read) return {b_.shuffled_convolution_of(x.map, tl::unexpected(read.error()), name), 0};
  // Padded less, so that the output is `stride` times the input: the rest is margin.
  const int64_t more = read->kernel - stride;
  if (more < 0 || padding < (more + 1) / 2)
    return {b_.shuffled_convolution_of(
                x.map,
                fail(ErrorCode::kModel, "tensor {}.weight has a kernel of {}", name, read->kernel),
                name),
            0};
  read->stride = stride;
  read->padding_before = more / 2;
  read->padding_after = more - more / 2;
  return {b_.shuffled_convolution_of(x.map, rewrite_transposed(*read), name),
          x.margin * stride + padding - more / 2};
}

Bordered ValidLayers::leaky_relu(const Bordered& x, float negative_slope, const std::string& name) {
  return {b_.leaky_relu(x.map, negative_slope, name), x.margin};
}

Bordered ValidLayers::squeeze_and_excite(const Bordered& x, const std::string& name) {
  const Bordered y = trimmed(x, name + ".crop");
  const int64_t channels = b_.channels(y.map);
  const auto first = convolution_shape(weights_, name + ".conv1");
  const int64_t squeezed = first ? first->out_channels : 0;
  ValueId gate = b_.apply(GlobalAverage{}, {y.map}, name + ".mean");
  gate = b_.relu(b_.convolution(gate, name + ".conv1", squeezed, 1), name + ".relu");
  gate = b_.sigmoid(b_.convolution(gate, name + ".conv2", channels, 1), name + ".sigmoid");
  return {b_.multiply(y.map, gate, name + ".multiply"), y.margin};
}

Bordered ValidLayers::add(const Bordered& a, int64_t more, const Bordered& b,
                          const std::string& name) {
  const int64_t margin = a.margin + more;
  const int64_t common = std::min(margin, b.margin);
  const auto cut = [&](ValueId map, int64_t by, const char* which) {
    return by == 0 ? map : b_.apply(Crop{by}, {map}, name + which);
  };
  const ValueId first = cut(a.map, margin - common, ".crop1");
  const ValueId second = cut(b.map, b.margin - common, ".crop2");
  return {b_.add(first, 1.0f, second, 1.0f, name), common};
}

Bordered ValidLayers::trimmed(const Bordered& x, const std::string& name) {
  if (x.margin == 0) return x;
  return {b_.apply(Crop{x.margin}, {x.map}, name), 0};
}

}  // namespace fovea

// What a name of an ONNX graph stands for while the graph is read: numbers that are known, or a
// feature map.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/graph.h"
#include "engine/weights.h"
#include "loaders/formats/onnx/onnx_extent.h"
#include "loaders/formats/onnx/onnx_view.h"
#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// A tensor that does not depend on the picture's samples: weights, or lengths, which may depend on
/// its size.
struct OnnxConstant {
  WeightTensor tensor;          ///< `bytes` null where `extents` are the elements
  std::vector<Extent> extents;  ///< one an element, where some depend on the picture's size

  bool is_symbolic() const { return tensor.bytes == nullptr; }
  const std::vector<int64_t>& shape() const { return tensor.shape; }
  int64_t count() const { return tensor.element_count(); }
};

/// A tensor of integers; symbolic where one of them depends on the picture or is not known.
OnnxConstant make_onnx_constant(DType dtype, std::vector<int64_t> shape,
                                std::vector<Extent> values);

/// A tensor of `dtype`, floating point, with the values rounded to it.
OnnxConstant make_onnx_reals(DType dtype, std::vector<int64_t> shape,
                             const std::vector<double>& values);

/// The elements: exact for whole numbers, near fractions for others.
Result<std::vector<Extent>> to_extents(const OnnxConstant& constant);

/// The elements of a tensor of whole numbers that do not depend on the picture.
Result<std::vector<int64_t>> to_integers(const OnnxConstant& constant);

/// The elements as f64, of any type.
Result<std::vector<double>> to_reals(const OnnxConstant& constant);

/// Pixels of zeros around a map; below zero pixels that are cut away there.
struct ZeroBorder {
  int64_t top = 0;
  int64_t left = 0;
  int64_t bottom = 0;
  int64_t right = 0;

  bool operator==(const ZeroBorder&) const = default;
  bool cuts() const { return top < 0 || left < 0 || bottom < 0 || right < 0; }
};

/// What a map is a part of an activation for: x * tanh(softplus(x)) is Mish, which has several
/// nodes in ONNX. The map is that function of the value `id`.
enum class Unfinished {
  kNone,
  kSoftplus,      ///< ln(1 + e^x)
  kTanhSoftplus,  ///< tanh(ln(1 + e^x))
  kErf,           ///< erf(x / sqrt 2)
  kOnePlusErf,    ///< 1 + erf(x / sqrt 2)
  kTwiceGelu      ///< x (1 + erf(x / sqrt 2))
};

/// A feature map, as the engine has it but for what the next node may absorb.
struct OnnxMap {
  ValueId id = kNoValue;
  OnnxView view;        ///< of the value's (1, channels, height, width)
  float factor = 1.0f;  ///< times the value
  ZeroBorder border;    ///< around it
  /// Convolutions of the value and its border, which pad nothing themselves.
  std::shared_ptr<const CollapsedConvolution> waiting;
  Unfinished unfinished = Unfinished::kNone;
  std::string_view made_by;  ///< the kind of node that left it so
};

using OnnxValue = std::variant<OnnxConstant, OnnxMap>;

}  // namespace fovea

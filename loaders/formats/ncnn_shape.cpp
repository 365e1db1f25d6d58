// Layers that move or copy values: Split, Concat, resizes and pixel shuffles.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "loaders/formats/ncnn_layers.h"

namespace fovea {
namespace {

constexpr int64_t kMaxFactor = 16;

// ncnn's numbers of resize types.
enum ResizeType : int64_t { kNearest = 1, kBilinear = 2, kBicubic = 3 };

Result<ValueId> build_alias(const NcnnCall& call) {
  FOVEA_TRY(call.attributes.done());
  return call.inputs[0];
}

Result<ValueId> build_dropout(const NcnnCall& call) {
  const float factor = call.attributes.number(0, 1.0f, "factor");
  FOVEA_TRY(call.attributes.done());
  if (factor == 1.0f) return call.inputs[0];
  return call.add(Add{{factor}}, call.inputs);
}

Result<ValueId> build_concat(const NcnnCall& call) {
  // Of maps with three dimensions, axis -3 is the channels too.
  const int64_t axis = call.attributes.whole(0, 0, -3, 2, "axis");
  FOVEA_TRY(call.attributes.done());
  if (axis != 0 && axis != -3)
    return fail(ErrorCode::kModel, "parameter 0 (axis) is {}, only 0 (channels) is supported",
                axis);
  return call.add(Concat{}, call.inputs);
}

// The fraction that `factor`, written with six or seven digits, stands for: the one with the
// smallest denominator.
Result<Scale> exact_scale(float factor) {
  constexpr double kMaxScale = 64;
  constexpr int64_t kMaxDenominator = 64;
  // `%f` and `%e` leave half a unit of the sixth decimal place, absolute or relative. Two fractions
  // with denominators up to 64 differ by 2.4e-4 or more, which is over twice 1e-6 * 64.
  constexpr double kTolerance = 1e-6;
  const double value = factor;
  if (value >= 1 / kMaxScale && value <= kMaxScale) {
    for (int64_t denominator = 1; denominator <= kMaxDenominator; ++denominator) {
      const double numerator = std::nearbyint(value * static_cast<double>(denominator));
      const double error = std::fabs(value - numerator / static_cast<double>(denominator));
      if (error <= kTolerance * std::max(1.0, value))
        return make_scale(static_cast<int64_t>(numerator), denominator);
    }
  }
  return fail(ErrorCode::kModel,
              "scale {} is no fraction within 1/64...64 with a denominator up to 64", factor);
}

Result<ValueId> build_interp(const NcnnCall& call) {
  NcnnAttributes& read = call.attributes;
  const int64_t type = read.whole(0, 0, kNearest, kBicubic, "resize type");
  const float scale_h = read.number(1, 1.0f, "vertical scale");
  const float scale_w = read.number(2, 1.0f, "horizontal scale");
  read.expect(3, 0, 0, "output height");
  read.expect(4, 0, 0, "output width");
  read.expect(5, 0, 0, "size from a blob");
  read.expect(6, 0, 0, "aligned corners");
  FOVEA_TRY(read.done());
  if (scale_h != scale_w)
    return fail(ErrorCode::kModel, "scales {} and {} differ, only equal ones are supported",
                scale_h, scale_w);
  FOVEA_ASSIGN_OR_RETURN(const Scale scale, exact_scale(scale_h));
  if (scale == Scale{1, 1}) return call.inputs[0];

  Resize op;
  op.scale = scale;
  op.antialias = false;
  if (type == kNearest) {
    // ncnn takes input pixel floor(x / scale), which is the nearest one only then.
    if (scale.denominator != 1)
      return fail(ErrorCode::kModel, "nearest resize by {}, only whole factors are supported",
                  to_string(scale));
    op.filter = ResizeFilter::kNearest;
  } else if (type == kBilinear) {
    op.filter = ResizeFilter::kBilinear;
  } else {
    op.filter = ResizeFilter::kBicubic;
    op.cubic_a = -0.75;
  }
  return call.add(op, call.inputs);
}

// Both layers order channels as PyTorch does with mode 0; mode 1 is TensorFlow's order.
template <class Op>
Result<ValueId> build_shuffle(const NcnnCall& call) {
  const int64_t factor = call.attributes.whole(0, 1, 1, kMaxFactor, "factor");
  call.attributes.expect(1, 0, 0, "order of channels");
  FOVEA_TRY(call.attributes.done());
  return call.add(Op{factor}, call.inputs);
}

constexpr std::array<NcnnLayerKind, 7> kLayers{{
    {"Split", 1, 1, 64, build_alias},
    {"Noop", 1, 1, 1, build_alias},
    {"Dropout", 1, 1, 1, build_dropout},
    {"Concat", 1, 64, 1, build_concat},
    {"Interp", 1, 1, 1, build_interp},
    {"PixelShuffle", 1, 1, 1, build_shuffle<PixelShuffle>},
    {"Reorg", 1, 1, 1, build_shuffle<PixelUnshuffle>},
}};

}  // namespace

std::span<const NcnnLayerKind> ncnn_shape_layers() { return kLayers; }

}  // namespace fovea

// Resize and Upsample, where the engine's resize is the same function.
#include <array>
#include <optional>
#include <utility>

#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr int64_t kMaxFactor = 64;

// How an output pixel's place in the input is told.
struct Coordinates {
  std::string_view mode;          // "nearest", "linear" or "cubic"
  std::string_view transform;     // coordinate_transformation_mode
  std::string_view nearest_mode;  // which pixel is the nearest
  float cubic_a = -0.75f;
};

bool is_half_pixel(std::string_view transform) {
  // They differ where the output has one pixel, which no enlargement has, and where a size is no
  // whole number.
  return transform == "half_pixel" || transform == "pytorch_half_pixel" ||
         transform == "half_pixel_symmetric";
}

// Enlarged by a whole factor s, output pixel s i + j has its place at i + j / s, or at half pixels
// at i + (j + 1/2) / s - 1/2, which lies within half a pixel of i.
bool is_repetition(const Coordinates& at, int64_t factor) {
  const bool floor = at.nearest_mode == "floor";
  const bool round = at.nearest_mode == "round_prefer_floor" || at.nearest_mode.empty();
  if (is_half_pixel(at.transform)) return round || at.nearest_mode == "round_prefer_ceil";
  if (at.transform == "asymmetric") return floor || (round && factor == 2);
  return at.transform == "tf_half_pixel_for_nn" && floor;
}

Result<Resize> resize_of(const Coordinates& at, Scale scale) {
  Resize op;
  op.scale = scale;
  op.antialias = false;
  if (at.mode == "nearest") {
    if (scale.denominator != 1)
      return fail(ErrorCode::kModel, "nearest resize by {}, only whole factors are supported",
                  to_string(scale));
    if (!is_repetition(at, scale.numerator))
      return fail(ErrorCode::kModel,
                  "nearest resize with {} coordinates and nearest_mode {} is no repetition of "
                  "pixels, which is not supported",
                  shown(at.transform), shown(at.nearest_mode));
    op.filter = ResizeFilter::kNearest;
    return op;
  }
  if (at.mode != "linear" && at.mode != "cubic")
    return fail(ErrorCode::kModel, "resizes by {}, which is not supported", shown(at.mode));
  if (!is_half_pixel(at.transform))
    return fail(ErrorCode::kModel,
                "{} resize with {} coordinates is not supported, only with half_pixel", at.mode,
                shown(at.transform));
  op.filter = at.mode == "linear" ? ResizeFilter::kBilinear : ResizeFilter::kBicubic;
  if (at.mode == "cubic") op.cubic_a = at.cubic_a;
  return op;
}

// The one factor of both sides; the other dimensions stay.
Result<Scale> one_scale(const std::vector<Extent>& factors) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kModel, "resizes by {}: {}", shape_text(factors), why);
  };
  if (factors.size() != 4 || !(factors[0] == Extent(1)) || !(factors[1] == Extent(1)))
    return refuse("only height and width may change");
  const Extent factor = factors[2];
  if (!(factor == factors[3]) && factor.is_constant() && factors[3].is_constant())
    return refuse("height and width by different factors");
  if (!factor.is_constant() || !factors[3].is_constant() || factor.numerator() < 1 ||
      factor.numerator() > kMaxFactor * factor.denominator() ||
      factor.denominator() > kMaxFactor * factor.numerator())
    return fail(ErrorCode::kModel, "its factor is not within 1/{}...{}, or depends on the picture",
                kMaxFactor, kMaxFactor);
  return make_scale(factor.numerator(), factor.denominator());
}

Result<std::vector<OnnxValue>> resized(const OnnxCall& call, const Coordinates& at,
                                       const std::vector<Extent>& factors) {
  FOVEA_ASSIGN_OR_RETURN(const Scale scale, one_scale(factors));
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  if (scale == Scale{1, 1}) return call.result(x);
  FOVEA_ASSIGN_OR_RETURN(const Resize op, resize_of(at, scale));
  return one(call.added(op, {x}));
}

// `values` for the dimensions `axes` of four, all of them where there is no such attribute; `rest`
// for the others.
Result<std::vector<Extent>> spread(const std::vector<Extent>& values,
                                   const std::optional<std::vector<int64_t>>& axes,
                                   const std::vector<Extent>& rest) {
  if (!axes) return values;
  std::vector<Extent> all = rest;
  if (axes->size() != values.size())
    return fail(ErrorCode::kModel, "has {} axes for {} factors", axes->size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const size_t axis, onnx_axis((*axes)[i], all.size()));
    all[axis] = values[i];
  }
  return all;
}

// Factors, or sizes where there are none.
Result<std::vector<Extent>> read_factors(const OnnxCall& call, size_t scales_index,
                                         const std::optional<std::vector<int64_t>>& axes) {
  const OnnxConstant* scales = call.constant(scales_index);
  if (scales != nullptr && scales->count() > 0) {
    if (call.has(scales_index + 1)) return fail(ErrorCode::kModel, "has both factors and sizes");
    FOVEA_ASSIGN_OR_RETURN(const auto values, call.extents(scales_index, "scales"));
    return spread(values, axes, {1, 1, 1, 1});
  }
  FOVEA_ASSIGN_OR_RETURN(const auto sizes, call.extents(scales_index + 1, "sizes"));
  const std::vector<Extent> have = call.map(0)->view.shape();
  FOVEA_ASSIGN_OR_RETURN(std::vector<Extent> factors, spread(sizes, axes, have));
  if (factors.size() != have.size())
    return fail(ErrorCode::kModel, "resizes {} to {} sizes", shape_text(have), factors.size());
  for (size_t i = 0; i < have.size(); ++i) factors[i] = factors[i] / have[i];
  return factors;
}

Result<std::vector<OnnxValue>> build_resize(const OnnxCall& call) {
  OnnxAttributes& read = call.attributes;
  const bool old = call.build.opset < 11;  // inputs (x, scales), asymmetric coordinates
  Coordinates at;
  at.mode = read.text("mode", "nearest");
  at.transform = old ? "asymmetric" : read.text("coordinate_transformation_mode", "half_pixel");
  at.nearest_mode = old ? "floor" : read.text("nearest_mode", "round_prefer_floor");
  at.cubic_a = read.real("cubic_coeff_a", -0.75f);
  read.expect("antialias", 0);
  read.expect("exclude_outside", 0);
  read.ignore("extrapolation_value");  // of tf_crop_and_resize, which is refused
  std::optional<std::vector<int64_t>> axes;
  if (read.has("axes")) axes = read.integers("axes", {}, -1, -4, 3);
  if (read.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return fail(ErrorCode::kModel, "keeps the aspect ratio, which is not supported");
  FOVEA_TRY(read.done());
  FOVEA_TRY(call.value(0));
  FOVEA_ASSIGN_OR_RETURN(const auto factors, read_factors(call, old ? 1 : 2, axes));
  return resized(call, at, factors);
}

Result<std::vector<OnnxValue>> build_upsample(const OnnxCall& call) {
  Coordinates at;
  at.mode = call.attributes.text("mode", "nearest");
  at.transform = "asymmetric";
  at.nearest_mode = "floor";
  std::vector<Extent> factors;
  if (call.build.opset < 9) {
    for (const float factor : call.attributes.reals("scales"))
      factors.push_back(Extent::from_real(factor));
  }
  FOVEA_TRY(call.attributes.done());
  if (call.build.opset >= 9) {
    FOVEA_ASSIGN_OR_RETURN(factors, call.extents(1, "scales"));
  }
  return resized(call, at, factors);
}

constexpr std::array<OnnxOperator, 2> kOperators{{
    {"Resize", 1, 4, nullptr, build_resize},
    {"Upsample", 1, 2, nullptr, build_upsample},
}};

}  // namespace

std::span<const OnnxOperator> onnx_resize_operators() { return kOperators; }

}  // namespace fovea

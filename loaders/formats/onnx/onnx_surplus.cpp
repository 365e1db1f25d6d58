#include "loaders/formats/onnx/onnx_surplus.h"

#include <variant>

#include "loaders/formats/checked_arithmetic.h"

namespace fovea {
namespace {

bool is_pixel(const MapSide& side) { return side.scale == kPictureWide; }

bool may_broadcast(const Operator& op) {
  return std::holds_alternative<Add>(op) || std::holds_alternative<Multiply>(op);
}

// What one pixel that stands for the picture may go through: it is no map that has neighbours.
bool takes_pixels(const Operator& op) {
  return may_broadcast(op) || std::holds_alternative<Convolution>(op) ||
         std::holds_alternative<Activate>(op) || std::holds_alternative<Affine>(op) ||
         std::holds_alternative<Clamp>(op) || std::holds_alternative<Concat>(op) ||
         std::holds_alternative<Slice>(op);
}

Result<int64_t> divided(std::string_view what, int64_t surplus, int64_t by) {
  if (surplus % by != 0)
    return fail(ErrorCode::kModel, "{} by {} of a map that is {} pixels larger than a multiple",
                what, by, surplus);
  return surplus / by;
}

Result<int64_t> multiplied(int64_t surplus, int64_t by) {
  constexpr int64_t kMost = int64_t{1} << 30;  // a map's side
  const auto product = checked_multiply(surplus, by);
  if (!product || *product < -kMost || *product > kMost)
    return fail(ErrorCode::kModel, "enlarges a margin of {} pixels beyond {}", surplus, kMost);
  return *product;
}

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Result<int64_t> surplus_after(const Operator& op, std::span<const MapSide> inputs) {
  const MapSide& side = inputs[0];
  for (const MapSide& other : inputs) {
    if (is_pixel(other) && !takes_pixels(op))
      return fail(ErrorCode::kModel, "{} of one pixel for the whole picture is not supported",
                  operator_name(op));
    const bool broadcast = may_broadcast(op) && is_pixel(other);
    if (!broadcast && other.surplus != side.surplus)
      return fail(ErrorCode::kModel, "joins maps whose sides differ by {} pixels",
                  other.surplus - side.surplus);
  }
  if (std::holds_alternative<GlobalAverage>(op)) return 1;
  if (const auto* pad = std::get_if<Pad>(&op)) return side.surplus + 2 * pad->margin;
  if (const auto* crop = std::get_if<Crop>(&op)) return side.surplus - 2 * crop->margin;
  if (const auto* shuffle = std::get_if<PixelShuffle>(&op))
    return multiplied(side.surplus, shuffle->factor);
  if (const auto* unshuffle = std::get_if<PixelUnshuffle>(&op))
    return divided("is rearranged", side.surplus, unshuffle->factor);
  if (const auto* pool = std::get_if<Pool>(&op))
    return floor_divide(side.surplus - pool->kernel, pool->stride) + 1;
  if (const auto* resize = std::get_if<Resize>(&op)) {
    FOVEA_ASSIGN_OR_RETURN(const int64_t larger, multiplied(side.surplus, resize->scale.numerator));
    return divided("is resized", larger, resize->scale.denominator);
  }
  return side.surplus;
}

}  // namespace fovea

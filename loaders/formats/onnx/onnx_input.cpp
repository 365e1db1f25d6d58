#include "loaders/formats/onnx/onnx_input.h"

#include <fmt/format.h>

#include "loaders/formats/onnx/onnx_tensor_message.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr int64_t kMaxSide = 1 << 20;
constexpr int64_t kMaxPictureChannels = 4;

bool is_real(int64_t type) {
  const std::optional<DType> dtype = onnx_dtype(type);
  return dtype && is_floating_point(*dtype);
}

// A declared length; none where it differs from picture to picture (a name, nothing, or -1).
std::optional<int64_t> number(const OnnxDimension& dimension) {
  return dimension.length && *dimension.length > 0 ? dimension.length : std::nullopt;
}

bool is_picture_channels(const std::optional<int64_t>& length) {
  return length && *length <= kMaxPictureChannels;
}

Result<OnnxInput> input_of(const OnnxValueInfo& info) {
  if (!info.is_tensor || !is_real(info.type))
    return fail(ErrorCode::kModel, "is of {}, expected a picture of real numbers",
                info.is_tensor ? onnx_type_name(info.type) : "no tensor type");
  if (!info.shape || info.shape->size() != 4)
    return fail(ErrorCode::kModel,
                "has {} dimensions, expected 4: one picture's channels, height "
                "and width",
                info.shape ? std::to_string(info.shape->size()) : "no known");
  const auto batch = number((*info.shape)[0]);
  if (batch.value_or(1) != 1)
    return fail(ErrorCode::kModel, "takes {} pictures at once, expected 1", *batch);
  OnnxInput input;
  const auto first = number((*info.shape)[1]), last = number((*info.shape)[3]);
  input.channels_last = !is_picture_channels(first) && is_picture_channels(last);
  const auto channels = input.channels_last ? last : first;
  if (!channels)
    return fail(ErrorCode::kModel,
                "does not tell how many channels it has; export it with them fixed");
  input.channels = *channels;
  const auto side = [&](size_t axis, Extent open) -> Result<Extent> {
    const auto length = number((*info.shape)[axis]);
    if (length.value_or(1) > kMaxSide)
      return fail(ErrorCode::kModel, "has a side of {}, limit {}", *length, kMaxSide);
    return length ? Extent(*length) : open;
  };
  FOVEA_ASSIGN_OR_RETURN(input.height, side(input.channels_last ? 1 : 2, Extent::height()));
  FOVEA_ASSIGN_OR_RETURN(input.width, side(input.channels_last ? 2 : 3, Extent::width()));
  return input;
}

}  // namespace

Result<OnnxInput> read_onnx_input(const OnnxValueInfo& info) {
  auto input = input_of(info);
  if (!input) return fail_in("input " + shown(info.name), std::move(input.error()));
  return input;
}

}  // namespace fovea

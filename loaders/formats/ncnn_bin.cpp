#include "loaders/formats/ncnn_bin.h"

#include <utility>

#include "loaders/formats/checked_arithmetic.h"

namespace fovea {
namespace {

constexpr uint32_t kUntyped = 0;
constexpr uint32_t kFloat32 = 0x0002C056;
constexpr uint32_t kFloat16 = 0x01306B47;
constexpr uint32_t kInt8 = 0x000D4B38;

}  // namespace

Result<WeightTensor> NcnnBin::read_tagged(std::string name, std::vector<int64_t> shape) {
  const size_t offset = reader_.offset();
  FOVEA_ASSIGN_OR_RETURN(const uint32_t tag, reader_.read_u32(name + " in the .bin file"));
  switch (tag) {
    case kUntyped:
    case kFloat32:
      return read(std::move(name), std::move(shape), DType::kF32);
    case kFloat16:
      return read(std::move(name), std::move(shape), DType::kF16);
    case kInt8:
      return fail(ErrorCode::kModel,
                  "{} at byte {} of the .bin file is int8, which is not "
                  "supported; convert the model without quantisation",
                  name, offset);
    default:
      return fail(ErrorCode::kModel,
                  "{} at byte {} of the .bin file has the type 0x{:08x}: quantised by a table, "
                  "which is not supported, or the file does not belong to this .param file",
                  name, offset, tag);
  }
}

Result<WeightTensor> NcnnBin::read_plain(std::string name, std::vector<int64_t> shape) {
  return read(std::move(name), std::move(shape), DType::kF32);
}

Result<WeightTensor> NcnnBin::read(std::string name, std::vector<int64_t> shape, DType dtype) {
  const auto count = checked_element_count(shape);
  const auto bytes = count ? checked_multiply(*count, element_bytes(dtype)) : std::nullopt;
  const auto padded = bytes ? checked_add<int64_t>(*bytes, 3) : std::nullopt;
  if (!padded)
    return fail(ErrorCode::kModel, "{} has shape {}, more elements than 64 bits count", name,
                shape_string(shape));
  const size_t offset = reader_.offset();
  FOVEA_TRY(reader_.take(static_cast<uint64_t>(*padded) / 4 * 4, name + " in the .bin file"));
  WeightTensor tensor{std::move(name), dtype, std::move(shape), file_.at(offset)};
  FOVEA_TRY(check_finite(tensor));
  return tensor;
}

Status NcnnBin::expect_end() const {
  if (reader_.remaining() == 0) return {};
  return fail(ErrorCode::kModel,
              "{} bytes of the .bin file are left over at byte {}, it does not belong to this "
              ".param file",
              reader_.remaining(), reader_.offset());
}

}  // namespace fovea

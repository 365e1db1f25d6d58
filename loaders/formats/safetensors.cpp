#include "loaders/formats/safetensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "loaders/formats/byte_reader.h"
#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/safetensors_header.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

struct NamedDType {
  std::string_view name;
  DType dtype;
};

constexpr std::array<NamedDType, 8> kDTypes{{{"F64", DType::kF64},
                                             {"F32", DType::kF32},
                                             {"F16", DType::kF16},
                                             {"BF16", DType::kBF16},
                                             {"I64", DType::kI64},
                                             {"I32", DType::kI32},
                                             {"U8", DType::kU8},
                                             {"BOOL", DType::kBool}}};

Result<DType> find_dtype(const SafetensorsEntry& entry) {
  for (const NamedDType& known : kDTypes) {
    if (known.name == entry.dtype) return known.dtype;
  }
  return fail(ErrorCode::kModel,
              "tensor {} has the unsupported dtype {}; convert it to F32, F16 or BF16", entry.name,
              shown(entry.dtype));
}

// The header's text without the spaces that may pad it.
Result<std::string_view> header_text(std::span<const std::byte> header) {
  const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
  if (text.front() != '{')
    return fail(ErrorCode::kModel, "the header begins with {}, expected '{{'",
                shown(text.substr(0, 1)));
  const size_t last = text.find_last_not_of(' ');
  if (text[last] != '}')
    return fail(ErrorCode::kModel, "the header ends with {} at byte {}, expected '}}' and spaces",
                shown(text.substr(last, 1)), 8 + last);
  return text.substr(0, last + 1);
}

// The tensors' ranges, put in order, must cover the data: no overlap, no hole, nothing behind.
Status check_coverage(const std::vector<SafetensorsEntry>& entries, uint64_t data_bytes) {
  std::vector<const SafetensorsEntry*> sorted;
  for (const SafetensorsEntry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->data_offsets < b->data_offsets; });
  uint64_t end = 0;
  for (const SafetensorsEntry* entry : sorted) {
    if (entry->data_offsets[0] != end)
      return fail(ErrorCode::kModel, "tensor {} begins at byte {} of the data, expected {} ({})",
                  entry->name, entry->data_offsets[0], end,
                  entry->data_offsets[0] < end ? "it overlaps another" : "there is a hole");
    end = entry->data_offsets[1];
  }
  if (end != data_bytes)
    return fail(ErrorCode::kModel, "the tensors end at byte {} of the data, the file at {} ({})",
                end, data_bytes, end > data_bytes ? "it is cut short" : "it has bytes too many");
  return {};
}

// An entry whose range is ordered and has the size that its shape and dtype ask for.
Result<WeightTensor> check_entry(const SafetensorsEntry& entry) {
  FOVEA_ASSIGN_OR_RETURN(const DType dtype, find_dtype(entry));
  const uint64_t begin = entry.data_offsets[0];
  const uint64_t end = entry.data_offsets[1];
  if (end < begin)
    return fail(ErrorCode::kModel, "tensor {} ends at byte {} before it begins at {}", entry.name,
                end, begin);
  const std::optional<int64_t> count = checked_element_count(entry.shape);
  const std::optional<int64_t> bytes =
      count ? checked_multiply(*count, element_bytes(dtype)) : std::nullopt;
  if (!bytes)
    return fail(ErrorCode::kModel, "tensor {} has shape {}, more elements than 64 bits count",
                entry.name, shape_string(entry.shape));
  if (static_cast<uint64_t>(*bytes) != end - begin)
    return fail(ErrorCode::kModel, "tensor {} of {} {} needs {} bytes, its data_offsets hold {}",
                entry.name, entry.dtype, shape_string(entry.shape), *bytes, end - begin);
  return WeightTensor{entry.name, dtype, entry.shape, nullptr};
}

}  // namespace

std::string_view safetensors_name(DType dtype) {
  for (const NamedDType& known : kDTypes) {
    if (known.dtype == dtype) return known.name;
  }
  return "";
}

Result<Weights> read_safetensors(const FileBytes& file) {
  ByteReader reader(file.span());
  FOVEA_ASSIGN_OR_RETURN(const uint64_t header_bytes, reader.read_u64("the header's length"));
  if (header_bytes < 2 || header_bytes > kMaxSafetensorsHeader)
    return fail(ErrorCode::kModel, "the header is {} bytes, expected 2...{}", header_bytes,
                kMaxSafetensorsHeader);
  FOVEA_ASSIGN_OR_RETURN(const auto header_span, reader.take(header_bytes, "the header"));
  FOVEA_ASSIGN_OR_RETURN(const std::string_view text, header_text(header_span));
  FOVEA_ASSIGN_OR_RETURN(SafetensorsHeader header, parse_safetensors_header(text));

  std::vector<WeightTensor> tensors;
  for (const SafetensorsEntry& entry : header.entries) {
    FOVEA_ASSIGN_OR_RETURN(WeightTensor tensor, check_entry(entry));
    tensors.push_back(std::move(tensor));
  }
  FOVEA_TRY(check_coverage(header.entries, reader.remaining()));

  Weights weights;
  for (size_t i = 0; i < tensors.size(); ++i) {
    // Within the buffer: the ranges cover the data from its first byte to its last.
    const auto begin = static_cast<size_t>(header.entries[i].data_offsets[0]);
    tensors[i].bytes = file.at(reader.offset() + begin);
    FOVEA_TRY(check_finite(tensors[i]));
    FOVEA_TRY(weights.add(std::move(tensors[i])));
  }
  weights.metadata = std::move(header.metadata);
  return weights;
}

}  // namespace fovea

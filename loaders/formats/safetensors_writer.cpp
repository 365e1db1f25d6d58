#include "loaders/formats/safetensors_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "loaders/formats/safetensors.h"

namespace fovea {
namespace {

constexpr size_t kAlignment = 8;

std::string header_of(const Weights& weights) {
  nlohmann::ordered_json header;
  if (!weights.metadata.empty()) header["__metadata__"] = weights.metadata;
  size_t offset = 0;
  for (const WeightTensor& tensor : weights.tensors()) {
    const size_t end = offset + tensor.byte_count();
    header[tensor.name] = {{"dtype", safetensors_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  return text;
}

}  // namespace

Result<std::vector<std::byte>> write_safetensors(const Weights& weights) {
  std::string header;
  try {
    header = header_of(weights);
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorCode::kModel, "a tensor's name or the metadata are not UTF-8");
  }
  const auto length = static_cast<uint64_t>(header.size());
  size_t size = sizeof(length) + header.size();
  for (const WeightTensor& tensor : weights.tensors()) size += tensor.byte_count();
  std::vector<std::byte> file(size);
  std::byte* to = file.data();
  const auto append = [&to](const void* from, size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
    to += bytes;
  };
  append(&length, sizeof(length));
  append(header.data(), header.size());
  for (const WeightTensor& tensor : weights.tensors())
    append(tensor.bytes.get(), tensor.byte_count());
  return file;
}

Result<Weights> as_half(const Weights& weights) {
  constexpr float kLargestHalf = 65504;
  Weights halves;
  halves.metadata = weights.metadata;
  for (const WeightTensor& tensor : weights.tensors()) {
    if (tensor.dtype == DType::kF16 || !is_floating_point(tensor.dtype)) {
      FOVEA_TRY(halves.add(tensor));
      continue;
    }
    FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(tensor));
    const std::shared_ptr<std::byte[]> bytes(new std::byte[values.size() * sizeof(uint16_t)]);
    for (size_t i = 0; i < values.size(); ++i) {
      const float value = values[i];
      if (!(std::abs(value) <= kLargestHalf))
        return fail(ErrorCode::kModel,
                    "tensor {} has the value {}, beyond f16's {}; keep it as it is", tensor.name,
                    value, kLargestHalf);
      const uint16_t half = float_to_half(value);
      std::memcpy(bytes.get() + i * sizeof(half), &half, sizeof(half));
    }
    FOVEA_TRY(halves.add({tensor.name, DType::kF16, tensor.shape, bytes}));
  }
  return halves;
}

}  // namespace fovea

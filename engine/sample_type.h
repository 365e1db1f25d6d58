// What a row's samples are.
#pragma once

#include <cstdint>

namespace fovea {

/// kU8 and kU16 stand for sample / 255 and sample / 65535.
enum class SampleType : int32_t { kF32, kU8, kU16 };

constexpr int64_t byte_count(SampleType type) {
  return type == SampleType::kF32 ? 4 : type == SampleType::kU16 ? 2 : 1;
}

}  // namespace fovea

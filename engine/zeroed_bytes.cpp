#include "engine/zeroed_bytes.h"

namespace fovea {

std::optional<ZeroedBytes> ZeroedBytes::create(int64_t size) {
  ZeroedBytes made;
  // calloc takes large blocks fresh from the system and knows that they are zero.
  made.data_.reset(static_cast<uint8_t*>(std::calloc(static_cast<size_t>(size), 1)));
  if (made.data_ == nullptr) return std::nullopt;
  return made;
}

}  // namespace fovea

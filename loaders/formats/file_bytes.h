// A file's bytes in memory, shared by everything that points into them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace fovea {

/// A buffer and its length. Copies share it; tensors alias it and keep it alive.
struct FileBytes {
  std::shared_ptr<const std::byte[]> data;
  size_t size = 0;

  std::span<const std::byte> span() const { return {data.get(), size}; }

  /// A pointer `offset` bytes into the buffer that keeps the buffer alive.
  std::shared_ptr<const std::byte[]> at(size_t offset) const { return {data, data.get() + offset}; }
};

/// Bytes that nobody needs to free, such as those of weights/own_models.h: they must live as long
/// as what is read from them.
inline FileBytes unowned_bytes(std::span<const std::byte> bytes) {
  return {{std::shared_ptr<void>(), bytes.data()}, bytes.size()};
}

}  // namespace fovea

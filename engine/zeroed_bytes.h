// ZeroedBytes: memory of zeros that is the system's until it is written.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

namespace fovea {

/// Owned bytes, zero at birth. Those of a large block have no memory behind them before they are
/// written: whoever writes first pays, each thread for its part.
class ZeroedBytes {
 public:
  ZeroedBytes() = default;

  /// No value when the system has no such memory.
  static std::optional<ZeroedBytes> create(int64_t size);

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(uint8_t* data) const { std::free(data); }
  };
  std::unique_ptr<uint8_t, Free> data_;
};

}  // namespace fovea

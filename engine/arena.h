// Arena: the memory that maps and scratch of a plan lie in.
#pragma once

#include <cstdint>

namespace fovea {

/// Uninitialised floats on the boundary of a large page. Pages are the system's until they are
/// written, so that what a plan does not touch costs nothing.
class Arena {
 public:
  /// What reserve(floats) takes of the system, at most kRounding more than the floats themselves.
  static int64_t bytes_for(int64_t floats);
  static constexpr int64_t kRounding = int64_t{2} << 20;

  Arena() = default;
  ~Arena() { release(); }
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;

  /// Room for `floats`; what was there is lost where that is more than before. False when the
  /// system has no such memory.
  bool reserve(int64_t floats);

  /// Gives all of it back.
  void release();

  float* data() const { return data_; }

 private:
  float* data_ = nullptr;
  int64_t floats_ = 0;
};

}  // namespace fovea

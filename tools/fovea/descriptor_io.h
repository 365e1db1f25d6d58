// Whole reads and writes on descriptors, stopped by a signal.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/status.h"

namespace fovea::cli {

/// A file descriptor, closed at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release();
  /// Zero, or the errno of close(2), which is where some file systems report a full disk.
  int close();

 private:
  int number_;
};

/// "No space left on device" for ENOSPC, and so on.
std::string errno_text(int error);

/// Everything up to the end of a stream. kPicture, led by `name`, over `limit` bytes or where
/// reading fails; kCancelled at a signal.
Result<std::vector<std::byte>> read_stream(int descriptor, const std::string& name, size_t limit);

/// All of `bytes`. kOutput, led by `name`, where writing fails; kCancelled at a signal.
Status write_all(int descriptor, std::span<const std::byte> bytes, const std::string& name);

/// The same for text on standard output, which is still written after a signal (it may be what
/// tells of it) and is given up only when one comes while the reader does not read.
Status print(const std::string& text);

}  // namespace fovea::cli
